"""Functions as tools: what a model is told of one, its arguments read, its result written.

The signature and the docstring say all there is to say; what they leave open is refused here,
before a model can stumble over it.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar, overload

from fairlead.errors import InvalidRequest, MalformedToolArguments, SchemaMismatch, ToolFailed
from fairlead.schemas import signatures
from fairlead.schemas.describe import shown
from fairlead.schemas.docstrings import explained
from fairlead.schemas.nulls import without_nulls
from fairlead.schemas.validate import Validator
from fairlead.schemas.values import convert, text_of
from fairlead.types.messages import File, Image, Text
from fairlead.types.tool_arguments import arguments_object
from fairlead.types.tools import Tool

_F = TypeVar("_F", bound=Callable[..., object])
_MARK = "__fairlead_tool__"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _Marks(NamedTuple):
    """What the decorator was told; None is left to the function."""

    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    needs_approval: bool | None = None


@overload
def tool(function: _F, /) -> _F: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool | None = None,
    needs_approval: bool | None = None,
) -> Callable[[_F], _F]: ...
def tool(
    function: _F | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool | None = None,
    needs_approval: bool | None = None,
) -> _F | Callable[[_F], _F]:
    """Say how a function shall be offered to models; the function itself stays as it is.

    Any annotated function can be given as a tool without it. `name` and `description` replace the
    function's own, `strict` asks for arguments that follow the schema to the letter, and
    `needs_approval` says whether somebody must be asked before it runs. Raises `InvalidRequest` at
    once for a signature that no model could call.
    """
    marks = _Marks(name, description, strict, needs_approval)

    def mark(marked: _F) -> _F:
        try:
            setattr(marked, _MARK, marks)
        except AttributeError:
            raise InvalidRequest(
                f"{shown(marked)} cannot be marked; wrap it in a function"
            ) from None
        # The types are read when the tool is used: they may name what is defined further down.
        signatures.check(marked, _name(marked, marks))
        return marked

    return mark if function is None else mark(function)


class FunctionTool:
    """A function with what a model must know to call it.

    `tool` is what models are told. It takes a call apart and puts its result together; called
    itself, it is the function. `needs_approval` is None where nothing was said about it.
    """

    __slots__ = ("_kinds", "function", "is_async", "needs_approval", "tool")

    def __init__(
        self,
        function: Callable[..., object],
        told: Tool,
        kinds: Mapping[str, object],
        *,
        needs_approval: bool | None,
    ) -> None:
        self.function = function
        self.tool = told
        self.needs_approval = needs_approval
        self.is_async = inspect.iscoroutinefunction(signatures.bare(function))
        self._kinds = kinds

    def __repr__(self) -> str:
        return f"FunctionTool({self.name!r})"

    def __call__(self, *arguments: object, **named: object) -> object:
        return self.function(*arguments, **named)

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def parameters(self) -> Mapping[str, object]:
        """The JSON Schema of the arguments."""
        return self.tool.parameters or {}

    def arguments(self, given: str | Mapping[str, object]) -> dict[str, object]:
        """What to call the function with, from a call's JSON text or its object.

        Raises `MalformedToolArguments`, which keeps the text and says where it broke.
        """
        if isinstance(given, str):
            text, values = given, arguments_object(self.name, given)
        else:
            text, values = text_of(given), dict(given)
        try:
            cleaned = without_nulls(values, self.parameters)
            assert isinstance(cleaned, dict)
            self._check_names(cleaned)
            return {name: self._argument(name, value) for name, value in cleaned.items()}
        except SchemaMismatch as error:
            raise MalformedToolArguments(self.name, text, error.reason, path=error.path) from None

    def result(self, value: object) -> str | tuple[Text | Image | File, ...]:
        """What the function returned, as the model reads it: a string or parts as they are.

        All else is JSON, beside parts too. Raises `ToolFailed` for what JSON has no form for.
        """
        parts = value if isinstance(value, list | tuple) else (value,)
        try:
            if any(isinstance(part, Text | Image | File) for part in parts):
                return tuple(_part(part) for part in parts)
            return text_of(value)
        except TypeError as error:
            raise ToolFailed(
                self.name, f"what it returned cannot be written as JSON ({error}); return a string"
            ) from None

    def _check_names(self, values: dict[str, object]) -> None:
        outline = {
            "properties": dict.fromkeys(self._kinds, True),
            "required": self.parameters.get("required", []),
            "additionalProperties": False,
        }
        Validator(outline, known=True).check(values)

    def _argument(self, name: str, value: object) -> object:
        try:
            return convert(value, self._kinds[name])
        except SchemaMismatch as error:
            path = f"$.{name}" + error.path.removeprefix("$")
            raise SchemaMismatch(error.reason, path) from None


def tool_of(function: object) -> FunctionTool:
    """A function, method, `functools.partial` or object that can be called, as a tool.

    Raises `InvalidRequest`, which names the parameter, for what a model cannot be told.
    """
    if isinstance(function, FunctionTool):
        return function
    if not callable(function) or isinstance(function, type):
        raise InvalidRequest(f"{shown(function)} is no function; give a function or a Tool")
    bare = signatures.bare(function)
    marks = getattr(bare, _MARK, None) or getattr(function, _MARK, None) or _Marks()
    name = _name(function, marks)
    said = explained(inspect.getdoc(bare))
    kinds, parameters = signatures.parameters_of(function, bare, name, said.parameters)
    text = marks.description or said.text or None
    told = Tool(name, text, parameters, marks.strict)
    return FunctionTool(function, told, kinds, needs_approval=marks.needs_approval)


def _name(function: object, marks: _Marks) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    own = function if inspect.isroutine(function) else type(function)
    name = marks.name or str(getattr(own, "__name__", ""))
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"a tool cannot be named {name!r}; give it a name of letters, digits, _ and - "
            'with @fairlead.tool(name="...")'
        )
    return name


def _part(value: object) -> Text | Image | File:
    return value if isinstance(value, Text | Image | File) else Text(text_of(value))
