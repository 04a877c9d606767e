"""JSON values to a program's own types, and what its tools return to text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import TypeVar, overload

from msgspec import Struct

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.schemas import assertions, foreign
from fairlead.schemas.apart import parts_of
from fairlead.schemas.describe import Describer, shown
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.validate import Validator

_T = TypeVar("_T")
_PLACE = re.compile(r" - at `(.*?)`(?: - at `(.*)`)?$", re.DOTALL)


class _Plan(Struct, frozen=True):
    """What reading a type needs: its schema, and a check of what reading it would let through.

    `apart`: msgspec does not read it whole. The parts are not remembered here: types are equal
    whose alternatives stand in another order.
    """

    schema: dict[str, object]
    check: Validator | None
    apart: bool


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
    return _read(value, kind, plan)


def readable(kind: object, path: str) -> None:
    """Raises `InvalidRequest` for a type that can be described but not be read back."""
    waiting, seen = [kind], []
    while waiting:
        one = waiting.pop()
        refused = None if one in seen else _not_whole(one)
        if refused is None:
            continue
        seen.append(one)
        if (parts := parts_of(one)) is None:
            raise InvalidRequest(f"{path}: {shown(one)} cannot be read: {refused}")
        waiting += parts.kinds


def _plan_of(kind: object) -> _Plan:
    try:
        return _remembered_plan(kind)
    except TypeError:  # not hashable
        return _plan(kind)


def _plan(kind: object) -> _Plan:
    schema = Describer().whole(kind, shown(kind))
    open_models = Describer(opaque=True)
    checked = open_models.whole(kind, shown(kind))
    refused = _not_whole(kind)
    if refused is not None and parts_of(kind) is None:
        raise InvalidRequest(f"{shown(kind)} cannot be read from JSON: {refused}")
    unchecked = open_models.has_foreign or refused is not None
    return _Plan(schema, Validator(checked) if unchecked else None, refused is not None)


_remembered_plan = lru_cache(maxsize=256)(_plan)


def _not_whole(kind: object) -> str | None:
    """Why msgspec does not read a type; None where it does."""
    import msgspec

    try:
        msgspec.json.Decoder(kind, dec_hook=_foreign)
    except (TypeError, NameError) as error:
        return str(error)
    return None


def _read(value: object, kind: object, plan: _Plan) -> object:
    import msgspec

    try:
        if plan.apart and (parts := parts_of(kind)) is not None:
            return parts.read(value, _read_part)
        return msgspec.convert(value, kind, str_keys=True, dec_hook=_foreign)
    except SchemaMismatch:
        raise
    except msgspec.ValidationError as error:
        raise _mismatch(str(error), value) from None
    except RecursionError:
        raise SchemaMismatch("the value is nested too deeply", "$", "") from None
    except Exception as error:  # whatever a class raises that is made of the value
        reason = f"{shown(kind)} cannot be made of it: {type(error).__name__}: {error}"
        raise SchemaMismatch(reason, "$", assertions.shown(value)) from error


def _read_part(value: object, kind: object, step: str | None) -> object:
    """A part of a value that was cleaned and checked with the whole, save for alternatives."""
    plan = _plan_of(kind)
    try:
        if step is None and plan.check is not None:
            plan.check.check(value)
        return _read(value, kind, plan)
    except SchemaMismatch as error:
        path = f"${step or ''}" + error.path.removeprefix("$")
        raise SchemaMismatch(error.reason, path, error.excerpt) from None


def _foreign(kind: type, value: object) -> object:
    if kind is object:  # anything at all, as the schema says
        return value
    if issubclass(kind, PurePath):
        if not isinstance(value, str):
            raise ValueError(f"expected string, got {assertions.type_of(value)}")
        return kind(value)
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
        return msgspec.json.encode(value, enc_hook=foreign.plain).decode()
    except (ValueError, OverflowError, RecursionError) as error:
        raise TypeError(str(error)) from None
