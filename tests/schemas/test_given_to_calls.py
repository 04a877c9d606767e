"""Functions and types may be given to a call as they are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.schemas.kinds import Book, Pet

import fairlead
from fairlead.errors import InvalidRequest
from fairlead.inputs import chat_request
from fairlead.schemas.describe import schema_of
from fairlead.schemas.function_tool import tool_of
from fairlead.types.requests import ChatRequest


def weather(city: str) -> str:
    """Say the weather."""
    return city


@fairlead.tool(name="weather", strict=True)
def other(city: str) -> str:
    return city


def asked(**options: Any) -> ChatRequest:
    return chat_request("m", "Hi", options)  # type: ignore[arg-type]


def test_a_function_becomes_a_tool_of_the_request() -> None:
    request = asked(tools=[weather])

    assert request.tools == (tool_of(weather).tool,)


def test_marks_of_the_decorator_count() -> None:
    (tool,) = asked(tools=[other]).tools

    assert (tool.name, tool.strict) == ("weather", True)  # type: ignore[union-attr]


def test_a_function_tool_stands_beside_tools_and_dictionaries() -> None:
    given = [tool_of(weather), fairlead.Tool("b"), {"name": "c"}]

    assert [tool.name for tool in asked(tools=given).tools] == ["weather", "b", "c"]  # type: ignore[union-attr]


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="two tools are named 'weather'"):
        asked(tools=[weather, other])


def test_a_function_that_no_model_could_call_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InvalidRequest, match="'days'"):
        asked(tools=[untyped])


def untyped(days):  # type: ignore[no-untyped-def]
    return days


@pytest.mark.parametrize(("kind", "name"), [(Book, "Book"), (Pet, "Pet"), (list[int], "answer")])
def test_a_type_becomes_the_schema_of_the_output(kind: object, name: str) -> None:
    output = asked(output=kind).output

    assert output.schema == schema_of(kind)  # type: ignore[union-attr]
    assert output.name == name  # type: ignore[union-attr]


def test_a_type_that_json_has_no_form_for_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="complex has no JSON form"):
        asked(output=complex)
