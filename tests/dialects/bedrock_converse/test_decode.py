"""How an answer ends: complete, cut, or in an error; streamed or whole."""

from __future__ import annotations

import json

import pytest
from tests.conformance.runs import stream
from tests.dialects.bedrock_converse.asking import target
from tests.dialects.bedrock_converse.building import (
    METADATA,
    START,
    USAGE,
    answered,
    begin,
    decoder,
    delta,
    end,
    said,
    stop,
    streamed,
)
from tests.frames import event, exception, frame

from fairlead.dialects.bedrock_converse import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    DecodeError,
    OverloadedError,
    RateLimitError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import Finish, ResponseStart, TextDelta, UsageEvent
from fairlead.types.http import Headers

HELLO = delta(0, {"text": "Hello"})


def test_a_stream_gives_text_usage_and_the_reason_it_ended_for() -> None:
    run = said(HELLO, delta(0, {"text": " you"}), end(0))
    assert run.response is not None
    assert run.response.text == "Hello you"
    assert run.response.usage is not None
    assert (run.response.usage.input, run.response.usage.output) == (9, 4)
    assert (run.response.finish_reason, run.response.raw_finish_reason) == ("stop", "end_turn")
    assert run.events[:3] == [ResponseStart("", ""), TextDelta("Hello"), TextDelta(" you")]
    assert isinstance(run.events[-2], UsageEvent)
    assert run.response.warnings == ()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_call"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_model_output", "error"),
        ("malformed_tool_use", "error"),
        ("malformed_something_new", "error"),
        ("something_new", "stop"),
    ],
)
def test_reasons_are_said_in_our_words(raw: str, expected: str) -> None:
    run = said(HELLO, reason=raw)
    assert run.events[-1] == Finish(expected, raw)


def test_a_stop_with_calls_to_answer_is_a_tool_call() -> None:
    call = begin(0, {"toolUse": {"toolUseId": "t", "name": "now"}})
    run = said(call, end(0))
    assert run.events[-1] == Finish("tool_call", "end_turn")


def test_the_usage_behind_the_end_is_waited_for() -> None:
    decoding = decoder()
    decoding.feed(START + HELLO + stop())
    assert not decoding.finished
    decoding.feed(METADATA)
    assert decoding.finished


def test_a_stream_that_ends_before_its_usage_is_complete_and_says_so() -> None:
    run = streamed(START, HELLO, stop())
    assert run.response is not None
    assert run.response.usage is None
    assert "usage" in run.response.warnings[0]


def test_a_usage_that_comes_first_is_kept() -> None:
    run = streamed(START, HELLO, METADATA, stop())
    assert run.response is not None
    assert run.response.usage is not None


def test_the_tier_that_served_is_told_streamed_or_not() -> None:
    tier = {"serviceTier": {"type": "flex"}}
    metadata = event("metadata", {"usage": USAGE, **tier})
    for run in (streamed(START, HELLO, stop(), metadata), answered({"text": "Hello"}, **tier)):
        assert run.response is not None
        assert run.response.usage is not None
        assert run.response.usage.service_tier == "flex"


def test_a_cut_stream_is_interrupted_with_what_had_come() -> None:
    run = streamed(START, HELLO)
    assert isinstance(run.failure, StreamInterrupted)
    assert run.failure.partial is not None
    assert run.failure.partial.text == "Hello"


@pytest.mark.parametrize(
    ("kind", "expected", "status"),
    [
        ("throttlingException", RateLimitError, 429),
        ("validationException", BadRequestError, 400),
        ("internalServerException", ServerError, 500),
        ("serviceUnavailableException", OverloadedError, 503),
        ("modelStreamErrorException", ServerError, 424),
        ("modelTimeoutException", ServerError, 408),
        ("somethingNewException", ServerError, 500),
    ],
)
@pytest.mark.parametrize("before", [b"", START + HELLO])
def test_an_exception_is_the_error_that_it_names(
    kind: str, expected: type[ApiError], status: int, before: bytes
) -> None:
    run = streamed(before, exception(kind, {"message": "no luck"}))
    assert type(run.failure) is expected
    assert (run.failure.status, run.failure.kind) == (status, kind)
    assert "no luck" in str(run.failure)
    assert len(run.events) == (2 if before else 0)


