"""Types that msgspec cannot read whole, taken apart: what they hold, and how it is put together.

Such are lists, maps, dataclasses and TypedDicts that hold one of several classes without tags, and
enums whose values are neither all texts nor all whole numbers.
"""

from __future__ import annotations

import types
import typing
from collections import abc
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Union

from fairlead.errors import SchemaMismatch
from fairlead.schemas.assertions import frozen
from fairlead.schemas.classes import fields_of, has_fields, is_named_tuple, is_struct

Read = Callable[[Any, object, str | None], Any]
"""Reads a value as a type. The string is the step to where it stands, such as `[0]`.

None stands for a type that is one of several, so that nobody knows yet whether the value fits it.
"""

_LISTS: dict[object, Callable[[Any], object]] = {
    **dict.fromkeys((list, abc.Sequence, abc.MutableSequence, abc.Collection), list),
    **dict.fromkeys((set, abc.Set, abc.MutableSet), set),
    frozenset: frozenset,
}
_MAPS = (dict, abc.Mapping, abc.MutableMapping)


class Parts(NamedTuple):
    """The types inside a type; `read` makes a value of one that has its form."""

    kinds: tuple[object, ...]
    read: Callable[[Any, Read], object]


def parts_of(kind: object) -> Parts | None:
    """None for what cannot be taken apart."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, typing.NewType):
        return _same(kind.__supertype__)
    if hasattr(kind, "__value__"):
        return _same(kind.__value__)
    if origin is typing.Annotated:
        return _same(inner[0])
    if origin in (Union, types.UnionType):
        return Parts(inner, lambda value, read: _first(value, inner, read))
    if origin in _LISTS or (origin is tuple and inner[1:] == (...,)):
        return _items(inner[0], _LISTS.get(origin, tuple))
    if origin is tuple:
        return Parts(inner, lambda value, read: tuple(_each(value, inner, read)))
    if origin in _MAPS:
        return _map(*inner)
    if origin is Literal:
        return Parts((), lambda value, _: _among(inner, value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = tuple(kind)
        return Parts((), lambda value, _: _among(members, value))
    return _of_class(kind)


def _of_class(kind: object) -> Parts | None:
    by_name = has_fields(kind) and not is_struct(kind) and not is_named_tuple(kind)
    return _fields(kind) if by_name else None


def _among(members: Iterable[object], value: object) -> object:
    """The member that JSON writes so. There is one, as the value was checked."""
    written = {frozen(m.value if isinstance(m, Enum) else m): m for m in members}
    return written[frozen(value)]


def _same(kind: object) -> Parts:
    return Parts((kind,), lambda value, read: read(value, kind, ""))


def _items(kind: object, made: Callable[[Any], object]) -> Parts:
    return Parts((kind,), lambda value, read: made(_each(value, [kind] * len(value), read)))


def _each(value: list[Any], kinds: abc.Sequence[object], read: Read) -> list[Any]:
    pairs = enumerate(zip(value, kinds, strict=True))
    return [read(item, kind, f"[{place}]") for place, (item, kind) in pairs]


def _map(key: object, kind: object) -> Parts:
    def name(text: str, read: Read) -> object:
        return int(text) if key is int else read(text, key, "")

    def made(value: dict[str, Any], read: Read) -> object:
        return {name(text, read): read(one, kind, f".{text}") for text, one in value.items()}

    return Parts((kind, key), made)


@lru_cache(maxsize=256)
def _fields(kind: object) -> Parts:
    assert isinstance(kind, type), "only classes have fields"
    fields = {field.name: field.kind for field in fields_of(kind)}

    def made(value: dict[str, Any], read: Read) -> object:
        known = {name: item for name, item in value.items() if name in fields}
        return make(**{name: read(item, fields[name], f".{name}") for name, item in known.items()})

    make: Callable[..., object] = kind
    return Parts(tuple(fields.values()), made)


def _first(value: Any, kinds: tuple[object, ...], read: Read) -> object:
    """The first of a union's types that fits; else what the one says that went furthest."""
    wrong: list[SchemaMismatch] = []
    for kind in kinds:
        try:
            return read(value, kind, None)
        except SchemaMismatch as mismatch:
            wrong.append(mismatch)
    raise max(wrong, key=lambda mismatch: len(mismatch.path))
