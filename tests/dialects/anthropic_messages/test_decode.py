"""How an answer ends: as it should, cut, or as an error."""

from __future__ import annotations

import json

import pytest
from tests.dialects.anthropic_messages.building import (
    CALL,
    START,
    STOP,
    TARGET,
    TEXT,
    begin,
    decoder,
    delta,
    end,
    failed,
    last,
    result,
    sse,
    streamed,
    unstreamed,
)

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.dialects.origin import giver_of
from fairlead.errors import (
    BadRequestError,
    DecodeError,
    OverloadedError,
    QuotaExceededError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import Finish, TextDelta, ToolCallEnd
from fairlead.types.http import Headers
from fairlead.types.messages import (
    Message,
    ProviderState,
    Refusal,
    ToolCall,
)
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_call"),
        ("refusal", "content_filter"),
        ("sensitive", "content_filter"),
        ("network_error", "error"),
        ("a_new_one", "stop"),
        (None, "stop"),
    ],
)
def test_stop_reasons(raw: str | None, expected: str) -> None:
    answer = streamed(last(raw))
    assert (answer.finish_reason, answer.raw_finish_reason) == (expected, raw)


def test_a_refusal_gives_its_reason() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    answer = unstreamed(stop_reason="refusal", stop_details=details)
    state = ProviderState(DIALECT.name, json.dumps(details))
    assert answer.message.parts == (Refusal("Not this.", state),)
    assert answer.refusal == "Not this."


def test_container_and_stop_sequence_are_kept_with_the_message() -> None:
    fields = {"container": {"id": "c1"}, "stop_sequence": "END"}
    state = unstreamed(**fields).message.provider_state
    assert state is not None
    assert json.loads(state.data) == fields


def test_what_the_provider_cut_out_is_said() -> None:
    edit = {"type": "clear_tool_uses_20250919", "cleared_input_tokens": 5}
    answer = unstreamed(context_management={"applied_edits": [edit]})
    assert "clear_tool_uses_20250919" in answer.warnings[0]


def test_an_answer_cut_by_our_own_default_limit_says_so() -> None:
    assert "max_tokens" in streamed(last("max_tokens"), max_tokens=None).warnings[0]
    assert streamed(last("max_tokens")).warnings == ()


def test_bytes_after_the_end_are_ignored() -> None:
    decoding = decoder()
    events = decoding.feed(sse(START, last(), STOP) + b"data: {nonsense\n\n" + sse(START, STOP))
    events += decoding.feed(sse(begin(TEXT)))
    events += decoding.close()
    assert sum(isinstance(event, Finish) for event in events) == 1
    assert isinstance(events[-1], Finish)
    assert result(decoding).id == "msg_1"


def test_a_stream_may_lack_names_and_its_last_blank_line_and_hold_done() -> None:
    events = (START, begin(TEXT), delta("text_delta", text="é"), last())
    lines = b"".join(b"data:" + json.dumps(e).encode() + b"\r\n\r\n" for e in events)
    decoding = decoder()
    decoding.feed(b": hello\r\n\r\n" + lines + b"data: [DONE]\r\n\r\n")
    decoding.feed(b'data: {"type":"message_stop"}')
    decoding.close()
    assert result(decoding).text == "é"


def test_a_cut_stream_keeps_what_had_come() -> None:
    whole = sse(START, begin(CALL), delta("input_json_delta", partial_json='{"a"'))
    events, error = failed(whole + b'event: content_block_delta\ndata: {"type":"content')
    assert isinstance(error, StreamInterrupted)
    assert error.partial is not None
    assert error.partial.parts == (ToolCall("toolu_1", "add", '{"a"', complete=False),)
    assert error.partial.tool_calls == ()
    assert error.usage is not None
    assert (error.usage.input, error.usage.estimated) == (12, True)
    assert not any(isinstance(event, ToolCallEnd | Finish) for event in events)


def test_a_stop_reason_without_message_stop_is_still_a_cut() -> None:
    _, error = failed(sse(START, begin(TEXT), end(), last()))
    assert isinstance(error, StreamInterrupted)


def test_usage_is_final_once_the_model_has_stopped_though_the_stream_is_cut_then() -> None:
    stopped = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 25},
    }
    _, error = failed(sse(START, begin(TEXT), delta("text_delta", text="Hi"), stopped))
    assert isinstance(error, StreamInterrupted)
    assert error.usage is not None
    assert (error.usage.output, error.usage.estimated) == (25, False)


def test_an_empty_stream_is_a_cut() -> None:
    assert isinstance(failed(b"")[1], StreamInterrupted)


