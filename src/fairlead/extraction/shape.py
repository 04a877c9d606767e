"""What is asked for: a type or schema, as it is put to the model and read back.

Providers hold a model to objects alone, so what is none is put into a field of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.extraction.fields import Fields, fields_inside
from fairlead.extraction.places import Place, places_of
from fairlead.schemas.describe import Describer, schema_of, shown
from fairlead.schemas.growing import Path
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.references import followed
from fairlead.schemas.validate import Validator
from fairlead.schemas.values import convert, readable
from fairlead.types.tools import OutputSchema

Schema = dict[str, object]

_DEFINITIONS = ("$defs", "definitions")
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 64


class Shape:
    """One type for any number of answers. `holder` is the field that holds the value, if any."""

    def __init__(self, kind: object, *, items: bool = False) -> None:
        title = kind.get("title") if isinstance(kind, Mapping) else shown(kind)
        if items:
            # A type made while the program runs is none to a type checker.
            kind = _list_of(kind) if isinstance(kind, Mapping) else list[kind]  # type: ignore[valid-type]
        self._kind = kind
        self._is_schema = isinstance(kind, Mapping)
        schema = _described(kind)
        judged = _judged(kind, schema)
        self.holder = "items" if items else None if _is_object(schema) else "value"
        if self.holder is not None:
            schema, judged = _held(schema, self.holder), _held(judged, self.holder)
        self.output = OutputSchema(schema, _named(title))
        self.fields = Fields() if self._is_schema else fields_inside(kind)
        self.places: Place = places_of(_nullable(judged))
        self.validator = Validator(_nullable(judged))

    @property
    def path(self) -> Path:
        """Where the value stands in what the model writes."""
        return () if self.holder is None else (self.holder,)

    def inner(self, document: object) -> object:
        """The value in what the model has written so far; None before it has begun."""
        if self.holder is None:
            return document
        return document.get(self.holder) if isinstance(document, dict) else None

    def read(self, document: object) -> object:
        """The value in what the model has written, as its type. Raises `SchemaMismatch`."""
        if self.holder is not None and not (isinstance(document, dict) and self.holder in document):
            raise SchemaMismatch(f"expected an object with the field {self.holder!r}")
        value = self.inner(document)
        if self._is_schema:
            value = without_nulls(value, self._kind)
        return convert(value, self._kind)


def shape_of(kind: object, *, items: bool = False) -> Shape:
    """Raises `InvalidRequest` for a type that cannot be described or not be read."""
    if isinstance(kind, Mapping):
        return Shape(kind, items=items)
    try:
        # Types are equal whose alternatives stand in another order, but their words are not.
        return _remembered(kind, items, str(kind))
    except TypeError:  # not hashable
        return Shape(kind, items=items)


@lru_cache(maxsize=256)
def _remembered(kind: object, items: bool, words: str) -> Shape:  # noqa: ARG001  # a part of the key
    return Shape(kind, items=items)


def _described(kind: object) -> Schema:
    if isinstance(kind, Mapping):
        Validator(kind)
        return dict(kind)
    if kind is None or isinstance(kind, str):
        raise InvalidRequest(f"{kind!r:.60} is no type to extract; pass a type or a JSON Schema")
    schema = schema_of(kind)
    readable(kind, shown(kind))
    return schema


def _judged(kind: object, schema: Schema) -> Schema:
    """The schema without what a type's own library judges by rules of its own."""
    return schema if isinstance(kind, Mapping) else Describer(opaque=True).whole(kind, shown(kind))


def _is_object(schema: Schema) -> bool:
    found = followed(schema, schema)
    return isinstance(found, Mapping) and found.get("type") == "object"


def _held(schema: Schema, holder: str) -> Schema:
    """An object whose one field follows `schema`; definitions stay at the root."""
    shared = {name: schema[name] for name in _DEFINITIONS if name in schema}
    inner = {name: part for name, part in schema.items() if name not in shared}
    return {
        "type": "object",
        "properties": {holder: _moved(inner, f"#/properties/{holder}")},
        "required": [holder],
        "additionalProperties": False,
        **cast("Schema", _moved(shared, f"#/properties/{holder}")),
    }


def _list_of(schema: Mapping[str, object]) -> Schema:
    shared = {name: schema[name] for name in _DEFINITIONS if name in schema}
    inner = {name: part for name, part in schema.items() if name not in shared}
    moved = cast("Schema", _moved(shared, "#/items"))
    return {"type": "array", "items": _moved(inner, "#/items"), **moved}


def _moved(value: object, place: str) -> object:
    """`value` with its references to the root and the fields there led to `place`."""
    if isinstance(value, list | tuple):
        return [_moved(item, place) for item in value]
    if not isinstance(value, Mapping):
        return value
    made = {name: _moved(item, place) for name, item in value.items()}
    target = value.get("$ref")
    if isinstance(target, str) and target.startswith("#"):
        shared = any(target.startswith(f"#/{name}/") for name in _DEFINITIONS)
        made["$ref"] = target if shared else place + target[1:]
    return made


def _named(title: object) -> str:
    """A name that providers take."""
    name = _NO_NAME.sub("_", title).strip("_") if isinstance(title, str) else ""
    return name[:_LONGEST_NAME] or "answer"


def _nullable(schema: Mapping[str, object]) -> Schema:
    """The schema with a null allowed for each field that may be absent: strict modes write one."""
    made: Schema = {}
    for keyword, value in schema.items():
        if keyword in ("properties", "$defs", "definitions", "patternProperties"):
            parts = value if isinstance(value, Mapping) else {}
            made[keyword] = {name: _nullable_part(part) for name, part in parts.items()}
        elif keyword in ("enum", "const", "default", "examples", "required"):
            made[keyword] = value
        else:
            made[keyword] = _nullable_part(value)
    required = schema.get("required")
    needed = required if isinstance(required, list | tuple) else ()
    fields = made.get("properties")
    if isinstance(fields, dict):
        for name in fields:
            if name not in needed:
                fields[name] = _or_null(fields[name])
    return made


def _or_null(part: object) -> object:
    """In the words that make for the shortest complaint."""
    if not isinstance(part, dict):
        return part
    kind, options, values = part.get("type"), part.get("anyOf"), part.get("enum")
    if isinstance(options, list):
        return {**part, "anyOf": [*options, {"type": "null"}]}
    if not isinstance(kind, str) or "const" in part:
        return {"anyOf": [part, {"type": "null"}]}
    made = {**part, "type": [kind, "null"]}
    return {**made, "enum": [*values, None]} if isinstance(values, list) else made


def _nullable_part(value: object) -> object:
    if isinstance(value, Mapping):
        return _nullable(value)
    if isinstance(value, list | tuple):
        return [_nullable_part(item) for item in value]
    return value
