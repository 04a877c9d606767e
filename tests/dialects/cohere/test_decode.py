"""What `cohere` reads beyond what was recorded."""

from __future__ import annotations

import json

import pytest
from tests.dialects.cohere.building import (
    START,
    TARGET,
    decoder,
    failed,
    last,
    piece,
    sse,
    streamed,
    whole,
)

from fairlead import Usage
from fairlead.dialects.cohere import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.http import Headers
from fairlead.types.messages import Citation, Opaque, Reasoning, Text
from fairlead.types.responses import TokenLogprob

TEXT = piece("content-start", 0, content={"type": "text", "text": ""})


def says(text: str, index: int = 0) -> dict[str, object]:
    return piece("content-delta", index, content={"text": text})


def test_streamed_thinking_is_reasoning_apart_from_the_plan() -> None:
    answer = streamed(
        piece("tool-plan-delta", None, tool_plan="I look."),
        piece("content-start", 0, content={"type": "thinking", "thinking": "H"}),
        piece("content-delta", 0, content={"thinking": "m"}),
        {"type": "content-end", "index": 0},
        says("Green", 1),
    )

    plan, thinking, text = answer.message.parts
    assert isinstance(plan, Reasoning)
    assert isinstance(thinking, Reasoning)
    assert (plan.text, thinking.text, text) == ("I look.", "Hm", Text("Green"))
    assert plan.provider_state != thinking.provider_state


def test_a_citation_in_the_stream_belongs_to_its_text_and_has_each_of_its_sources() -> None:
    document = {"type": "document", "id": "d1", "document": {"title": "Sky", "url": "https://a"}}
    tool = {"type": "tool", "id": "t:0", "tool_output": {"content": "x"}}
    cited = {"start": 0, "end": 5, "text": "Green", "sources": [document, tool]}
    answer = streamed(
        TEXT,
        says("Green"),
        {"type": "content-end", "index": 0},
        piece("citation-start", 0, citations=cited | {"type": "TEXT_CONTENT"}),
        {"type": "citation-end", "index": 0},
    )

    one, two = answer.citations
    assert (one.source, one.title, one.url) == ("d1", "Sky", "https://a")
    assert (two.source, two.title, two.start, two.end) == ("t:0", None, 0, 5)
    assert answer.message.parts == (Text("Green", (one, two)),)


def test_a_citation_of_the_thinking_stands_alone_without_offsets() -> None:
    cited = {"start": 0, "end": 2, "text": "Hm", "sources": [], "type": "THINKING_CONTENT"}
    answer = whole({"content": [{"type": "thinking", "thinking": "Hm"}], "citations": [cited]})

    found = answer.message.parts[1]
    assert isinstance(found, Citation)
    assert (found.start, found.cited_text) == (None, "Hm")


def test_a_call_without_id_or_index_gets_an_id_that_is_always_the_same() -> None:
    calls = [{"function": {"name": "a", "arguments": {"x": 1}}}, {"function": {"name": "b"}}]

    one, two = whole({"tool_calls": calls}).tool_calls

    assert (one.name, one.arguments, two.name, two.arguments) == ("a", '{"x":1}', "b", "{}")
    assert one.id != two.id
    assert (one, two) == whole({"tool_calls": calls}).tool_calls


def test_content_may_be_a_string_and_unknown_blocks_are_kept() -> None:
    assert whole({"content": "Hi"}).text == "Hi"
    (part,) = whole({"content": [{"type": "novel", "x": 1}]}).message.parts
    assert isinstance(part, Opaque)
    assert json.loads(part.provider_state.data) == {"type": "novel", "x": 1}


def test_probabilities_of_a_stretch_are_added_up() -> None:
    told = {"text": "Hi", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}
    streaming = streamed(TEXT, says("Hi") | {"logprobs": told})
    unstreamed = whole({"content": "Hi"}, logprobs=[told])

    assert streaming.logprobs == unstreamed.logprobs == (TokenLogprob("Hi", -0.75),)


def test_unknown_events_and_reasons_do_no_harm() -> None:
    answer = streamed({"type": "debug", "prompt": 5, "index": "x"}, TEXT, says("Hi"), last("NEW"))

    assert (answer.text, answer.finish_reason, answer.raw_finish_reason) == ("Hi", "stop", "NEW")


def test_what_is_billed_counts_where_nothing_else_is_told() -> None:
    usage = {"billed_units": {"input_tokens": 7.0, "output_tokens": 2}}

    told = streamed(last(usage=usage)).usage

    assert told is not None
    assert (told.input, told.output) == (7, 2)
    assert streamed(last(usage={})).usage is None


def test_what_is_billed_stands_beside_what_was_counted() -> None:
    """Twenty-five times as much is read here as is paid for."""
    units = {"input_tokens": 57, "output_tokens": 20}
    tokens = {"input_tokens": 1490, "output_tokens": 94}

    told = streamed(last(usage={"billed_units": units, "tokens": tokens})).usage

    assert told is not None
    assert (told.input_tokens, told.output_tokens) == (1490, 94)
    assert told.billed == Usage(input=57, output=20)
    alone = streamed(last(usage={"tokens": tokens})).usage
    assert alone is not None
    assert alone.billed is None


def test_an_error_object_in_place_of_a_stream_is_that_error() -> None:
    assert isinstance(failed(b'{"message":"model \'x\' not found"}'), ApiError)
    assert isinstance(failed(b'{"message":"boom"}', stream=False), ServerError)
    assert isinstance(failed(b'{"id":"x"}', stream=False), DecodeError)
    assert isinstance(failed(b"", stream=False), DecodeError)


def test_a_cut_stream_keeps_what_had_come() -> None:
    failure = failed(sse(START, TEXT, says("Gre")))

    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "Gre"


def test_caps_hold() -> None:
    decoding = decoder(Limits(total=100))
    decoding.feed(sse(START, TEXT, says("x" * 200)))
    assert isinstance(decoding.failure, ResponseTooLarge)

    decoding = decoder(Limits(tool_arguments=10))
    call = {"id": "c", "function": {"name": "a", "arguments": "x" * 11}}
    decoding.feed(sse(START, piece("tool-call-start", 0, tool_calls=call)))
    assert isinstance(decoding.failure, ResponseTooLarge)


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (401, "invalid api token", AuthenticationError),
        (498, "invalid or blocked token", AuthenticationError),
        (404, "model not found", NotFoundError),
        (400, "too many tokens: size limit exceeded", ContextLengthError),
        (500, "oh", ServerError),
    ],
)
def test_errors_are_those_that_fit(status: int, message: str, expected: type[ApiError]) -> None:
    body = json.dumps({"message": message, "id": "r1"}).encode()
    plain = DIALECT.decode_error(status, Headers(()), body, TARGET)
    traced = DIALECT.decode_error(status, Headers([("X-Debug-Trace-Id", "t1")]), body, TARGET)

    assert type(plain) is expected
    assert (plain.status, plain.request_id, traced.request_id) == (status, "r1", "t1")
