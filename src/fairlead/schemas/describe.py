"""Types to JSON Schema 2020-12: what a model is told to write.

Scalars, and types that only msgspec knows, are described by msgspec itself; what it passes over
(other libraries' constraints, words in `Annotated`, docstrings, pydantic) is added here.
"""

from __future__ import annotations

import enum
import types
import typing
from collections import abc
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal, Union
from uuid import UUID

from fairlead.errors import InvalidRequest
from fairlead.schemas import classes, foreign
from fairlead.schemas.annotated import Schema, is_foreign, with_metadata
from fairlead.schemas.docstrings import explained

_SCALARS = frozenset({bool, int, float, str, bytes, bytearray, date, timedelta, UUID})
_MOMENTS: dict[type, str] = {datetime: "date-time", time: "time"}
_LISTS = frozenset(
    {list, set, frozenset, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Set}
    | {abc.MutableSet}
)
_MAPS = frozenset({dict, abc.Mapping, abc.MutableMapping})
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_REF = "#/$defs/"


def schema_of(kind: object) -> Schema:
    """The JSON Schema of a type, its classes under `$defs` save the outermost.

    Raises `InvalidRequest`, which names the field, for a type that JSON has no form for.
    """
    return Describer().whole(kind, shown(kind))


def shown(kind: object) -> str:
    """A type as a message names it."""
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


