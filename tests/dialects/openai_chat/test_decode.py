"""The decoder as a whole: ends, errors, caps, shapes. Names give the rows of the facts."""

from __future__ import annotations

import pytest
from tests.dialects.openai_chat.answering import (
    DONE,
    STOP,
    Answered,
    body,
    chunk,
    frame,
)

from fairlead.dialects.openai_chat import OpenAIChatOptions
from fairlead.dialects.openai_chat.answer import EMPTY, NO_REASON
from fairlead.errors import (
    BadRequestError,
    DecodeError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import (
    Finish,
    TextDelta,
)
from fairlead.types.targets import Quirks


def test_text_and_its_events_tell_one_story() -> None:
    answered = Answered().stream(
        chunk({"content": "Hel"}), chunk({"content": "lo"}), frame(STOP), DONE
    )
    assert answered.response.text == "Hello"
    assert [e.text for e in answered.events if isinstance(e, TextDelta)] == ["Hel", "lo"]
    assert answered.events[-1] == Finish("stop", "stop")


def test_a_stream_without_reason_and_terminator_is_interrupted_with_what_came() -> None:
    usage = {"usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    failure = Answered().stream(chunk({"content": "Hel"}, **usage)).failure
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "Hel"
    assert failure.usage is not None
    assert failure.usage.total_tokens == 4


def test_the_terminator_without_a_reason_ends_the_answer_with_a_warning() -> None:
    response = Answered().stream(chunk({"content": "x"}), DONE).response
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", None)
    assert NO_REASON in response.warnings


def test_a_reason_without_the_terminator_ends_the_answer() -> None:
    assert Answered().stream(chunk({"content": "x"}), frame(STOP)).response.text == "x"


def test_half_an_event_after_the_reason_means_nothing() -> None:
    assert (
        Answered().stream(chunk({}, "length"), b'data: {"id":"c').response.finish_reason == "length"
    )


def test_a_last_event_without_its_blank_line_counts() -> None:
    answered = Answered().stream(chunk({"content": "x"}) + frame(STOP).rstrip())
    assert answered.response.text == "x"


def test_bytes_after_the_terminator_are_ignored() -> None:
    response = Answered().stream(frame(STOP) + DONE + chunk({"content": "late"}), DONE).response
    assert response.text == ""


@pytest.mark.parametrize("terminator", [b"data:[DONE]\n\n", b"data: [DONE] \r\n\r\n"])
def test_the_terminator_is_known_in_every_spelling(terminator: bytes) -> None:
    assert Answered().stream(chunk({"content": "x"}), terminator).response.text == "x"


def test_5_an_error_object_in_a_stream_is_classified_like_a_status() -> None:
    failure = (
        Answered().stream(frame({"error": {"type": "overloaded_error", "message": "busy"}})).failure
    )
    assert isinstance(failure, OverloadedError)


def test_events_before_an_error_are_delivered_first() -> None:
    error = frame({"error": {"code": 429, "message": "slow down"}})
    answered = Answered()
    events = answered.decoder.feed(chunk({"content": "x"}) + error + chunk({"content": "y"}))
    assert [e.text for e in events if isinstance(e, TextDelta)] == ["x"]
    assert isinstance(answered.failure, RateLimitError)
    assert answered.decoder.feed(DONE) == []


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b'event: error\ndata: {"message":"boom","code":500}\n\n', ServerError),
        (b'data: {"code":"some","error":"bad thing"}\n\n', ServerError),
        (b'data: {"object":"error","message":"bad","code":400}\n\n', BadRequestError),
        (b'data: {"x_groq":{"error":{"message":"no","status_code":400}}}\n\n', BadRequestError),
        (b'data: {"error":{"message":"no","code":"insufficient_quota"}}\n\n', QuotaExceededError),
        (b"event: error\ndata: broken pipe\n\n", ServerError),
        (b"data: not json\n\n", DecodeError),
        (b"data: [1]\n\n", DecodeError),
    ],
)
def test_every_shape_of_error_in_a_stream_is_known(sent: bytes, error: type) -> None:
    assert isinstance(Answered().stream(sent).failure, error)


def test_content_as_an_object_is_its_json_text() -> None:
    assert Answered().whole(body({"content": {"a": 1}})).response.text == '{"a":1}'


def test_a_refusal_is_a_part_of_its_own() -> None:
    response = (
        Answered()
        .stream(chunk({"refusal": "I can"}), chunk({"refusal": "not"}), frame(STOP))
        .response
    )
    assert (response.refusal, response.text) == ("I cannot", "")


