"""The short form of a schema, for the terminal: `name, age int, tags list[str]`.

One field for each comma or, where there are lines, for each line; a type behind the name (text
where there is none), words for the model behind a colon. A `?` after the type lets it be absent.
"""

from __future__ import annotations

import re

from fairlead.errors import InvalidRequest

_FIELD = re.compile(r"(?P<name>[^\s:,?]+)(?P<bare>\?)?(?:\s+(?P<type>[^:?]+?)(?P<opt>\?)?)?\s*$")
_SHORT = re.compile(r",|\n|[^\s:]{2}:\s|^\w+ [\w|\[\]]+\??$")
_SCALARS = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
}
_OPEN = {"list": {"type": "array"}, "dict": {"type": "object"}, "any": {}}


def schema_from_short(text: str) -> dict[str, object]:
    """The schema of an object with the fields that `text` lists. Raises `InvalidRequest`."""
    properties: dict[str, object] = {}
    required: list[str] = []
    for piece in _pieces(text):
        head, _, words = piece.partition(":")
        match = _FIELD.match(head.strip())
        if match is None:
            raise InvalidRequest(
                f"{piece!r} is no field of a schema; write a name, a type and a description, "
                "such as age int: in years"
            )
        name = match["name"]
        if name in properties:
            raise InvalidRequest(f"the schema has two fields named {name!r}")
        schema = _type(match["type"] or "str", piece)
        if words.strip():
            schema["description"] = words.strip()
        properties[name] = schema
        if not (match["opt"] or match["bare"]):
            required.append(name)
    if not properties:
        raise InvalidRequest("the schema has no fields; write names, such as name, age int")
    return _object(properties, required)


def looks_short(text: str) -> bool:
    """Whether `text` can only be meant as the short form, not as the path of a file."""
    return _SHORT.search(text.strip()) is not None


def _object(properties: dict[str, object], required: list[str]) -> dict[str, object]:
    schema: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def _pieces(text: str) -> list[str]:
    """Lines where there are several; else what stands between commas that no bracket holds.

    A line may have commas in its description, so only line ends part fields there.
    """
    lines = [line.strip().rstrip(",") for line in text.strip().splitlines()]
    if len(lines) > 1:
        return [line for line in lines if line]
    pieces, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in ")]")
        if character == "," and depth <= 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return [piece.strip() for piece in pieces if piece.strip()]


def _type(written: str, piece: str) -> dict[str, object]:
    name = written.strip()
    if name in _SCALARS:
        return {"type": _SCALARS[name]}
    if name in _OPEN:
        return dict(_OPEN[name])
    if "|" in name:
        return {"type": "string", "enum": [option.strip(" '\"") for option in name.split("|")]}
    inner = re.fullmatch(r"list\[(.+)\]", name)
    if inner is not None:
        return {"type": "array", "items": _type(inner[1], piece)}
    raise InvalidRequest(
        f"{name!r} in {piece!r} is no type; use str, int, float, bool, list[str] or one|two"
    )
