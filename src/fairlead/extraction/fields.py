"""The fields or items of a type one by one, each read as its own type before the whole is there."""

from __future__ import annotations

import typing
from collections import abc
from collections.abc import Callable

from msgspec import Struct

from fairlead.errors import SchemaMismatch
from fairlead.schemas import foreign
from fairlead.schemas.classes import fields_of, has_fields, is_named_tuple
from fairlead.schemas.values import convert

_ITEMS = (list, set, frozenset, abc.Sequence, abc.Set, abc.Collection)
_MAPS = (dict, abc.Mapping)
_DECORATORS = ("field_validators", "model_validators", "validators", "root_validators")
_HARMLESS = frozenset({"extra", "frozen", "title", "json_schema_extra", "populate_by_name"})
"""Settings of a model that do not change how a field is read."""


class FieldReader(Struct, frozen=True):
    """`read` gives a field's Python value and raises `SchemaMismatch`.

    `sure`: a field that cannot be read means that the whole cannot be, whatever else comes.
    """

    read: Callable[[object], object]
    optional: bool = False
    sure: bool = True


class Fields(Struct, frozen=True):
    """Readers by name, and that of all others, if there is one."""

    named: dict[str, FieldReader] = {}
    rest: FieldReader | None = None

    def reader(self, step: str | int) -> FieldReader | None:
        found = self.named.get(step) if isinstance(step, str) else None
        return found or self.rest


def fields_inside(kind: object) -> Fields:
    """Those of a class, or of the items of a list or map; none where they are not known."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in _ITEMS or (origin is tuple and arguments[1:] == (...,)):
        return Fields(rest=_reader(arguments[0]))
    if origin in _MAPS:
        return Fields(rest=_reader(arguments[1]))
    if foreign.is_pydantic(kind):
        return Fields(dict(_of_model(kind)))
    if has_fields(kind) and not is_named_tuple(kind):
        assert isinstance(kind, type)
        made = {
            field.name: _reader(field.kind, optional=not field.required)
            for field in fields_of(kind)
        }
        return Fields(made)
    return Fields()


def _reader(kind: object, *, optional: bool = False) -> FieldReader:
    return FieldReader(lambda value: convert(value, kind), optional)


def _of_model(kind: object) -> abc.Iterator[tuple[str, FieldReader]]:
    """A model's own functions may change a field before it is judged: then only the whole tells."""
    from typing import Any, cast

    model = cast("Any", kind)
    decorators = getattr(model, "__pydantic_decorators__", None)
    plain = decorators is not None and not any(getattr(decorators, n, None) for n in _DECORATORS)
    sure = plain and _HARMLESS.issuperset(getattr(model, "model_config", {}))
    for name, info in getattr(model, "model_fields", {}).items():
        alias = info.validation_alias or info.alias or name
        if isinstance(alias, str):
            read = _model_field(info)
            yield alias, FieldReader(read, not info.is_required(), sure)


def _model_field(info: typing.Any) -> Callable[[object], object]:
    from pydantic import TypeAdapter, ValidationError

    kind = info.annotation
    for item in info.metadata:
        kind = typing.Annotated[kind, item]
    adapter: TypeAdapter[object] = TypeAdapter(kind)

    def read(value: object) -> object:
        import msgspec

        try:
            return adapter.validate_json(msgspec.json.encode(value))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in first["loc"])
            raise SchemaMismatch(first["msg"], f"${place}") from None

    return read
