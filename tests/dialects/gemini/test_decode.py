"""How an answer is read: both forms of a stream, its end, errors, and what comes in half."""

from __future__ import annotations

import json

import pytest
from tests.dialects.gemini.building import (
    TARGET,
    chunk,
    decoder,
    failed,
    result,
    sse,
    streamed,
    text,
    thought,
    unstreamed,
)

from fairlead.dialects.gemini import DIALECT, decode
from fairlead.errors import (
    AuthenticationError,
    DecodeError,
    OverloadedError,
    ResponseTooLarge,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import Finish, PartEnd, ReasoningDelta, ResponseStart, TextDelta
from fairlead.types.messages import Message, ProviderState, Reasoning, Refusal, Text
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import TokenLogprob

STORY = (chunk(thought("Hm")), chunk(text("Once")), chunk(text(" upon"), finish="STOP"))
BUSY = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def test_text_and_thoughts_come_as_they_are_written() -> None:
    decoding = decoder()

    events = [*decoding.feed(sse(*STORY)), *decoding.close()]

    assert [event for event in events if not isinstance(event, PartEnd)] == [
        ResponseStart("r1", "gemini"),
        ReasoningDelta("Hm", 0),
        TextDelta("Once", 1),
        TextDelta(" upon", 1),
        Finish("stop", "STOP"),
    ]
    message = result(decoding).message
    assert message.parts == (
        Reasoning("Hm", provider_state=ProviderState("gemini", '{"thought":true}')),
        Text("Once upon"),
    )


@pytest.mark.parametrize("separator", [", ", ",\r\n", "\n"])
def test_a_stream_may_be_a_json_array_too(separator: str) -> None:
    body = "[" + separator.join(json.dumps(one, indent=1) for one in STORY) + "\n]"
    decoding = decoder()
    for place in range(len(body)):
        decoding.feed(body[place : place + 1].encode())
    decoding.close()

    assert result(decoding) == streamed(*STORY)


def test_a_whole_body_is_the_same_answer() -> None:
    body = chunk(thought("Hm"), text("Once upon"), finish="STOP")

    assert unstreamed(body) == streamed(*STORY)
    assert unstreamed([body]) == streamed(*STORY)


def test_events_of_a_line_each_are_told_apart_without_blank_lines() -> None:
    body = b"".join(b"data: " + json.dumps(one).encode() + b"\n" for one in STORY)
    decoding = decoder()
    decoding.feed(body)
    decoding.close()

    assert result(decoding).text == "Once upon"


def test_an_event_may_be_a_list_and_the_end_marks_of_others_mean_nothing() -> None:
    decoding = decoder()
    decoding.feed(sse(list(STORY)) + b"data: [DONE]\n\ndata:\n\n")
    decoding.close()

    assert result(decoding).text == "Once upon"


def test_what_comes_after_an_ending_still_counts() -> None:
    answer = streamed(*STORY, chunk(text(" a time"), finish="MAX_TOKENS"))

    assert (answer.text, answer.finish_reason) == ("Once upon a time", "length")


def test_a_stream_without_an_ending_was_cut() -> None:
    events, failure = failed(sse(*STORY[:2]))

    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "Once"
    assert not any(isinstance(event, Finish) for event in events)


def test_no_candidate_may_be_without_an_ending() -> None:
    _, failure = failed(sse(*STORY, chunk(text("Other"), index=1)))

    assert isinstance(failure, StreamInterrupted)


def test_usage_of_a_cut_stream_is_marked_as_an_estimate() -> None:
    _, failure = failed(sse(STORY[1] | {"usageMetadata": {"promptTokenCount": 7}}))

    assert isinstance(failure, StreamInterrupted)
    assert failure.usage is not None
    assert (failure.usage.input, failure.usage.estimated) == (7, True)


@pytest.mark.parametrize("form", ["event", "object"])
def test_half_an_event_after_the_ending_is_told_of(form: str) -> None:
    decoding = decoder()
    if form == "event":
        decoding.feed(sse(*STORY) + b'data: {"candidates": [')
    else:
        decoding.feed(json.dumps(STORY).encode()[:-1] + b', {"candidates": [')
    decoding.close()

    assert result(decoding).warnings == (decode.HALF_EVENT,)


@pytest.mark.parametrize("before", [(), STORY[:1], STORY])
def test_an_error_among_the_events_is_the_error(before: tuple[object, ...]) -> None:
    for body in (
        sse(*before, BUSY),
        sse(*before) + json.dumps(BUSY, indent=2).encode(),
        json.dumps([*before, BUSY]).encode(),
    ):
        _, failure = failed(body)
        assert isinstance(failure, OverloadedError)
        assert failure.status == 503


def test_half_an_error_behind_the_events_is_a_cut() -> None:
    _, failure = failed(sse(*STORY) + json.dumps(BUSY).encode()[:30])

    assert isinstance(failure, StreamInterrupted)


def test_a_body_in_place_of_a_stream_is_read_all_the_same() -> None:
    decoding = decoder()
    decoding.feed(json.dumps(chunk(text("Hi"), finish="STOP")).encode())
    decoding.close()
    assert result(decoding).text == "Hi"

    _, failure = failed(b"<html><body>Bad gateway</body></html>")
    assert isinstance(failure, DecodeError)
    assert "Bad gateway" in failure.excerpt


def test_an_error_in_a_whole_body_is_the_error() -> None:
    wrong_key = {"error": {"code": 400, "message": "API key not valid.", "details": []}}

    _, failure = failed(json.dumps(wrong_key).encode(), whole=True)

    assert isinstance(failure, AuthenticationError)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"predictions": []}', b'{"usageMetadata": {}}'])
