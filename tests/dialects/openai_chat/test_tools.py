"""Tool calls in every way that providers deliver them. Numbers in names are lessons."""

from __future__ import annotations

import json

import pytest
from tests.dialects.openai_chat.answering import (
    DONE,
    STOP,
    Answered,
    body,
    calls,
    chunk,
    frame,
    function,
)

from fairlead.errors import (
    ResponseTooLarge,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import (
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from fairlead.types.messages import ToolCall


def test_6_an_empty_argument_delta_is_legal() -> None:
    response = calls(
        {"index": 0, "id": "a", "function": function("f", "")},
        {"index": 0, "function": function(None, "{}")},
    )
    assert response.tool_calls == (ToolCall("a", "f", "{}"),)


def test_12_pieces_without_an_id_belong_to_their_index() -> None:
    response = calls(
        {"index": 0, "id": "a", "function": function("f", '{"x"')},
        {"index": 1, "id": "b", "function": function("g", "{")},
        {"index": 0, "function": function(None, ":1}")},
        {"index": 1, "function": function(None, "}")},
    )
    assert response.tool_calls == (ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}"))


def test_13_a_new_id_without_an_index_opens_a_new_call() -> None:
    response = calls(
        {"id": "a", "function": function("f", '{"x":1}')},
        {"id": "b", "function": function("f", '{"x":2}')},
    )
    assert [call.arguments for call in response.tool_calls] == ['{"x":1}', '{"x":2}']


def test_13_a_new_name_without_index_and_id_opens_a_new_call() -> None:
    response = calls(
        {"function": function("f", "{}")},
        {"function": function("g", "{}")},
        {"function": function("g", "{}")},
    )
    assert [call.name for call in response.tool_calls] == ["f", "g", "g"]
    assert len({call.id for call in response.tool_calls}) == 3


def test_13_whole_calls_that_are_all_numbered_zero_stay_apart() -> None:
    response = calls(
        {"index": 0, "id": "a", "function": function("f", "{}")},
        {"index": 0, "id": "b", "function": function("f", "{}")},
    )
    assert [call.id for call in response.tool_calls] == ["a", "b"]


def test_15_a_repeated_name_is_not_appended() -> None:
    response = calls(
        {"index": 0, "id": "a", "function": function("final", '{"x"')},
        {"index": 0, "function": function("final", ":1}")},
    )
    assert response.tool_calls == (ToolCall("a", "final", '{"x":1}'),)


@pytest.mark.parametrize("reason", ["stop", "", None, "tool_use_maybe"])
def test_16_calls_with_any_other_reason_are_still_calls(reason: str | None) -> None:
    call = {"id": "a", "function": function("f", "{}")}
    response = Answered().whole(body({"tool_calls": [call]}, reason)).response
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_call", reason)


def test_16_calls_cut_by_the_length_are_no_calls_to_run() -> None:
    response = calls({"index": 0, "id": "a", "function": function("f", '{"x')}, finish="length")
    assert response.finish_reason == "length"


@pytest.mark.parametrize("arguments", [None, "", {}])
def test_18_no_arguments_are_an_empty_object(arguments: object) -> None:
    response = calls({"index": 0, "id": "a", "function": function("f", arguments)})
    assert response.tool_calls[0].parse() == {}


def test_arguments_as_an_object_become_json_text() -> None:
    response = calls({"index": 0, "id": "a", "function": function("f", {"x": [1, "é"]})})
    assert response.tool_calls[0].arguments == '{"x":[1,"é"]}'


@pytest.mark.parametrize("missing", [None, "", "null"])
def test_19_a_missing_id_is_made_up_the_same_every_time(missing: str | None) -> None:
    one, two = (calls({"index": 0, "id": missing, "function": function("f", "{}")}) for _ in "ab")
    assert one.tool_calls == two.tool_calls
    assert len(one.tool_calls[0].id) == 9
    assert one.tool_calls[0].id.isalnum()


def test_20_a_thought_signature_on_a_call_is_kept_for_the_way_back() -> None:
    extra = {"google": {"thought_signature": "a+/="}}
    call = {"index": 0, "id": "a", "function": function("f", "{}"), "extra_content": extra}
    kept = calls(call).tool_calls[0].provider_state
    assert kept is not None
    assert json.loads(kept.data) == {"extra_content": extra}


def test_a_name_that_comes_after_its_arguments_still_names_the_call() -> None:
    response = calls(
        {"index": 0, "id": "a", "function": function(None, '{"x":')},
        {"index": 0, "function": function("f", "1}")},
    )
    assert response.tool_calls == (ToolCall("a", "f", '{"x":1}'),)


def test_a_custom_tools_free_text_becomes_a_json_object_streamed_or_not() -> None:
    item = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "run", "input": 'say "'}}
    tail = {"index": 0, "custom": {"input": "hi\n"}}
    streamed = calls(item, tail).tool_calls[0]
    item = {"id": "a", "type": "custom", "custom": {"name": "run", "input": 'say "hi\n'}}
    whole = Answered().whole(body({"tool_calls": [item]}, "tool_calls")).response.tool_calls[0]
    assert streamed == whole
    assert streamed.parse() == {"input": 'say "hi\n'}


