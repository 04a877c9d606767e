"""Each rule of reading an answer, on the smallest stream or body that shows it."""

from __future__ import annotations

import json

import pytest
from tests.dialects.openai_responses.building import (
    CREATED,
    USAGE,
    Json,
    added,
    answer,
    body,
    completed,
    decoder,
    done,
    failed,
    message,
    output_text,
    sse,
    streamed,
    text_delta,
    whole,
)

from fairlead.dialects.openai_responses import DIALECT
from fairlead.errors import (
    ApiError,
    DecodeError,
    OverloadedError,
    RateLimitError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import (
    Finish,
    ResponseStart,
    TextDelta,
    UsageEvent,
)
from fairlead.types.http import Headers
from fairlead.types.messages import (
    Message,
    Text,
    ToolCall,
)
from fairlead.types.targets import Target


def test_text_streams_and_the_terminal_event_ends_it() -> None:
    item = message(output_text("Hello"))
    events, response = streamed(
        CREATED, text_delta("Hel"), text_delta("lo"), done(0, **item), completed([item])
    )
    assert [e.text for e in events if isinstance(e, TextDelta)] == ["Hel", "lo"]
    assert response.text == "Hello"
    assert (response.id, response.model, response.finish_reason) == ("r1", "m", "stop")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (9, 4)
    assert isinstance(events[-2], UsageEvent)


def test_a_model_that_only_the_last_event_names_is_the_answer_s_model() -> None:
    created = {"type": "response.created", "response": {"id": "r1"}}
    events, response = streamed(created, completed())
    assert events[0] == ResponseStart("r1", "")
    assert response.model == "m"


def test_events_before_a_failure_are_returned_with_it() -> None:
    one = decoder()
    events = one.feed(sse(CREATED, text_delta("Hel")) + b"data: {broken\n\n")
    assert [type(event).__name__ for event in events] == ["ResponseStart", "TextDelta"]
    assert type(one.failure) is DecodeError
    assert one.feed(sse(completed())) == []
    assert one.close() == []


def test_a_cut_stream_is_never_a_normal_end() -> None:
    error = failed(CREATED, text_delta("Hel"))
    assert isinstance(error, StreamInterrupted)
    assert error.partial == Message("assistant", (Text("Hel"),))


def test_half_an_event_at_the_end_is_no_error_of_its_own() -> None:
    one = decoder()
    one.feed(sse(CREATED, text_delta("Hel")) + b'event: x\ndata: {"type":"respon')
    one.close()
    assert isinstance(one.failure, StreamInterrupted)


def test_a_call_cut_in_its_arguments_is_not_complete() -> None:
    call = added(0, type="function_call", id="fc", call_id="c", name="add", arguments="")
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"a'}
    error = failed(CREATED, call, delta)
    assert isinstance(error, StreamInterrupted)
    assert error.partial is not None
    assert error.partial.parts == (ToolCall("c", "add", '{"a', complete=False),)
    assert error.partial.tool_calls == ()


def test_what_follows_the_terminal_event_is_ignored() -> None:
    item = message(output_text("Hi"))
    end = sse(done(0, **item), completed([item]))
    one = decoder()
    one.feed(end + b"data: [DONE]\n\n" + sse(text_delta("more")) + b"data: {broken\n\n")
    assert answer(one).text == "Hi"
    assert one.feed(sse(text_delta("more"))) == []


def test_a_stream_without_a_last_blank_line_still_ends() -> None:
    one = decoder()
    one.feed(sse(completed([message(output_text("Hi"))])).rstrip())
    events = one.close()
    assert isinstance(events[-1], Finish)
    assert answer(one).text == "Hi"


def test_items_that_only_the_last_event_holds_are_told_late() -> None:
    _, response = streamed(CREATED, completed([message(output_text("Hi"))]))
    assert response.text == "Hi"


def test_an_empty_repeated_output_takes_nothing_back() -> None:
    _, response = streamed(CREATED, done(0, **message(output_text("Hi"))), completed([]))
    assert response.text == "Hi"


@pytest.mark.parametrize(
    ("status", "reason", "finish", "raw"),
    [
        ("completed", None, "stop", "completed"),
        ("complete", None, "stop", "complete"),
        (None, None, "stop", None),
        ("incomplete", "max_output_tokens", "length", "max_output_tokens"),
        ("incomplete", "content_filter", "content_filter", "content_filter"),
        ("incomplete", "steered", "stop", "steered"),
        ("incomplete", None, "length", "incomplete"),
        ("cancelled", None, "error", "cancelled"),
        ("queued", None, "error", "queued"),
        ("in_progress", None, "error", "in_progress"),
        ("something_new", None, "stop", "something_new"),
    ],
)
def test_finish_reasons(status: str | None, reason: str | None, finish: str, raw: str) -> None:
    response = whole(body(status=status, incomplete_details=reason and {"reason": reason}))
    assert (response.finish_reason, response.raw_finish_reason) == (finish, raw)


def test_an_unfinished_background_response_says_so() -> None:
    (warning,) = whole(body(status="queued")).warnings
    assert "queued" in warning


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, RateLimitError),
        ({"type": "error", "error": {"code": "slow_down", "message": "slow"}}, RateLimitError),
        ({"error": {"type": "overloaded_error", "message": "busy"}}, OverloadedError),
        (
            {
                "type": "response.failed",
                "response": {"status": "failed", "error": {"code": "server_error"}},
            },
            ServerError,
        ),
        ({"type": "response.failed", "response": {"status": "failed"}}, ServerError),
        ({"type": "response.failed"}, ServerError),
    ],
)
def test_lesson_5_errors_in_a_stream_classify_like_error_statuses(
    event: Json, kind: type[ApiError]
) -> None:
    assert type(failed(CREATED, event)) is kind