def test_a_body_without_an_answer_is_nonsense(body: bytes) -> None:
    _, failure = failed(body, whole=True)

    assert isinstance(failure, DecodeError)


def test_an_empty_body_is_an_empty_answer_with_a_warning() -> None:
    decoding = decoder()
    decoding.whole(b"")

    answer = result(decoding)
    assert answer.empty
    assert "empty body" in answer.warnings[0]


def test_a_body_without_a_reason_is_an_answer_with_a_warning() -> None:
    answer = unstreamed(chunk(text("Hi")))

    assert (answer.text, answer.finish_reason, answer.raw_finish_reason) == ("Hi", "stop", None)
    assert answer.warnings == ("the provider gave no finish reason",)


def test_a_blocked_prompt_is_a_refusal_and_a_complete_stream() -> None:
    for block, said in (({}, "SAFETY"), ({"blockReasonMessage": "No."}, "No.")):
        answer = streamed({"promptFeedback": {"blockReason": "SAFETY"} | block})

        assert answer.finish_reason == "content_filter"
        assert answer.raw_finish_reason == "SAFETY"
        assert answer.refusal == said


def test_feedback_without_a_block_ends_nothing() -> None:
    _, failure = failed(sse({"promptFeedback": {"safetyRatings": []}}))

    assert isinstance(failure, StreamInterrupted)


def test_why_an_answer_was_filtered_is_its_refusal() -> None:
    answer = unstreamed(chunk(text("I"), finish="SAFETY", finishMessage="Too hot."))

    assert answer.message.parts[-1] == Refusal("Too hot.", ProviderState("gemini", "{}"))


def test_why_an_answer_failed_is_a_warning() -> None:
    message = "Malformed function call: add("
    answer = unstreamed(chunk(finish="MALFORMED_FUNCTION_CALL", finishMessage=message))

    assert answer.finish_reason == "error"
    assert answer.warnings == (f"the provider ended with MALFORMED_FUNCTION_CALL: {message}",)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("STOP", "stop"),
        (1, "stop"),
        (2, "length"),
        ("MAX_TOKENS", "length"),
        ("RECITATION", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("SOME_NEW_SAFETY", "content_filter"),
        ("LANGUAGE", "error"),
        ("OTHER", "error"),
        ("UNEXPECTED_TOOL_CALL", "error"),
        ("TOO_MANY_TOOL_CALLS", "error"),
        ("MISSING_THOUGHT_SIGNATURE", "error"),
        ("NO_IMAGE", "error"),
        ("MODEL_ARMOR", "content_filter"),
        ("SPII", "content_filter"),
        ("SOME_NEW_REASON", "stop"),
    ],
)
def test_every_reason_has_its_word(raw: object, reason: str) -> None:
    answer = unstreamed(chunk(text("Hi"), finish=raw))

    assert (answer.finish_reason, answer.raw_finish_reason) == (reason, str(raw))


@pytest.mark.parametrize("raw", ["FINISH_REASON_UNSPECIFIED", 0, ""])
def test_a_reason_that_is_none_does_not_end_a_stream(raw: object) -> None:
    _, failure = failed(sse(chunk(text("Hi"), finish=raw)))

    assert isinstance(failure, StreamInterrupted)


def test_further_candidates_are_alternatives_and_tell_no_events() -> None:
    first = {"content": {"parts": [text("A")]}, "finishReason": "STOP"}
    second = {"content": {"parts": [text("B")]}, "finishReason": "MAX_TOKENS", "index": 1}
    body = {"candidates": [first, second], "responseId": "r1"}

    for answer in (unstreamed(body), streamed({"candidates": [second]}, {"candidates": [first]})):
        assert answer.text == "A"
        (other,) = answer.alternatives
        assert (other.message.text, other.finish_reason) == ("B", "length")


def test_candidates_without_bounds_are_refused() -> None:
    many = [{"content": {"parts": []}, "index": index} for index in range(200)]

    _, failure = failed(json.dumps({"candidates": many}).encode(), whole=True)

    assert isinstance(failure, DecodeError)


def test_log_probabilities_stand_with_their_text() -> None:
    told = {
        "chosenCandidates": [{"token": "Hi", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "Ho", "logProbability": -1}]}],
    }
    expected = (TokenLogprob("Hi", -0.5, top=(TokenLogprob("Ho", -1.0),)),)
    decoding = decoder()

    events = decoding.feed(sse(chunk(text("Hi"), finish="STOP", logprobsResult=told)))
    decoding.close()

    assert events[1] == TextDelta("Hi", 0, expected)
    assert result(decoding).logprobs == expected


def test_limits_hold() -> None:
    big = chunk(text("x" * 500))
    for limits, body in (
        (Limits(total=100), sse(big)),
        (Limits(line=100), sse(big)),
        (Limits(event=100), json.dumps([big]).encode()),
        (Limits(tool_arguments=5), sse(chunk({"functionCall": {"name": "f", "args": {"a": 1}}}))),
    ):
        decoding = DIALECT.decoder(ChatRequest("m", (Message.user("hi"),)), TARGET, limits)
        decoding.feed(body)
        assert isinstance(decoding.failure, ResponseTooLarge)
