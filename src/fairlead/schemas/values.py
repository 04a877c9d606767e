"""JSON values to a program's own types, and what its tools return to text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar, overload

from msgspec import Struct

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.schemas import assertions, foreign
from fairlead.schemas.describe import Describer, shown
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.validate import Validator

_T = TypeVar("_T")
_PLACE = re.compile(r" - at `(.*?)`(?: - at `(.*)`)?$", re.DOTALL)


class _Plan(Struct, frozen=True):
    """What reading a type needs: its schema, and a check of what msgspec would let through."""

    schema: dict[str, object]
    check: Validator | None


@overload
def convert(value: object, kind: type[_T]) -> _T: ...
@overload
def convert(value: object, kind: object) -> object: ...
def convert(value: object, kind: object) -> object:
    """A JSON value as a `kind`: any type that `schema_of` describes, or a JSON Schema.

    Nothing is coerced, but whole numbers serve as floats and a null for an optional field that
    may not be null counts as absent. By a JSON Schema the value is checked and returned. Raises
    `SchemaMismatch`, which says where it broke; `InvalidRequest` for a type that cannot be read.
    """
    if isinstance(kind, Mapping):
        Validator(kind).check(value)
        return value
    plan = _plan_of(kind)
    value = without_nulls(value, plan.schema)
    if plan.check is not None:
        plan.check.check(value)
    return _read(value, kind)


def readable(kind: object, path: str) -> None:
    """Raises `InvalidRequest` for a type that can be described but not be read back."""
    import types
    import typing

    import msgspec

    try:
        msgspec.json.Decoder(kind, dec_hook=_foreign)
    except (TypeError, NameError) as error:
        if typing.get_origin(kind) not in (typing.Union, types.UnionType):
            raise InvalidRequest(f"{path}: {shown(kind)} cannot be read: {error}") from None
        for option in typing.get_args(kind):
            readable(option, path)


def _plan_of(kind: object) -> _Plan:
    try:
        return _remembered_plan(kind)
    except TypeError:  # not hashable
        return _plan(kind)


def _plan(kind: object) -> _Plan:
    schema = Describer().whole(kind, shown(kind))
    open_models = Describer(opaque=True)
    checked = open_models.whole(kind, shown(kind))
    return _Plan(schema, Validator(checked) if open_models.has_foreign else None)


_remembered_plan = lru_cache(maxsize=256)(_plan)


def _read(value: object, kind: object) -> object:
    import msgspec

    try:
        return msgspec.convert(value, kind, str_keys=True, dec_hook=_foreign)
    except msgspec.ValidationError as error:
        raise _mismatch(str(error), value) from None
    except RecursionError:
        raise SchemaMismatch("the value is nested too deeply", "$", "") from None
    except (TypeError, NameError) as error:
        return _any_of(value, kind, error)
    except Exception as error:  # whatever a class raises that is made of the value
        reason = f"{shown(kind)} cannot be made of it: {type(error).__name__}: {error}"
        raise SchemaMismatch(reason, "$", assertions.shown(value)) from error


def _any_of(value: object, kind: object, error: Exception) -> object:
    """The first of a union's types that fits, where msgspec cannot tell them apart by itself."""
    import types
    import typing

    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        raise InvalidRequest(f"{shown(kind)} cannot be read from JSON: {error}") from None
    wrong: list[SchemaMismatch] = []
    for option in typing.get_args(kind):
        try:
            return convert(value, option)
        except SchemaMismatch as mismatch:
            wrong.append(mismatch)
    raise max(wrong, key=lambda mismatch: len(mismatch.path))


def _foreign(kind: type, value: object) -> object:
    if kind is object:  # anything at all, as the schema says
        return value
    if not foreign.is_pydantic(kind):
        raise TypeError(f"{shown(kind)} is no type that can be read")
    return foreign.read(kind, value)


def _mismatch(said: str, value: object) -> SchemaMismatch:
    """msgspec names the place last; where a model broke inside, its own place comes before."""
    match = _PLACE.search(said)
    reason = said[: match.start()] if match else said
    inner, outer = match.groups() if match else ("$", None)
    place = inner if outer is None else outer + inner.removeprefix("$")
    reason = reason[:1].lower() + reason[1:].replace("`", "")
    return SchemaMismatch(reason, place, assertions.shown(value))


def text_of(value: object) -> str:
    """What a tool returned, as the text that a model reads: strings as they are, else JSON.

    Raises `TypeError` for what JSON has no form for.
    """
    import msgspec

    try:
        if isinstance(value, str):
            value.encode()  # a lone surrogate cannot be sent
            return value
        return msgspec.json.encode(value, enc_hook=_plain).decode()
    except (ValueError, OverflowError, RecursionError) as error:
        raise TypeError(str(error)) from None


def _plain(value: object) -> object:
    if foreign.is_model(value):
        return foreign.written(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")
