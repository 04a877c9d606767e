"""The text of a tool call's arguments as the object that it must be."""

from __future__ import annotations

import re

from fairlead.errors import MalformedToolArguments

_HALF = re.compile(r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F])")


def arguments_object(tool: str, text: str) -> dict[str, object]:
    """The arguments; none where nothing was written.

    Raises `MalformedToolArguments`, which keeps the text and says where it broke.
    """
    import msgspec

    try:
        value = msgspec.json.decode(text or "{}")
    except RecursionError:
        raise MalformedToolArguments(tool, text, "they are nested too deeply") from None
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise MalformedToolArguments(tool, text, _reason(str(error), text)) from None
    if not isinstance(value, dict):
        raise MalformedToolArguments(tool, text, "not a JSON object")
    return value


def _reason(said: str, text: str) -> str:
    """What the decoder says of a text that ends, or of an escape that ends with its string."""
    if said != "Input data was truncated":
        return said
    half = _HALF.search(text)
    if half is not None and text.rstrip().endswith("}"):
        return f"half of a UTF-16 pair stands alone at character {half.start():,}"
    return f"they end too early, after {len(text):,} characters"
