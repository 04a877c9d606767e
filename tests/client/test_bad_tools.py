"""Tools that no model can call, and calls that no tool can take: each is told in a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from tests.client.test_run import call, calling, sent
from tests.client.wire import JSON, begun, chunk, streamed

from fairlead import (
    BadRequestError,
    InvalidRequest,
    MalformedToolArguments,
    StreamInterrupted,
    ToolFailed,
    tool,
)
from fairlead.testing.server import Close, ScriptedServer, Step, respond


@dataclass
class Span:
    """A span that does not end before it begins."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise LookupError("it ends too early")


def measure(span: Span, unit: str = "m") -> str:
    """Measure a span."""
    return f"{span.end - span.start} {unit}"


# -- tools that are refused before anything is sent ------------------------------------------------


def bare(city) -> str:  # type: ignore[no-untyped-def]
    """Has no annotations."""
    return str(city)


def strange(city: str, where: complex) -> str:
    """Takes what JSON has no form for."""
    return f"{city} {where}"


def many(*cities: str) -> str:
    """Takes any number."""
    return ", ".join(cities)


@tool(name="measure")
def another() -> str:
    """Has another's name."""
    return ""


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ([bare], r"bare\(city\) has no type; annotate 'city'"),
        ([strange], r"strange\(where\): complex has no JSON form"),
        ([many], "'many' takes any number of arguments"),
        ([measure, another], "two tools are named 'measure'"),
        ([len], "len"),
        ([3], "run\\(\\) cannot run 3"),
    ],
)
def test_a_tool_that_no_model_can_call_is_refused_by_name(opened, tools: Any, says: str) -> None:
    with ScriptedServer() as server:
        client = opened.at(server.url)
        with pytest.raises(InvalidRequest, match=says):
            client.do("run", "fake/m", "Hi", tools=tools)
    assert server.requests == []


# -- calls that a tool cannot take -----------------------------------------------------------------

DEEP = '{"span":' * 10_000 + "1" + "}" * 10_000


@pytest.mark.parametrize(
    ("written", "path", "says"),
    [
        ('{"span":{"start":1,"end":"x"}}', "$.span.end", "expected int"),
        ('{"span":{"start":1}}', "$.span", "end"),
        ('{"span":{"start":3,"end":1}}', "$.span", "LookupError: it ends too early"),
        ('{"span":{"start":1,"end":2},"color":"red"}', "$", "'color' is not allowed"),
        ('{"unit":"km"}', "$", "'span' is missing"),
        ('{"span":{"start":1', "$", "they end too early, after 18 characters"),
        ('{"unit":"\\ud83d"}', "$", "half of a UTF-16 pair stands alone at character 9"),
        ('{"unit":"\\uZZZZ"}', "$", "(byte"),
        ("[1]", "$", "not a JSON object"),
        (DEEP, "$", "nested too deeply"),
    ],
)
def test_arguments_that_do_not_fit_name_their_tool_and_keep_their_text(
    opened, written: str, path: str, says: str
) -> None:
    script = calling(call(0, "measure", written))
    with ScriptedServer(script, streamed("Sorry."), script) as server:
        client = opened.at(server.url)
        told = client.do("run", "fake/m", "Hi", tools=[measure])
        with pytest.raises(MalformedToolArguments) as caught:
            client.do("run", "fake/m", "Hi", tools=[measure], on_tool_error="raise")

    error = caught.value
    assert (error.tool, error.arguments, error.path) == ("measure", written, path)
    assert str(error).startswith("the arguments for tool 'measure' are not valid: ")
    assert says in str(error)
    assert len(str(error)) < 500
    (run,) = told.tools
    assert (run.outcome, run.call.arguments) == ("failed", written)
    assert sent(server, 1)["messages"][-1]["content"] == f"Error: {error}"


def test_endless_arguments_are_cut_off_and_kept(opened, quick) -> None:
    more = {"index": 0, "function": {"arguments": "x" * 8192}}
    endless: list[Step] = [
        begun(call(0, "measure", '{"unit":"'), *[chunk({"tool_calls": [more]})] * 9),
        Close(),
    ]
    with ScriptedServer(endless) as server:
        client = opened.at(server.url, limits=quick["limits"])
        with pytest.raises(StreamInterrupted, match="for tool 'measure' are longer than") as caught:
            client.do("run", "fake/m", "Hi", tools=[measure])
    (part,) = caught.value.partial.parts
    assert part.arguments.startswith('{"unit":"xxx')
    assert not part.complete


# -- results that cannot be told -------------------------------------------------------------------


def thing() -> object:
    return object()


def half() -> str:
    return "\ud83d"


def ring() -> object:
    found: list[object] = []
    found.append(found)
    return found


def stops() -> object:
    return next(iter(()))


def complains() -> str:
    raise ValueError("\ud83d")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (thing, "cannot be written as JSON (a object has no JSON form)"),
        (half, "cannot be written as JSON ('utf-8' codec"),
        (ring, "cannot be written as JSON"),
        (stops, "StopIteration"),
        (complains, "ValueError"),
    ],
)
def test_a_result_that_cannot_be_told_names_its_tool(opened, function: Any, says: str) -> None:
    script = calling(call(0, function.__name__))
    with ScriptedServer(script, streamed("Sorry."), script) as server:
        client = opened.at(server.url)
        told = client.do("run", "fake/m", "Hi", tools=[function])
        with pytest.raises(ToolFailed) as caught:
            client.do("run", "fake/m", "Hi", tools=[function], on_tool_error="raise")
    assert str(caught.value).startswith(f"the tool '{function.__name__}' failed: ")
    assert says in str(caught.value)
    assert [run.outcome for run in told.tools] == ["failed"]
    assert says in sent(server, 1)["messages"][-1]["content"]


# -- schemas that a provider refuses ---------------------------------------------------------------


def test_a_schema_that_a_provider_refuses_is_told_with_its_tool_and_its_place(opened) -> None:
    said = (
        "Invalid schema for function 'measure': In context=('properties', 'unit'), 'default' is "
        "not permitted."
    )
    refusal = json.dumps({"error": {"message": said, "type": "invalid_request_error"}}).encode()
    with ScriptedServer(respond(400, JSON, refusal)) as server:
        client = opened.at(server.url)
        with pytest.raises(BadRequestError) as caught:
            client.do("run", "fake/m", "Hi", tools=[measure])
    assert caught.value.remedy == "change the parameter at $.unit of the tool 'measure'"
