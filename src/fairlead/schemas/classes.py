"""The fields of a class, whatever makes it: dataclass, TypedDict, NamedTuple or msgspec Struct."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from typing import NamedTuple, NotRequired, Required

from fairlead.errors import InvalidRequest

NO_DEFAULT = object()
_EMPTY: dict[object, object] = {list: [], tuple: [], set: [], frozenset: [], dict: {}}


class Field(NamedTuple):
    """One field as JSON has it; `default` is `NO_DEFAULT` where there is none to show."""

    name: str
    kind: object
    required: bool
    default: object = NO_DEFAULT


def is_struct(kind: object) -> bool:
    import msgspec

    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def is_named_tuple(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def has_fields(kind: object) -> bool:
    """Whether `fields_of` knows the class."""
    if not isinstance(kind, type):
        return False
    plain = dataclasses.is_dataclass(kind) or typing.is_typeddict(kind)
    return plain or is_named_tuple(kind) or is_struct(kind)


def fields_of(kind: type) -> list[Field]:
    """Raises `InvalidRequest` where an annotation names what cannot be found."""
    if is_struct(kind):
        return list(_struct_fields(kind))
    if typing.is_typeddict(kind):
        return list(_dictionary_fields(kind))
    if is_named_tuple(kind):
        return list(_tuple_fields(kind))
    return list(_dataclass_fields(kind))


def hints_of(kind: type) -> dict[str, object]:
    """The annotations of a class, those in quotes read."""
    try:
        return typing.get_type_hints(kind, localns={kind.__name__: kind}, include_extras=True)
    except (NameError, TypeError, SyntaxError) as error:
        raise InvalidRequest(
            f"an annotation of {kind.__name__} cannot be read ({error}); "
            "define what it names at the top of a module"
        ) from None


def _struct_fields(kind: type) -> Iterator[Field]:
    import msgspec

    hints = hints_of(kind)
    for field in msgspec.structs.fields(kind):
        default: object = field.default
        if default is msgspec.NODEFAULT:
            default = NO_DEFAULT
            if field.default_factory is not msgspec.NODEFAULT:
                default = _EMPTY.get(field.default_factory, NO_DEFAULT)
        yield Field(field.encode_name, hints.get(field.name, field.type), field.required, default)


def _dictionary_fields(kind: type) -> Iterator[Field]:
    required = kind.__required_keys__  # type: ignore[attr-defined]
    for name, hint in hints_of(kind).items():
        # An annotation in quotes hides its marker from the class, so the marker itself counts.
        origin = typing.get_origin(hint)
        if origin in (Required, NotRequired):
            yield Field(name, typing.get_args(hint)[0], origin is Required)
        else:
            yield Field(name, hint, name in required)


def _tuple_fields(kind: type) -> Iterator[Field]:
    hints = hints_of(kind)
    defaults: dict[str, object] = kind._field_defaults  # type: ignore[attr-defined]
    for name in kind._fields:  # type: ignore[attr-defined]
        default = defaults.get(name, NO_DEFAULT)
        yield Field(name, hints.get(name, object), name not in defaults, default)


def _dataclass_fields(kind: type) -> Iterator[Field]:
    hints = hints_of(kind)
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        default: object = NO_DEFAULT
        required = field.default is dataclasses.MISSING
        if not required:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            required = False
            default = _EMPTY.get(field.default_factory, NO_DEFAULT)
        yield Field(field.name, hints[field.name], required, default)
