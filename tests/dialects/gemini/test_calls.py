"""Calls for the caller, and calls that the provider ran itself."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.gemini.building import MCP, chunk, decoder, failed, sse, streamed, unstreamed

from fairlead.errors import DecodeError, StreamInterrupted
from fairlead.types.events import ToolCallDelta, ToolCallEnd, ToolCallStart
from fairlead.types.messages import ProviderState, ToolCall, ToolResult

CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
RAN = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **fields}}


def state(data: str) -> ProviderState:
    return ProviderState("gemini", data)


def test_a_call_is_told_of_whole() -> None:
    decoding = decoder()

    events = decoding.feed(sse(chunk(function("add", args={"a": 1}, id="c1"), finish="STOP")))

    call = ToolCall("c1", "add", '{"a": 1}', provider_state=state('{"functionCall":{"id":"c1"}}'))
    assert events[1:] == [
        ToolCallStart(0, "c1", "add"),
        ToolCallDelta('{"a": 1}', 0),
        ToolCallEnd(0, call),
    ]


def test_a_stop_with_calls_is_a_tool_call() -> None:
    answer = unstreamed(chunk(function("now"), finish="STOP"))

    assert (answer.finish_reason, answer.raw_finish_reason) == ("tool_call", "STOP")
    assert answer.tool_calls[0].arguments == "{}"


def test_missing_ids_are_made_of_the_answers_id_and_a_number() -> None:
    body = chunk(function("add"), function("add", id=""), function("sub"), finish="STOP")

    assert [call.id for call in unstreamed(body).tool_calls] == ["call_r1_0", "call_r1_1",
                                                                 "call_r1_2"]  # fmt: skip
    del body["responseId"]
    assert unstreamed(body).tool_calls[0].id == "call_0"
    assert unstreamed(body) == streamed(body)


def test_a_signature_stays_with_its_call() -> None:
    signed = function("add") | {"thoughtSignature": "c2ln"}

    first, second = unstreamed(chunk(signed, function("sub"), finish="STOP")).tool_calls

    assert first.provider_state == state('{"thoughtSignature":"c2ln"}')
    assert second.provider_state is None


def test_a_call_without_a_name_is_nonsense() -> None:
    _, failure = failed(sse(chunk({"functionCall": {"args": {}}})))

    assert isinstance(failure, DecodeError)


def test_arguments_that_come_piece_by_piece_are_put_together() -> None:
    def piece(path: str, **value: Any) -> dict[str, Any]:
        return {
            "functionCall": {"partialArgs": [{"jsonPath": path, **value}], "willContinue": True}
        }

    chunks = [
        chunk(function("cook", willContinue=True) | {"thoughtSignature": "c2ln"}),
        chunk(piece("$.dish", stringValue="las", willContinue=True)),
        chunk(piece("$.dish", stringValue="agne")),
        chunk(piece("$.steps[0].minutes", numberValue=4.50)),
        chunk(piece("$.steps[1].minutes", numberValue=7)),
        chunk(piece("$['a b']", boolValue=True)),
        chunk(piece("$.sauce", nullValue="NULL_VALUE")),
        chunk({"functionCall": {}}, finish="STOP"),
    ]

    (call,) = streamed(*chunks).tool_calls

    assert call.parse() == {
        "dish": "lasagne",
        "steps": [{"minutes": 4.5}, {"minutes": 7}],
        "a b": True,
        "sauce": None,
    }
    assert call.provider_state == state('{"thoughtSignature":"c2ln"}')
    _, failure = failed(sse(*chunks[:3]))
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.tool_calls == ()


@pytest.mark.parametrize("path", ["", "$", "dish", "$.a[", "$" + ".a" * 100])
def test_a_piece_without_a_place_is_nonsense(path: str) -> None:
    piece = {"jsonPath": path, "stringValue": "x"}

    _, failure = failed(sse(chunk(function("cook", partialArgs=[piece], willContinue=True))))

    assert isinstance(failure, DecodeError)


def test_a_piece_inside_a_value_is_nonsense() -> None:
    pieces = [{"jsonPath": "$.a", "stringValue": "x"}, {"jsonPath": "$.a.b", "stringValue": "x"}]

    _, failure = failed(sse(chunk(function("cook", partialArgs=pieces))))

    assert isinstance(failure, DecodeError)


def test_code_that_the_provider_ran_is_not_for_the_caller() -> None:
    answer = unstreamed(chunk(CODE, RAN, {"text": "1"}, finish="STOP"))

    call, outcome, _ = answer.message.parts
    assert answer.tool_calls == ()
    assert answer.finish_reason == "stop"
    assert isinstance(call, ToolCall)
    assert (call.name, call.by_provider, call.parse()["code"]) == (
        "code_execution",
        True,
        "print(1)",
    )
    assert isinstance(outcome, ToolResult)
    assert (outcome.tool_call_id, outcome.content, outcome.is_error) == (call.id, "1\n", False)


def test_code_that_failed_is_an_error() -> None:
    failure = {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "ZeroDivisionError"}}

    outcome = unstreamed(chunk(CODE, failure, finish="STOP")).message.parts[1]

    assert isinstance(outcome, ToolResult)
    assert outcome.is_error


def test_a_search_of_the_provider_is_a_call_with_its_result() -> None:
    call = {"toolCall": {"id": "s1", "toolType": "SEARCH", "args": {"queries": ["x"]}}}
    found = {"toolResponse": {"id": "s1", "toolType": "SEARCH", "response": {"a": 1}}}

    asked, answered = unstreamed(chunk(call, found, finish="STOP")).message.parts

    assert asked == ToolCall(
        "s1",
        "SEARCH",
        '{"queries": ["x"]}',
        by_provider=True,
        provider_state=state(
            '{"toolCall": {"id": "s1", "toolType": "SEARCH", "args": {"queries": ["x"]}}}'
        ),
    )
    assert isinstance(answered, ToolResult)
    assert (answered.tool_call_id, answered.content) == ("s1", '{"a": 1}')


def test_a_function_that_the_provider_ran_itself_is_not_for_the_caller() -> None:
    call = chunk(function("weather_get", args={"city": "Oslo"}), finish="STOP")
    answer = chunk({"functionResponse": {"name": "weather_get", "response": {"t": 7}}})

    heard = streamed(call, answer, chunk({"text": "7"}, finish="STOP"), tools=(MCP,))

    asked, told, _ = heard.message.parts
    assert heard.tool_calls == ()
    assert heard.finish_reason == "stop"
    assert isinstance(asked, ToolCall)
    assert asked.by_provider
    assert isinstance(told, ToolResult)
    assert told.tool_call_id == asked.id
    left = streamed(call, tools=(MCP,))
    assert [made.name for made in left.tool_calls] == ["weather_get"]