def test_an_error_object_inside_a_200_is_that_error() -> None:
    one = decoder()
    assert one.whole(b'{"error":{"code":"rate_limit_exceeded","message":"slow"}}') == []
    assert type(one.failure) is RateLimitError


def test_a_failed_response_is_its_error() -> None:
    one = decoder()
    one.whole(json.dumps(body(status="failed", error={"code": "server_error"})).encode())
    assert type(one.failure) is ServerError


@pytest.mark.parametrize(
    "garbage", [b"<html>", b"[]", b"null", b"{}", b'{"object":"list","data":[]}', b"\xff\xfe", b"["]
)
def test_garbage_is_a_decode_error(garbage: bytes) -> None:
    one = decoder()
    one.whole(garbage)
    assert type(one.failure) is DecodeError


def test_an_empty_body_is_an_empty_answer() -> None:
    one = decoder()
    one.whole(b"")
    assert answer(one).empty
    assert answer(one).warnings == ("the provider sent an empty body",)


def test_values_that_do_not_fit_are_passed_over() -> None:
    odd = {"usage": {**USAGE, "input_tokens_details": "none"}, "model": 7}
    response = whole(body(message(output_text("Hi")), None, **odd))
    assert response.text == "Hi"
    assert response.usage is not None
    assert response.usage.input_tokens == 9


def test_unknown_events_and_unfit_fields_are_ignored() -> None:
    item = message(output_text("Hi"))
    _, response = streamed(
        {"type": "response.brand_new", "delta": {"a": 1}, "item": 3},
        {"type": "keepalive", "output_index": "none"},
        {"type": "response.output_item.added"},
        {"type": "response.content_part.added", "output_index": 0},
        {"type": "response.function_call_arguments.delta", "output_index": 4, "delta": "{"},
        text_delta("Hi"),
        done(0, **item),
        completed([item]),
    )
    assert response.text == "Hi"


def test_words_that_the_end_repeats_differently_are_kept_as_streamed_with_a_warning() -> None:
    item = message(output_text("Bye"))
    _, response = streamed(text_delta("Hi"), done(0, **item), completed([item]))
    assert response.text == "Hi"
    assert len(response.warnings) == 1


def test_a_line_past_its_cap_that_only_the_end_shows_is_a_typed_failure() -> None:
    one = decoder(Limits(line=100))
    one.feed(b"data: " + b"x" * 200 + b"\ndata: y")
    one.close()
    assert type(one.failure) in (ResponseTooLarge, StreamInterrupted)


def test_caps_end_a_stream() -> None:
    one = decoder(Limits(total=300))
    one.feed(sse(CREATED) + sse(text_delta("x")) * 10)
    assert type(one.failure) is ResponseTooLarge
    one = decoder(Limits(line=100))
    one.feed(sse(text_delta("x" * 200)))
    assert type(one.failure) is ResponseTooLarge
    one = decoder(Limits(total=10))
    one.whole(json.dumps(body()).encode())
    assert type(one.failure) is ResponseTooLarge


def test_endless_arguments_end_at_their_cap() -> None:
    call = added(0, type="function_call", id="fc", call_id="c", name="add", arguments="")
    kind = "response.function_call_arguments.delta"
    delta = {"type": kind, "output_index": 0, "delta": "x" * 60}
    one = decoder(Limits(tool_arguments=100))
    one.feed(sse(call, delta, delta))
    assert type(one.failure) is ResponseTooLarge


def test_deep_nesting_is_a_decode_error() -> None:
    deep = b'{"object":"response","output":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    one = decoder()
    one.whole(deep)
    assert type(one.failure) is DecodeError
    one = decoder()
    one.feed(b"data: " + deep + b"\n\n")
    assert type(one.failure) is DecodeError


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    one = decoder()
    one.feed(sse(text_delta("a")).replace(b'"a"', rb'"a\ud800"') + sse(completed()))
    assert answer(one).text == "a\ufffd"


@pytest.mark.parametrize("error_body", [b"", b"<html>", b"\xff\x00", b'{"error":"no"}', b"[1]"])
def test_an_error_status_is_an_error_whatever_its_body(error_body: bytes) -> None:
    target = Target("openai", "m", "chat", DIALECT.name, "https://x.invalid/responses")
    error = DIALECT.decode_error(429, Headers([("x-request-id", "q")]), error_body, target)
    assert type(error) is RateLimitError
    assert error.request_id == "q"
