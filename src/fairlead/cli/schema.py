"""`--schema`: a JSON Schema or a Python type, from a file or the command line, long or short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_origin

import msgspec

from fairlead.attachments import text_of
from fairlead.cli.named_python import is_named, named, split_name
from fairlead.errors import InvalidRequest
from fairlead.schemas.short import looks_short, schema_from_short
from fairlead.types.paths import path_of

ANY_JSON = "json"


def read_schema(given: str) -> Mapping[str, object] | str | type:
    """`given` as a schema: JSON text that begins with a brace, a path, or `json` for any JSON.

    What is no file may be a list of fields, such as `name, age int`, or a type of Python by its
    name, `module:Type`. Raises `InvalidRequest`.
    """
    if given == ANY_JSON:
        return ANY_JSON
    if given.lstrip().startswith("{"):
        return _decoded(given, "--schema")
    if not _exists(given):
        if is_named(given):
            return _type(given)
        if looks_short(given):
            return schema_from_short(given)
    return _decoded(_file(given), given)


def _decoded(text: str, name: str) -> Mapping[str, object]:
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequest(f"{name} is not valid JSON: {error}") from None
    if not isinstance(schema, dict):
        raise InvalidRequest(f"{name} must be a JSON object that describes the answer")
    return schema


def _type(given: str) -> Mapping[str, object] | type:
    place, name = split_name(given)
    found = named(place, name or "", "--schema")
    if isinstance(found, type | Mapping) or get_origin(found) is not None:
        return cast("type", found)
    raise InvalidRequest(f"--schema {given}: that is a {type(found).__name__}, not a type")


def _exists(given: str) -> bool:
    try:
        return path_of(given).exists()
    except (OSError, ValueError):
        return False


def _file(given: str) -> str:
    path = path_of(given)
    try:
        return text_of(path.read_bytes(), str(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"the schema {given} cannot be read: {reason}") from error