def test_further_choices_are_alternatives_and_make_no_events() -> None:
    stream = [
        chunk({"content": "one"}),
        chunk({"content": "two"}, index=1),
        chunk({}, "stop"),
        chunk({}, "length", index=1),
    ]
    answered = Answered(options=OpenAIChatOptions(n=2)).stream(*stream)
    (other,) = answered.response.alternatives
    assert (answered.response.text, other.message.text, other.finish_reason) == (
        "one",
        "two",
        "length",
    )
    assert [e.text for e in answered.events if isinstance(e, TextDelta)] == ["one"]


def test_a_stream_that_ends_before_its_second_choice_is_interrupted() -> None:
    answered = Answered(options=OpenAIChatOptions(n=2)).stream(chunk({"content": "x"}, "stop"))
    assert isinstance(answered.failure, StreamInterrupted)


def test_a_first_chunk_of_filter_results_does_not_commit() -> None:
    first = frame({"id": "", "model": "", "choices": [], "prompt_filter_results": []})
    assert Answered().decoder.feed(first) == []


@pytest.mark.parametrize(
    ("raw", "finish"),
    [
        ("eos", "stop"),
        ("model_length", "length"),
        ("sensitive", "content_filter"),
        ("insufficient_system_resource", "error"),
        ("network_error", "error"),
        ("some_safety_thing", "content_filter"),
        ("brand_new", "stop"),
    ],
)
def test_raw_reasons_are_mapped_and_kept(raw: str, finish: str) -> None:
    response = Answered().whole(body({"content": "x"}, raw)).response
    assert (response.finish_reason, response.raw_finish_reason) == (finish, raw)


def test_h6_an_empty_body_is_an_empty_answer() -> None:
    response = Answered().whole(b"").response
    assert response.empty
    assert response.warnings == (EMPTY,)


@pytest.mark.parametrize(
    "sent",
    [
        b"<html><body>Sign in</body></html>",
        b'{"id":"c","choices":[{"mess',
        b"  \n",
        b"[]",
        b'{"choices":null}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"\xff\xfe\x00",
        b'{"choices":[{"index":0}]}',
    ],
)
def test_a_body_that_is_no_answer_is_a_decode_error(sent: bytes) -> None:
    assert type(Answered().whole(sent).failure) is DecodeError


def test_h7_an_error_in_a_good_status_is_classified_by_its_code() -> None:
    failure = Answered().whole(b'{"error":{"code":503,"message":"busy"}}').failure
    assert isinstance(failure, OverloadedError)
    assert failure.status == 503


def test_h8_stray_bytes_and_lone_surrogates_become_replacement_characters() -> None:
    odd = b'{"choices":[{"message":{"content":"a\xff\\ud800b"},"finish_reason":"stop"}]}'
    assert Answered().whole(odd).response.text == "a\ufffd\ufffdb"


def test_h15_fields_of_an_unknown_shape_are_left_out_with_a_warning() -> None:
    response = Answered().whole(body({"content": "x", "tool_calls": "none", "refusal": 7})).response
    assert response.text == "x"
    assert "choices[0].message.refusal has an unknown shape and was left out" in response.warnings


def test_base_resp_is_an_error_where_the_target_has_that_quirk() -> None:
    sent = b'{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}'
    assert isinstance(
        Answered(Quirks(base_resp_errors=True)).whole(sent).failure, QuotaExceededError
    )


def test_a_plain_json_answer_to_a_stream_is_read_as_a_whole() -> None:
    answered = Answered().stream(b" ", body({"content": "x"})[:9], body({"content": "x"})[9:])
    assert answered.response.text == "x"


def test_an_event_stream_where_a_body_was_due_is_read_as_a_stream() -> None:
    assert Answered().whole(chunk({"content": "x"}, "stop") + DONE).response.text == "x"


def test_s11_an_endless_answer_stops_at_the_cap_with_what_came_before() -> None:
    answered = Answered(limits=Limits(total=1000))
    events = answered.decoder.feed(chunk({"content": "x"}) * 100)
    assert isinstance(answered.failure, ResponseTooLarge)
    assert any(isinstance(event, TextDelta) for event in events)


def test_s11_an_endless_line_stops_at_the_cap() -> None:
    answered = Answered(limits=Limits(line=100)).stream(b"data: " + b"x" * 200)
    assert isinstance(answered.failure, ResponseTooLarge)


def test_s11_endless_choices_stop_at_the_cap() -> None:
    answered = Answered().stream(*(chunk({"content": "x"}, index=n) for n in range(200)))
    assert type(answered.failure) is DecodeError
