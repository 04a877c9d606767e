"""The protocol on Bedrock and on Vertex: body, headers, streams and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.runs import Run, stream
from tests.dialects.anthropic_messages.asking import ASK, body, encoded, target
from tests.dialects.anthropic_messages.building import START, STOP, last
from tests.frames import chunk, event, exception

from fairlead.dialects.anthropic_messages import DIALECT, AnthropicOptions
from fairlead.errors import (
    AuthenticationError,
    DecodeError,
    OverloadedError,
    RateLimitError,
    ResponseTooLarge,
    StreamInterrupted,
    UnsupportedFeature,
)
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.http import Headers
from fairlead.types.messages import Image, Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HELLO = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": "Hello"},
}


def on(host: str, **fields: Any) -> Target:
    return target(quirks=Quirks(anthropic_host=host), **fields)


def streamed(*frames: bytes, limits: Limits | None = None, pieces: int = 0) -> Run:
    decoder = DIALECT.decoder(ChatRequest("m", ASK), on("bedrock"), limits or Limits())
    data = b"".join(frames)
    step = pieces or len(data)
    return stream(decoder, [data[i : i + step] for i in range(0, len(data), step)])


def test_bedrock_takes_the_version_in_the_body_and_no_model() -> None:
    sent = encoded(to=on("bedrock"), stream=True, max_tokens=5)
    assert sent.headers == (("accept", "application/vnd.amazon.eventstream"),)
    assert list(json.loads(sent.body).items()) == [
        ("anthropic_version", "bedrock-2023-05-31"),
        ("max_tokens", 5),
        ("messages", [{"role": "user", "content": "hi"}]),
    ]
    whole = encoded(to=on("bedrock"), max_tokens=5)
    assert (whole.body, whole.headers) == (sent.body, ())


def test_vertex_says_too_whether_it_streams() -> None:
    sent = body(to=on("vertex"), max_tokens=5, stream=True)
    assert list(sent) == ["anthropic_version", "max_tokens", "messages", "stream"]
    assert sent["anthropic_version"] == "vertex-2023-10-16"
    assert "stream" not in body(to=on("vertex"))


def test_betas_stand_in_the_body_on_bedrock_and_in_a_header_on_vertex() -> None:
    options = AnthropicOptions(betas=("a", "b"))
    sent = encoded(to=on("bedrock"), options=options)
    assert json.loads(sent.body)["anthropic_beta"] == ["a", "b"]
    assert sent.headers == ()
    sent = encoded(to=on("vertex"), options=options)
    assert "anthropic_beta" not in json.loads(sent.body)
    assert sent.headers == (("anthropic-beta", "a,b"),)


def test_files_need_their_beta_on_every_host() -> None:
    image = (Message.user(Image(file_id="f")),)
    assert len(body(image, to=on("bedrock"))["anthropic_beta"]) == 1


@pytest.mark.parametrize("host", ["bedrock", "vertex"])
def test_versions_of_hosts_are_compared_by_their_dates(host: str) -> None:
    assert body(to=on(host), temperature=0.5)["temperature"] == 0.5
    newer = AnthropicOptions(api_version="2026-10-21")
    assert body(to=on(host), options=newer)["anthropic_version"] == "2026-10-21"
    with pytest.raises(UnsupportedFeature, match="temperature"):
        body(to=on(host), options=newer, temperature=0.5)


@pytest.mark.parametrize("pieces", [0, 1, 13])
def test_a_stream_comes_in_frames(pieces: int) -> None:
    frames = [chunk(e) for e in (START, TEXT, HELLO, last(), STOP)]
    run = streamed(*frames, pieces=pieces)
    assert run.response is not None
    assert run.response.text == "Hello"
    assert run.response.finish_reason == "stop"


def test_frames_of_other_kinds_are_passed_over() -> None:
    run = streamed(chunk(START), event("news", {"x": 1}), chunk(last()), chunk(STOP))
    assert run.response is not None


def test_what_bedrock_counted_stands_in_for_a_missing_usage() -> None:
    counted = {
        "inputTokenCount": 3,
        "outputTokenCount": 4,
        "cacheReadInputTokenCount": 5,
        "cacheWriteInputTokenCount": 6,
    }
    start = {"type": "message_start", "message": {"id": "m", "type": "message", "content": []}}
    ending = STOP | {"amazon-bedrock-invocationMetrics": counted}
    run = streamed(*[chunk(e) for e in (start, TEXT, HELLO, ending)])
    assert run.response is not None
    usage = run.response.usage
    assert usage is not None
    assert (usage.input, usage.output, usage.cache_read, usage.cache_write) == (3, 4, 5, 6)


def test_an_exception_ends_a_stream_behind_the_events_before_it() -> None:
    run = streamed(
        chunk(START), chunk(TEXT), chunk(HELLO), exception("throttlingException", {"message": "x"})
    )
    assert type(run.failure) is RateLimitError
    assert run.events[-1] == TextDelta("Hello")


def test_an_error_of_the_providers_own_in_a_frame_is_that_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    assert type(streamed(chunk(START), chunk(error)).failure) is OverloadedError


def test_a_cut_stream_is_interrupted() -> None:
    run = streamed(chunk(START), chunk(TEXT), chunk(HELLO)[:-1])
    assert isinstance(run.failure, StreamInterrupted)


@pytest.mark.parametrize(
    "broken",
    [event("chunk", {"bytes": "*"}), event("chunk", [1]), event("chunk", {"bytes": 1})],
)
def test_a_chunk_that_is_none_is_a_decode_error(broken: bytes) -> None:
    assert type(streamed(chunk(START), broken).failure) is DecodeError


def test_a_frame_past_the_cap_is_refused() -> None:
    long = HELLO | {"delta": {"type": "text_delta", "text": "x" * 500}}
    run = streamed(chunk(START), chunk(long), limits=Limits(event=500))
    assert type(run.failure) is ResponseTooLarge


def test_refusals_on_bedrock_are_those_of_aws() -> None:
    headers = Headers([("x-amzn-ErrorType", "UnrecognizedClientException:http://x/")])
    error = DIALECT.decode_error(403, headers, b'{"message":"who?"}', on("bedrock"))
    assert type(error) is AuthenticationError
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}'
    assert type(DIALECT.decode_error(429, Headers([]), body, on("bedrock"))) is RateLimitError
    body = b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow"}}'
    assert type(DIALECT.decode_error(429, Headers([]), body, on("vertex"))) is RateLimitError
