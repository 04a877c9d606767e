"""What `ag_ui` reads beyond what a real agent sends in `tests/peers`."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from tests.dialects.ag_ui.building import (
    ASK,
    FINISHED,
    START,
    TARGET,
    calls,
    decoder,
    event,
    failed,
    says,
    sse,
    streamed,
)

from fairlead.dialects.ag_ui import DIALECT
from fairlead.errors import (
    ApiError,
    BadRequestError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import PartEnd, TextDelta
from fairlead.types.http import Headers
from fairlead.types.messages import Opaque, Reasoning, Text, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.usage import Usage


def test_chunks_are_a_message_without_a_start() -> None:
    answer = streamed(
        event("TEXT_MESSAGE_CHUNK", messageId="m1", role="assistant", delta="Gr"),
        event("TEXT_MESSAGE_CHUNK", delta="een"),
        event("TOOL_CALL_CHUNK", toolCallId="c1", toolCallName="mine", delta='{"a":'),
        event("TOOL_CALL_CHUNK", delta="1}"),
        event("REASONING_MESSAGE_CHUNK", messageId="m2", delta="H"),
        event("REASONING_MESSAGE_CHUNK", delta="m"),
    )

    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Green", "Hm", "tool_call")
    (call,) = answer.tool_calls
    assert (call.id, call.arguments) == ("c1", '{"a":1}')


def test_thinking_from_before_reasoning_had_its_name_is_read() -> None:
    answer = streamed(
        event("THINKING_START"),
        event("THINKING_TEXT_MESSAGE_START"),
        event("THINKING_TEXT_MESSAGE_CONTENT", delta="Hm"),
        event("THINKING_TEXT_MESSAGE_END"),
        event("THINKING_TEXT_MESSAGE_CONTENT", delta="So"),
        event("THINKING_TEXT_MESSAGE_END"),
    )

    assert [part.text for part in answer.message.parts if isinstance(part, Reasoning)] == [
        "Hm",
        "So",
    ]


def test_thinking_that_is_only_sealed_is_redacted_reasoning() -> None:
    answer = streamed(
        event("REASONING_START", messageId="m1"),
        event("REASONING_ENCRYPTED_VALUE", subtype="message", entityId="m1", encryptedValue="x"),
        event("REASONING_END", messageId="m1"),
    )

    (part,) = answer.message.parts
    assert isinstance(part, Reasoning)
    assert part.redacted


def test_a_message_ends_when_it_is_said_to_and_its_id_may_come_again() -> None:
    decoding = decoder()

    events = decoding.feed(
        sse(START, says("a"), event("TEXT_MESSAGE_END", messageId="m1"), says("b"), FINISHED)
    )

    kinds = [type(e) for e in events if isinstance(e, TextDelta | PartEnd)]
    assert kinds == [TextDelta, PartEnd, TextDelta, PartEnd]


def test_what_others_say_in_the_run_is_not_the_answer_but_kept() -> None:
    answer = streamed(
        event("TEXT_MESSAGE_START", messageId="u1", role="user"),
        says("a question", "u1"),
        event("TEXT_MESSAGE_END", messageId="u1"),
        says("Yes"),
    )

    assert answer.text == "Yes"
    kept = answer.message.parts[0]
    assert isinstance(kept, Opaque)
    assert json.loads(kept.provider_state.data)["content"] == "a question"


def test_a_call_that_the_agent_leaves_pending_is_the_callers() -> None:
    outcome = {"type": "success", "pendingToolCallIds": ["c2"]}
    answer = streamed(*calls("c1", "own"), *calls("c2", "external"), outcome=outcome)

    assert [(call.name, call.by_provider) for call in answer.message.parts] == [
        ("own", True),
        ("external", False),
    ]
    assert answer.finish_reason == "tool_call"


def test_results_may_be_parts_and_a_call_id_may_be_used_again() -> None:
    text = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    image = [{"type": "image", "source": {"type": "url", "value": "https://a"}}]
    answer = streamed(
        *calls("c1", "own"),
        event("TOOL_CALL_RESULT", messageId="r1", toolCallId="c1", content=text),
        *calls("c1", "own", '{"again":1}'),
        event("TOOL_CALL_RESULT", messageId="r2", toolCallId="c1", content=image),
    )

    one, first, two, second = answer.message.parts
    assert isinstance(one, ToolCall)
    assert isinstance(two, ToolCall)
    assert (one.arguments, two.arguments) == ("{}", '{"again":1}')
    assert isinstance(first, ToolResult)
    assert isinstance(second, ToolResult)
    assert first.content == (Text("a"), Text("b"))
    assert json.loads(str(second.content)) == image


def test_messages_told_at_once_are_an_answer_where_nothing_was_streamed() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "mine", "arguments": "{}"}}
    snapshot = [
        {"id": "x", "role": "user", "content": "hi"},
        {"id": "m1", "role": "reasoning", "content": "Hm"},
        {"id": "m2", "role": "assistant", "content": "Yes", "toolCalls": [call]},
    ]
    told = event("MESSAGES_SNAPSHOT", messages=snapshot)

    answer = streamed(told)
    assert (answer.reasoning, answer.text) == ("Hm", "Yes")
    assert [call.id for call in answer.tool_calls] == ["c1"]
    assert streamed(says("Streamed"), told).text == "Streamed"
    again = ChatRequest("m", (*ASK, answer.message))
    silent = streamed(event("MESSAGES_SNAPSHOT", messages=snapshot), request=again)
    assert silent.empty


def test_activities_follow_their_changes_and_broken_ones_are_listed() -> None:
    snapshot = event(
        "ACTIVITY_SNAPSHOT", messageId="a1", activityType="PLAN", content={"steps": []}
    )
    change = event(
        "ACTIVITY_DELTA",
        messageId="a1",
        patch=[{"op": "add", "path": "/steps/0", "value": "look"}],
    )

    (part,) = streamed(snapshot, change).message.parts
    assert isinstance(part, Opaque)
    assert json.loads(part.provider_state.data) == {
        "id": "a1",
        "role": "activity",
        "activityType": "PLAN",
        "content": {"steps": ["look"]},
    }
    wrong = event("STATE_DELTA", delta=[{"op": "remove", "path": "/nowhere"}])
    answer = streamed(wrong)
    assert "state could not be followed" in answer.warnings[0]


def test_usage_of_several_models_is_added_up() -> None:
    usage = [
        {"inputTokens": 10, "outputTokens": 4, "cachedInputTokens": 3, "reasoningTokens": 1},
        {"inputTokens": 5, "outputTokens": 2, "cacheWriteInputTokens": 2},
    ]

    told = streamed(usage=usage).usage

    assert told is not None
    assert replace(told, raw=None) == Usage(
        input=10, cache_read=3, cache_write=2, output=5, reasoning=1
    )


@pytest.mark.parametrize(
    ("outcome", "raw", "reason"),
    [
        ({"type": "cancelled"}, "cancelled", "error"),
        ({"type": "success"}, "success", "stop"),
        ("success", "success", "stop"),
        (None, None, "stop"),
        ({"type": "novel"}, "novel", "stop"),
    ],
)
def test_how_a_run_ended_is_the_reason(outcome: object, raw: str | None, reason: str) -> None:
    answer = streamed(outcome=outcome)

    assert (answer.raw_finish_reason, answer.finish_reason) == (raw, reason)


def test_an_interrupt_from_before_1_0_is_told_too() -> None:
    answer = streamed(outcome="interrupt", interrupt={"id": "i1", "reason": "approve"})

    assert "approve" in answer.warnings[0]
    assert answer.raw_finish_reason == "interrupt"


def test_progress_and_unknown_events_do_no_harm() -> None:
    answer = streamed(
        event("STEP_STARTED", stepName="s"),
        event("CUSTOM", name="x", value=1),
        event("RAW", event={}, name=5),
        event("NOVEL", messageId=5),
        event("SUBAGENT_STARTED", subagentRunId="s1", name="x"),
        says("Yes"),
    )

    assert answer.message.text == "Yes"
    assert answer.warnings == ()


@pytest.mark.parametrize(
    ("code", "expected"), [(None, ServerError), ("rate_limit_exceeded", RateLimitError)]
)
def test_a_failed_run_is_classified(code: str | None, expected: type[ApiError]) -> None:
    error = event("RUN_ERROR", message="boom", code=code, usage=[{"inputTokens": 5}])
    decoding = decoder()
    decoding.feed(sse(START, says("Gr"), error))

    assert type(decoding.failure) is expected
    partial, usage = decoding.partial()
    assert (partial.text, usage and usage.input) == ("Gr", 5)


def test_a_cut_run_keeps_complete_calls_and_incomplete_ones_apart() -> None:
    half = event("TOOL_CALL_START", toolCallId="c2", toolCallName="own")
    failure = failed(sse(START, *calls("c1", "own"), half))

    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert [part.complete for part in failure.partial.parts if isinstance(part, ToolCall)] == [
        True,
        False,
    ]


def test_nonsense_is_a_typed_error() -> None:
    assert isinstance(failed(b'{"detail":"no such agent"}'), ApiError)
    assert isinstance(failed(b'{"a":1}', stream=False), DecodeError)
    assert isinstance(failed(sse({"a": 1})), DecodeError)
    assert isinstance(failed(sse(event("TOOL_CALL_ARGS", toolCallId="c9"))), DecodeError)
    assert isinstance(failed(sse(event("TOOL_CALL_START", toolCallId="c9"))), DecodeError)
    assert isinstance(failed(sse(event("RUN_FINISHED", runId=5))), DecodeError)


def test_caps_hold() -> None:
    decoding = decoder(Limits(tool_arguments=10))
    decoding.feed(sse(START, *calls("c1", "own", "x" * 11)))
    assert isinstance(decoding.failure, ResponseTooLarge)


@pytest.mark.parametrize(
    ("status", "body", "expected", "words"),
    [
        (422, [{"msg": "Field required", "loc": ["messages", 0]}], BadRequestError, "messages.0"),
        (404, {"detail": "Not Found"}, NotFoundError, "Not Found"),
        (415, {"detail": "Unsupported Media Type"}, BadRequestError, "Media"),
    ],
)
def test_refusals_are_those_that_fit(
    status: int, body: object, expected: type[ApiError], words: str
) -> None:
    error = DIALECT.decode_error(status, Headers(()), json.dumps(body).encode(), TARGET)

    assert type(error) is expected
    assert words in str(error)
