"""The signature of a function that models may call: each parameter's type, and their schema."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping

from fairlead.errors import InvalidRequest
from fairlead.schemas import foreign
from fairlead.schemas.describe import Describer, with_default
from fairlead.schemas.values import readable


def bare(function: Callable[..., object]) -> Callable[..., object]:
    """The function whose name, docstring and annotations count."""
    while isinstance(function, functools.partial):
        function = function.func
    plain = inspect.isroutine(function)
    return function if plain else type(function).__call__


def parameters_of(
    function: Callable[..., object],
    plain: Callable[..., object],
    name: str,
    said: Mapping[str, str],
) -> tuple[dict[str, object], dict[str, object]]:
    """The type of each parameter, and the schema of all of them."""
    _check_ends(plain, name)
    describer = Describer()
    kinds: dict[str, object] = {}
    properties: dict[str, object] = {}
    required: list[str] = []
    for parameter in _offered(function, name):
        where = f"{name}({parameter.name})"
        kind = kinds[parameter.name] = _kind(plain, parameter, where)
        schema = describer.of(kind, where)
        if parameter.name in said:
            schema = {"description": said[parameter.name]} | schema
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            schema = with_default(schema, parameter.default)
        readable(kind, where)
        properties[parameter.name] = schema
    whole: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        whole["required"] = required
    whole["additionalProperties"] = False
    return kinds, describer.rooted(whole)


def check(function: Callable[..., object], name: str) -> None:
    """Raises `InvalidRequest` for what no model could call, whatever the types say."""
    _check_ends(function, name)
    for place, parameter in enumerate(_offered(function, name)):
        if place or parameter.name not in ("self", "cls"):  # a method, not bound yet
            _check_annotated(parameter, f"{name}({parameter.name})")


def _check_ends(function: Callable[..., object], name: str) -> None:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InvalidRequest(
            f"the tool {name!r} is a generator, which returns nothing that could be told; "
            "return a list of what it yields"
        )


def _check_annotated(parameter: inspect.Parameter, where: str) -> None:
    if parameter.annotation is parameter.empty:
        raise InvalidRequest(
            f"{where} has no type; annotate {parameter.name!r}, for example {parameter.name}: str"
        )
    if foreign.is_field(parameter.default):
        raise InvalidRequest(
            f"{where} has a Field for its default, which the function would be given; write "
            f"{parameter.name}: Annotated[..., Field(...)]"
        )


def _offered(function: Callable[..., object], name: str) -> list[inspect.Parameter]:
    """The parameters that a model may fill: not those that a partial has filled already."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise InvalidRequest(f"the tool {name!r} has no signature that can be read") from None
    filled = function.keywords if isinstance(function, functools.partial) else {}
    offered = [one for one in signature.parameters.values() if one.name not in filled]
    for one in offered:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            raise InvalidRequest(
                f"the tool {name!r} takes any number of arguments ({one}); "
                "models need each parameter by name"
            )
        if one.kind is one.POSITIONAL_ONLY:
            raise InvalidRequest(
                f"the parameter {one.name!r} of the tool {name!r} can only be given by its place; "
                "models give arguments by name"
            )
    return offered


def _kind(plain: Callable[..., object], parameter: inspect.Parameter, where: str) -> object:
    """The parameter's type. Only its own annotation is read: others may name what is not there."""
    _check_annotated(parameter, where)
    target = inspect.unwrap(plain)
    target = getattr(target, "__func__", target)
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        hints = typing.get_type_hints(
            holder, globalns=getattr(target, "__globals__", {}), include_extras=True
        )
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise InvalidRequest(
            f"the annotation of {where} cannot be read ({error}); "
            "define what it names at the top of a module"
        ) from None
    kind: object = hints[parameter.name]
    return kind