class Describer:
    """Describes types that share their definitions. `opaque` leaves pydantic's models open."""

    def __init__(self, *, opaque: bool = False) -> None:
        self.definitions: dict[str, Schema] = {}
        self.has_foreign = False
        """Whether a constraint was met that msgspec does not check."""
        self._names: dict[object, str] = {}
        self._opaque = opaque

    def whole(self, kind: object, path: str) -> Schema:
        """A schema that stands alone: the outermost class in place, the others under `$defs`."""
        return self.rooted(self.of(kind, path))

    def rooted(self, schema: Schema) -> Schema:
        """`schema` with its definitions; one that only refers to a class becomes that class."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(_REF)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self.definitions[name], **rest}
            if not _refers(list(self.definitions.values()), reference):
                del self.definitions[name]
        return {**schema, "$defs": self.definitions} if self.definitions else schema

    def of(self, kind: object, path: str) -> Schema:
        """The schema of a type inside another; `path` is where it stands, for messages."""
        if kind is Any or kind is object:
            return {}
        if kind is None:
            return {"type": "null"}
        origin = typing.get_origin(kind)
        if origin is not None:
            return self._composed(kind, origin, typing.get_args(kind), path)
        if isinstance(kind, type):
            return self._class(kind, path)
        if isinstance(kind, typing.TypeVar):
            return self.of(kind.__bound__ or object, path)
        if isinstance(kind, typing.NewType):
            return self.of(kind.__supertype__, path)
        if hasattr(kind, "__value__"):
            return self._named(kind, lambda: self.of(kind.__value__, path))
        raise _unknown(kind, path)

    def _composed(
        self, kind: object, origin: object, arguments: tuple[Any, ...], path: str
    ) -> Schema:
        if origin is typing.Annotated:
            self.has_foreign = self.has_foreign or is_foreign(arguments[1:])
            return with_metadata(self.of(arguments[0], path), arguments[1:])
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(option, path) for option in arguments]}
        if origin is Literal:
            return _among(arguments, path)
        if origin in (typing.Required, typing.NotRequired, typing.Final):
            return self.of(arguments[0], path)
        if origin is tuple:
            return self._tuple(arguments, path)
        if origin in _LISTS:
            return {"type": "array", **self._rest("items", arguments[0], f"{path}[]")}
        if origin in _MAPS:
            return self._map(arguments[0], arguments[1], path)
        return self._by_msgspec(kind, path)

    def _class(self, kind: type, path: str) -> Schema:
        if kind in _MOMENTS:  # msgspec names the format only where it asks for a time zone
            return {"type": "string", "format": _MOMENTS[kind]}
        if kind in _SCALARS:
            return self._by_msgspec(kind, path)
        if kind is type(None):
            return {"type": "null"}
        if kind is Decimal:
            return {"anyOf": [{"type": "number"}, {"type": "string", "format": "decimal"}]}
        if kind in _LISTS or kind is tuple:
            return {"type": "array"}
        if kind in _MAPS:
            return {"type": "object"}
        if issubclass(kind, enum.Enum):
            return _enumerated(kind, path)
        if issubclass(kind, PurePath):
            return {"type": "string", "format": "path"}
        if foreign.is_pydantic(kind):
            return {} if self._opaque else self._pydantic(kind, path)
        if classes.has_fields(kind):
            return self._named(kind, lambda: self._fields(kind, path))
        return self._by_msgspec(kind, path)

    def _fields(self, kind: type, path: str) -> Schema:
        fields = classes.fields_of(kind)
        said = explained(kind.__doc__)
        schema: Schema = {"title": kind.__name__}
        if said.text and not said.text.startswith(f"{kind.__name__}("):  # what Python made up
            schema["description"] = said.text
        made = {field.name: self._field(field, said.parameters, path) for field in fields}
        config = getattr(kind, "__struct_config__", None)
        if classes.is_named_tuple(kind) or (config is not None and config.array_like):
            needed = sum(field.required for field in fields)
            return schema | _sequence([*_tag(config).values(), *made.values()], needed)
        schema |= {"type": "object", "properties": _tag(config) | made}
        required = [*_tag(config), *(field.name for field in fields if field.required)]
        if required:
            schema["required"] = required
        if config is not None and config.forbid_unknown_fields:
            schema["additionalProperties"] = False
        return schema

    def _field(self, field: classes.Field, said: dict[str, str], path: str) -> Schema:
        schema = self.of(field.kind, f"{path}.{field.name}")
        if field.name in said:
            schema = {"description": said[field.name]} | schema
        return with_default(schema, field.default)

    def _tuple(self, arguments: tuple[Any, ...], path: str) -> Schema:
        if len(arguments) == 2 and arguments[1] is ...:
            return {"type": "array", **self._rest("items", arguments[0], f"{path}[]")}
        places = [self.of(one, f"{path}[{place}]") for place, one in enumerate(arguments)]
        return _sequence(places, len(places))

    def _map(self, key: object, value: object, path: str) -> Schema:
        schema: Schema = {"type": "object"}
        if key is int:
            schema["propertyNames"] = {"pattern": "^-?[0-9]+$"}
        elif key is not str:
            names = self.of(key, f"{path} (keys)")
            if names.get("type", "string") != "string":
                raise _unknown(key, f"{path} (keys)")
            schema |= {} if names in ({}, {"type": "string"}) else {"propertyNames": names}
        return schema | self._rest("additionalProperties", value, f"{path}[]")

    def _rest(self, keyword: str, kind: object, path: str) -> Schema:
        found = self.of(kind, path)
        return {keyword: found} if found else {}

    def _named(self, kind: object, describe: Callable[[], Schema]) -> Schema:
        """A reference, so that a class may hold itself."""
        if kind not in self._names:
            name = self._free_name(getattr(kind, "__name__", "Type"))
            self._names[kind] = name
            self.definitions[name] = {}
            self.definitions[name] = describe()
        return {"$ref": _REF + self._names[kind]}

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.definitions:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _pydantic(self, kind: type, path: str) -> Schema:
        if kind not in self._names:
            try:
                self._add(kind, foreign.described(kind))
            except (TypeError, ValueError, RuntimeError) as error:
                raise InvalidRequest(f"{path}: pydantic cannot describe it: {error}") from None
        return {"$ref": _REF + self._names[kind]}

    def _by_msgspec(self, kind: object, path: str) -> Schema:
        import msgspec

        try:
            found: Schema = msgspec.json.schema(kind)
        except (TypeError, NameError) as error:
            raise _unknown(kind, path) from error
        if "$defs" not in found:
            return found
        self._add(kind, found)
        return {"$ref": _REF + self._names[kind]}

    def _add(self, kind: object, found: Schema) -> None:
        """Take in a schema that came with definitions, under names that are still free."""
        inner = typing.cast("dict[str, Schema]", found.pop("$defs", {}))
        names = {_REF + old: _REF + self._free_name(old) for old in inner}
        for old, definition in inner.items():
            renamed = names[_REF + old].removeprefix(_REF)
            self.definitions[renamed] = typing.cast("Schema", _renamed(definition, names))
        outer = typing.cast("Schema", _renamed(found, names))
        reference = outer.get("$ref")
        if isinstance(reference, str) and len(outer) == 1:
            self._names[kind] = reference.removeprefix(_REF)
            return
        self._names[kind] = self._free_name(getattr(kind, "__name__", "Type"))
        self.definitions[self._names[kind]] = outer


def with_default(schema: Schema, default: object) -> Schema:
    """`schema` with a default, where there is one that JSON can show."""
    import msgspec

    if default is classes.NO_DEFAULT:
        return schema
    try:
        plain = msgspec.to_builtins(default, enc_hook=foreign.plain)
    except (TypeError, ValueError, RecursionError):
        return schema
    return {**schema, "default": plain}


def _sequence(places: list[Schema], needed: int) -> Schema:
    schema: Schema = {"type": "array"}
    if places:
        schema["prefixItems"] = places
    # No `"items": False`: the most items say it too, and llama.cpp takes no `false` for a schema.
    return schema | {"minItems": needed, "maxItems": len(places)}


def _tag(config: Any) -> dict[str, Schema]:
    if config is None or config.tag is None:
        return {}
    return {config.tag_field: _among([config.tag], config.tag_field)}


def _among(values: Sequence[Any], path: str) -> Schema:
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]
    for value in plain:
        if type(value) not in _TYPES:
            raise InvalidRequest(f"{path}: {value!r} cannot be one of the values of a JSON type")
    found = list(dict.fromkeys(_TYPES[type(value)] for value in plain))
    return {"type": found[0] if len(found) == 1 else found, "enum": plain}


def _enumerated(kind: type[enum.Enum], path: str) -> Schema:
    schema = _among([member.value for member in kind], path)
    said = explained(kind.__doc__).text
    if said and said != "An enumeration.":
        schema["description"] = said
    return schema


def _refers(value: object, reference: str) -> bool:
    if isinstance(value, dict):
        return value.get("$ref") == reference or _refers(list(value.values()), reference)
    return isinstance(value, list) and any(_refers(item, reference) for item in value)


def _renamed(value: object, names: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _renamed(item, names) for key, item in value.items()}
    reference = made.get("$ref")
    if isinstance(reference, str):
        made["$ref"] = names.get(reference, reference)
    return made


def _unknown(kind: object, path: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path}: {shown(kind)} has no JSON form; use builtin types, dataclasses, TypedDict, "
        "msgspec or pydantic"
    )
