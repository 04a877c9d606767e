"""Functions become tools that models can call, and calls become arguments."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import annotated_types
import pydantic
import pytest
from hypothesis import given, strategies as st
from tests.schemas import kinds
from tests.schemas.kinds import Author, Pet

import fairlead
from fairlead.errors import InvalidRequest, MalformedToolArguments, ToolFailed
from fairlead.schemas.function_tool import FunctionTool, tool_of
from fairlead.types.messages import Image, Text


def weather(
    city: str,
    days: Annotated[int, annotated_types.Le(7)] = 3,
    unit: Literal["c", "f"] = "c",
) -> str:
    """Say the weather.

    Args:
        city: the town
        days: how many

    Returns:
        words
    """
    return f"{city} {days} {unit}"


async def write(author: Author, pet: Pet | None = None) -> None:
    """Write it down."""


class Clock:
    """Tells the time."""

    def __call__(self, zone: str) -> str:
        """The time in a zone."""
        return zone

    @fairlead.tool(needs_approval=True)
    def stop(self, reason: str) -> None:
        """Stop it."""

    @staticmethod
    def now(zone: str) -> str:
        return zone


def test_the_signature_and_the_docstring_say_all() -> None:
    tool = tool_of(weather).tool

    assert (tool.name, tool.description) == ("weather", "Say the weather.")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"description": "the town", "type": "string"},
            "days": {"description": "how many", "type": "integer", "maximum": 7, "default": 3},
            "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


def test_a_call_becomes_what_the_function_is_called_with() -> None:
    tool = tool_of(weather)

    assert weather(**tool.arguments('{"city":"Oslo","unit":"f"}')) == "Oslo 3 f"  # type: ignore[arg-type]
    assert tool.arguments({"city": "Oslo"}) == {"city": "Oslo"}


def test_classes_in_the_signature_come_back_as_such() -> None:
    tool = tool_of(write)
    found = tool.arguments('{"author":{"name":"Ann"},"pet":{"name":"Rex"}}')

    assert found == {"author": Author("Ann"), "pet": Pet(name="Rex")}
    assert tool.is_async
    assert set(tool.parameters["$defs"]) == {"Author", "Pet"}


def test_a_function_without_parameters_takes_an_empty_call() -> None:
    def nothing() -> None: ...

    assert tool_of(nothing).arguments("") == {}
    assert tool_of(nothing).arguments("{}") == {}


def test_a_null_for_an_optional_parameter_leaves_its_default() -> None:
    assert tool_of(weather).arguments('{"city":"Oslo","days":null}') == {"city": "Oslo"}


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ('{"city":1}', "$.city", "expected str, got int"),
        ('{"city":"O","days":9}', "$.days", "at most 7"),
        ('{"city":"O","unit":"k"}', "$.unit", "'k'"),
        ("{}", "$", "the field 'city' is missing"),
        ('{"city":"O","x":1}', "$", "the field 'x' is not allowed"),
        ("[1]", "$", "not a JSON object"),
        ('{"city":', "$", "they end too early, after 8 characters"),
        ('{"city":null}', "$.city", "expected str"),
    ],
)
def test_arguments_that_do_not_fit_say_where_and_keep_the_text(
    text: str, path: str, reason: str
) -> None:
    with pytest.raises(MalformedToolArguments, match="weather") as caught:
        tool_of(weather).arguments(text)

    assert (caught.value.arguments, caught.value.path) == (text, path)
    assert reason in str(caught.value)


def test_the_place_inside_an_argument_is_named() -> None:
    with pytest.raises(MalformedToolArguments) as caught:
        tool_of(write).arguments('{"author":{"name":1}}')

    assert caught.value.path == "$.author.name"


@given(st.text(max_size=40) | st.text(alphabet='{}[]":,city0123 ', max_size=40))
def test_any_text_gives_arguments_or_a_typed_error(text: str) -> None:
    try:
        found = tool_of(weather).arguments(text)
    except MalformedToolArguments:
        return
    assert "city" in found


@pytest.mark.parametrize(
    ("value", "written"),
    [("plain", "plain"), ({"a": 1}, '{"a":1}'), (None, "null"), ([], "[]")],
)
def test_a_result_is_text(value: object, written: str) -> None:
    assert tool_of(weather).result(value) == written


def test_parts_stay_parts() -> None:
    image = Image(data=b"i", media_type="image/png")

    assert tool_of(weather).result(image) == (image,)
    assert tool_of(weather).result([Text("a"), image]) == (Text("a"), image)


def test_what_stands_beside_parts_becomes_text_so_that_no_picture_is_told_as_letters() -> None:
    image = Image(data=b"i", media_type="image/png")

    told = tool_of(weather).result(["the map", image, {"scale": 3}])

    assert told == (Text("the map"), image, Text('{"scale":3}'))


def test_a_result_that_cannot_be_written_names_the_tool() -> None:
    with pytest.raises(ToolFailed, match="'weather' failed: what it returned cannot be written"):
        tool_of(weather).result(kinds.Plain())


def test_the_decorator_says_what_the_function_does_not() -> None:
    @fairlead.tool(name="sky", description="Look up.", strict=True, needs_approval=True)
    def look(at: str) -> str:
        return at

    tool = tool_of(look)

    assert look("x") == "x"
    assert (tool.name, tool.tool.description, tool.tool.strict) == ("sky", "Look up.", True)
    assert tool.needs_approval is True
    assert tool_of(weather).needs_approval is None


def test_the_decorator_works_bare_and_refuses_at_once() -> None:
    @fairlead.tool
    def fine(n: int) -> int:
        return n

    assert tool_of(fine).name == "fine"
    with pytest.raises(InvalidRequest, match="'n'"):

        @fairlead.tool
        def bad(n) -> int:  # type: ignore[no-untyped-def]
            return 0


def test_a_type_may_be_defined_below_the_decorated_function() -> None:
    assert tool_of(early).arguments('{"thing":{"n":1}}') == {"thing": Late(1)}


def test_what_cannot_be_marked_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cannot be marked"):
        fairlead.tool(len)


def test_methods_partials_and_callable_objects_are_functions_too() -> None:
    clock = Clock()

    assert list(tool_of(clock.stop).parameters["properties"]) == ["reason"]
    assert tool_of(clock.stop).needs_approval is True
    assert tool_of(Clock.now).name == "now"
    assert (tool_of(clock).name, tool_of(clock).tool.description) == (
        "Clock",
        "The time in a zone.",
    )
    filled = tool_of(functools.partial(weather, unit="f"))
    assert list(filled.parameters["properties"]) == ["city", "days"]
    assert filled.function(**filled.arguments('{"city":"Oslo"}')) == "Oslo 3 f"


def test_a_wrapped_function_is_read_through_its_wrapper() -> None:
    @functools.wraps(weather)
    def wrapper(*args: object, **kwargs: object) -> object:
        return weather(*args, **kwargs)  # type: ignore[arg-type]

    assert tool_of(wrapper).tool == tool_of(weather).tool


def test_whether_a_tool_blocks_is_said_by_its_wrapper_not_by_what_that_wraps() -> None:
    async def later(n: int) -> int:
        return n

    @functools.wraps(later)
    def at_once(n: int) -> int:
        return asyncio.run(later(n))

    assert (tool_of(later).is_async, tool_of(at_once).is_async) == (True, False)


def test_a_tool_stays_the_tool_that_it_is() -> None:
    tool = tool_of(weather)

    assert tool_of(tool) is tool
    assert tool("Oslo", days=1) == "Oslo 1 c"
    assert isinstance(tool, FunctionTool)
    assert repr(tool) == "FunctionTool('weather')"


@fairlead.tool
def early(thing: Late) -> int:
    return thing.n


@dataclass
class Late:
    n: int


def untyped(a: int, b):  # type: ignore[no-untyped-def]
    return b


def by_place(a: int, /) -> int:
    return a


def many(*numbers: int) -> int:
    return 0


def named(**options: int) -> int:
    return 0


def lost(thing: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
    pass


def odd(thing: list[complex]) -> None:
    pass


def yielding(count: int) -> Iterator[int]:
    yield from range(count)


async def yielding_later(count: int) -> AsyncIterator[int]:
    yield count


def described(depth: int = pydantic.Field(description="in metres")) -> int:
    return depth


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (described, r"described\(depth\) has a Field for its default"),
        (untyped, r"untyped\(b\) has no type; annotate 'b'"),
        (by_place, "parameter 'a' of the tool 'by_place' can only be given by its place"),
        (many, r"'many' takes any number of arguments \(\*numbers"),
        (named, r"'named' takes any number of arguments \(\*\*options"),
        (lost, r"annotation of lost\(thing\) cannot be read"),
        (odd, r"odd\(thing\)\[\]: complex has no JSON form"),
        (yielding, "'yielding' is a generator"),
        (yielding_later, "'yielding_later' is a generator"),
        (lambda: 1, "cannot be named '<lambda>'"),
        (3, "3 is no function"),
        (Clock, "Clock is no function"),
    ],
)
def test_what_no_model_could_call_is_refused_by_name(function: object, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        tool_of(function)


def test_an_annotation_of_the_result_need_not_be_there() -> None:
    def made(n: int) -> Nowhere: ...  # type: ignore[name-defined]  # noqa: F821

    assert tool_of(made).arguments('{"n":1}') == {"n": 1}