@pytest.mark.parametrize("named", [True, False])
def test_lesson_5_an_error_event_is_the_error_that_fits(named: bool) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    if not named:
        del error["type"]
    data = f"data: {json.dumps(error | {'request_id': 'req_1'})}\n\n".encode()
    events, failure = failed(sse(START, begin(TEXT), delta("text_delta", text="so")) + data)
    assert isinstance(failure, OverloadedError)
    assert (failure.status, failure.request_id) == (529, "req_1")
    assert TextDelta("so", 0) in events


def test_an_error_object_in_place_of_a_stream_is_the_error_that_fits() -> None:
    body = b' {"type":"error","error":{"type":"api_error","message":"broken"}}'
    for whole in (True, False):
        _, failure = failed(body, whole=whole)
        assert isinstance(failure, ServerError)
        assert failure.status == 500


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Sign in</title>",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"type":"message","content":5}',
        b'{"type":"message","content":[5]}',
        b'{"type":"message","content":[{"type":"text","text":5}]}',
        b'{"type":"message","id":"x","content":[{"ty',
        b'{"type":"message","content":' + b"[" * 100_000,
        b'{"type":"message","content":[{"type":"x","y":' + b"[" * 9000 + b"]" * 9000 + b"}]}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_message_is_a_decode_error(body: bytes) -> None:
    _, error = failed(body, whole=True)
    assert type(error) is DecodeError


def test_an_empty_body_is_an_empty_answer_and_said() -> None:
    decoding = decoder()
    decoding.whole(b" \n")
    answer = result(decoding)
    assert answer.empty
    assert answer.warnings == ("the provider answered with an empty body",)


def test_bad_unicode_is_replaced_and_nothing_else_is_lost() -> None:
    decoding = decoder()
    decoding.whole(
        b'{"type":"message","content":[{"type":"text","text":"a\xff\\ud800b"},'
        b'{"type":"thinking","thinking":"","signature":"Zm9v"}]}'
    )
    answer = result(decoding)
    assert answer.text == "a\ufffd\ufffdb"
    state = answer.message.parts[1].provider_state
    assert state is not None
    assert json.loads(state.data)["signature"] == "Zm9v"


def test_caps_are_failures_after_the_events_before_them() -> None:
    text = sse(START, begin(TEXT), delta("text_delta", text="so"))
    for limits, more in (
        (Limits(total=len(text) + 5), b"data: {}\n\n"),
        (Limits(line=1000), b"data: " + b"x" * 2000),
        (
            Limits(tool_arguments=4),
            sse(begin(CALL, 1), delta("input_json_delta", 1, partial_json="{    }")),
        ),
    ):
        decoding = decoder(limits)
        events = decoding.feed(text)
        decoding.feed(more)
        assert isinstance(decoding.failure, ResponseTooLarge)
        assert TextDelta("so", 0) in events
        assert decoding.feed(text) == []
    decoding = decoder(Limits(total=10))
    decoding.whole(b" " * 11)
    assert isinstance(decoding.failure, ResponseTooLarge)


def test_error_statuses_read_any_body() -> None:
    for body in (b"", b"<html>", b"\xff", b"[]", b'{"error":{"details":5}}', b'{"error":"no"}'):
        error = DIALECT.decode_error(400, Headers(()), body, TARGET)
        assert isinstance(error, BadRequestError)


def test_a_spending_limit_is_a_quota_and_not_a_rate_limit() -> None:
    body = {
        "type": "error",
        "error": {
            "type": "rate_limit_error",
            "message": "no",
            "details": {"error_code": "enforced_spend_limit_reached"},
        },
        "request_id": "req_1",
    }
    error = DIALECT.decode_error(429, Headers(()), json.dumps(body).encode(), TARGET)
    assert isinstance(error, QuotaExceededError)
    assert error.request_id == "req_1"


@pytest.mark.parametrize(
    ("model", "given"),
    [("claude-sonnet-4-5", None), ("MiniMax-M3", "api.minimax.example")],
)
def test_a_message_remembers_whose_signatures_it_holds(model: str, given: str | None) -> None:
    url = "https://api.minimax.example/anthropic/v1/messages"
    target = Target("minimax", model, "chat", DIALECT.name, url)
    decoder = DIALECT.decoder(ChatRequest("m", (Message.user("hi"),)), target, Limits())
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    decoder.whole(json.dumps({"type": "message", "content": [thought]}).encode())

    message, _ = decoder.partial()

    assert giver_of(message, DIALECT.name) == given
