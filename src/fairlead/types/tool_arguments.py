"""The text of a tool call's arguments as the object that it must be."""

from __future__ import annotations

from fairlead.errors import MalformedToolArguments


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
        reason = str(error)
        if reason == "Input data was truncated":
            reason = f"they end too early, after {len(text):,} characters"
        raise MalformedToolArguments(tool, text, reason) from None
    if not isinstance(value, dict):
        raise MalformedToolArguments(tool, text, "not a JSON object")
    return value