def test_the_old_function_call_field_is_a_tool_call() -> None:
    deltas = [{"function_call": function("f", '{"x"')}, {"function_call": {"arguments": ":1}"}}]
    response = Answered().stream(*map(chunk, deltas), chunk({}, "function_call"), DONE).response
    assert [(c.name, c.arguments) for c in response.tool_calls] == [("f", '{"x":1}')]
    assert response.finish_reason == "tool_call"


def test_a_cut_inside_arguments_leaves_an_incomplete_call_in_the_partial_message() -> None:
    piece = chunk({"tool_calls": [{"index": 0, "id": "a", "function": function("f", '{"x')}]})
    failure = Answered().stream(piece).failure
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.parts == (ToolCall("a", "f", '{"x', complete=False),)
    assert failure.partial.tool_calls == ()


def test_a_tool_that_the_provider_ran_asks_nothing_of_the_caller() -> None:
    begun = {"index": 0, "type": "search", "arguments": '{"q":1}'}
    stream = [
        chunk({"executed_tools": [begun]}),
        chunk({"executed_tools": [begun | {"output": "o"}]}),
    ]
    response = Answered().stream(*stream, frame(STOP), DONE).response
    assert response.tool_calls == ()
    assert response.finish_reason == "stop"
    call, result = response.message.parts
    assert (call.by_provider, result.content) == (True, "o")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["f", None])
def test_s11_endless_tool_arguments_stop_at_the_cap(name: str | None) -> None:
    piece = chunk({"tool_calls": [{"index": 0, "function": function(name, "x" * 60)}]})
    answered = Answered(limits=Limits(tool_arguments=100)).stream(piece, piece)
    assert isinstance(answered.failure, ResponseTooLarge)


def test_tool_calls_are_told_as_they_come() -> None:
    events = (
        Answered()
        .stream(
            chunk({"tool_calls": [{"index": 0, "id": "a", "function": function("f", "{")}]}),
            chunk({"tool_calls": [{"index": 0, "function": function(None, "}")}]}, "tool_calls"),
        )
        .events
    )
    told = [e for e in events if isinstance(e, ToolCallStart | ToolCallDelta | ToolCallEnd)]
    assert told == [
        ToolCallStart(0, "a", "f"),
        ToolCallDelta("{", 0),
        ToolCallDelta("}", 0),
        ToolCallEnd(0, ToolCall("a", "f", "{}")),
    ]


def test_s11_endless_calls_stop_at_the_cap() -> None:
    many = [{"index": n, "function": function("f", "{}")} for n in range(2000)]
    assert isinstance(Answered().stream(chunk({"tool_calls": many})).failure, ResponseTooLarge)
