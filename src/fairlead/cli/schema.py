"""`--schema`: a JSON Schema from a file or from the command line itself."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fairlead.attachments import text_of
from fairlead.errors import InvalidRequest
from fairlead.types.paths import path_of

ANY_JSON = "json"


def read_schema(given: str) -> Mapping[str, object] | str:
    """`given` as a schema: JSON text that begins with a brace, a path, or `json` for any JSON.

    Raises `InvalidRequest`.
    """
    if given == ANY_JSON:
        return ANY_JSON
    inline = given.lstrip().startswith("{")
    text = given if inline else _file(given)
    name = "--schema" if inline else given
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequest(f"{name} is not valid JSON: {error}") from None
    if not isinstance(schema, dict):
        raise InvalidRequest(f"{name} must be a JSON object that describes the answer")
    return schema


def _file(given: str) -> str:
    path = path_of(given)
    try:
        return text_of(path.read_bytes(), str(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"the schema {given} cannot be read: {reason}") from error