def test_a_prompt_that_is_too_long_is_a_context_error_in_a_stream_too() -> None:
    words = {"message": "Input is too long for requested model."}
    assert type(streamed(exception("validationException", words)).failure) is ContextLengthError


def test_an_error_without_a_model_of_its_own_is_told_by_its_code() -> None:
    headers = {":message-type": "error", ":error-code": "Oops", ":error-message": "broken inside"}
    run = streamed(START, frame(headers, b""))
    assert type(run.failure) is ServerError
    assert run.failure.code == "Oops"
    assert "broken inside" in str(run.failure)


def test_a_damaged_frame_fails_behind_the_events_before_it() -> None:
    run = streamed(START, HELLO, bytes([*METADATA[:-1], METADATA[-1] ^ 1]))
    assert type(run.failure) is DecodeError
    assert len(run.events) == 2


def test_unknown_events_and_fields_are_passed_over() -> None:
    more = event("somethingNew", {"x": 1})
    run = said(more, event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "a"},
                                                 "p": "abc", "new": {}}))  # fmt: skip
    assert run.response is not None
    assert run.response.text == "a"


@pytest.mark.parametrize("pieces", [1, 7, 10_000])
def test_an_object_that_comes_for_a_stream_is_read_as_one(pieces: int) -> None:
    message = {"content": [{"text": "Hello"}]}
    body = json.dumps({"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE})
    data = body.encode()
    parts = [data[i : i + pieces] for i in range(0, len(data), pieces)]
    run = stream(decoder(), parts)
    assert run.response is not None
    assert run.response.text == "Hello"


def test_an_error_that_comes_as_a_success_is_an_error() -> None:
    decoding = decoder()
    decoding.whole(b'{"__type":"ThrottlingException","message":"slow down"}')
    assert isinstance(decoding.failure, ApiError)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output":{}}', b"<html>"])
def test_a_body_without_an_answer_is_a_decode_error(body: bytes) -> None:
    decoding = decoder()
    decoding.whole(body)
    assert type(decoding.failure) is DecodeError


def test_what_has_no_place_in_an_answer_is_kept_with_the_message() -> None:
    fields, trace = {"stop_sequence": "x"}, {"guardrail": {"actionReason": "masked"}}
    meta = event("metadata", {"usage": USAGE, "trace": trace})
    split = streamed(START, HELLO, stop(additionalModelResponseFields=fields), meta)
    one = answered({"text": "Hello"}, additionalModelResponseFields=fields, trace=trace)
    for run in (split, one):
        assert run.response is not None
        state = run.response.message.provider_state
        assert state is not None
        kept = json.loads(state.data)
        assert kept == {"additionalModelResponseFields": fields, "trace": trace}


def test_caps_are_kept() -> None:
    run = streamed(START, HELLO, limits=Limits(total=100))
    assert type(run.failure) is ResponseTooLarge
    run = streamed(START, delta(0, {"text": "x" * 300}), limits=Limits(event=200))
    assert type(run.failure) is ResponseTooLarge
    call = begin(0, {"toolUse": {"toolUseId": "t", "name": "now"}})
    long = delta(0, {"toolUse": {"input": "x" * 100}})
    assert type(streamed(START, call, long, limits=Limits(tool_arguments=50)).failure) is (
        ResponseTooLarge
    )


def test_nothing_is_read_behind_the_end() -> None:
    decoding = decoder()
    decoding.feed(START + HELLO + stop() + METADATA + HELLO)
    assert decoding.finished
    assert decoding.feed(HELLO) == []
    assert decoding.close() == []
    assert decoding.partial()[0].text == "Hello"


def test_a_status_error_is_named_by_its_header() -> None:
    pairs = [
        ("x-amzn-ErrorType", "ExpiredTokenException:http://internal.amazon.com/"),
        ("x-amzn-RequestId", "r-1"),
    ]
    body = b'{"message":"The security token included in the request is expired"}'
    error = DIALECT.decode_error(403, Headers(pairs), body, target())
    assert type(error) is AuthenticationError
    assert (error.kind, error.request_id) == ("ExpiredTokenException", "r-1")
