"""Whatever comes gives events or a typed failure, at any split of the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.bedrock_converse.building import METADATA, START, decoder, stop
from tests.frames import event, exception

from fairlead.errors import FairleadError
from fairlead.types.events import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = (
    "contentBlockIndex",
    "start",
    "delta",
    "text",
    "toolUse",
    "toolUseId",
    "name",
    "input",
    "toolResult",
    "content",
    "status",
    "reasoningContent",
    "reasoningText",
    "signature",
    "redactedContent",
    "citation",
    "citationsContent",
    "citations",
    "location",
    "image",
    "source",
    "bytes",
    "hologram",
    "stopReason",
    "usage",
    "inputTokens",
    "trace",
    "message",
)
KINDS = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "somethingNew",
)


def shaped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)


LEAVES = st.integers(0, 2) | JSON | st.sampled_from(["Zm9v", "a"])
PAYLOADS = shaped(LEAVES | shaped(LEAVES | shaped(LEAVES | shaped(JSON)))) | JSON
FRAMES = st.builds(event, st.sampled_from(KINDS), PAYLOADS) | st.builds(
    exception, st.sampled_from(["validationException", "x"]), PAYLOADS
)


@settings(deadline=None, max_examples=200)
@given(st.lists(FRAMES, max_size=8), st.binary(max_size=60))
@pytest.mark.invariant("I10")
def test_any_frames_give_events_or_a_typed_failure(frames: list[bytes], noise: bytes) -> None:
    data = b"".join(frames)
    for body in (START + data + stop() + METADATA, noise + data, data + noise):
        decoding = decoder()
        decoding.feed(body)
        decoding.close()
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=200)
@given(st.lists(PAYLOADS, max_size=4) | JSON, JSON, st.binary(max_size=40))
@pytest.mark.invariant("I10")
def test_any_body_gives_events_or_a_typed_failure(content: Any, more: Any, noise: bytes) -> None:
    body = {"output": {"message": {"content": content}}, "usage": more, "stopReason": "end_turn"}
    for data in (json.dumps(body).encode(), json.dumps(more).encode(), noise):
        decoding = decoder()
        decoding.whole(data)
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=100)
@given(st.lists(FRAMES, max_size=6), st.randoms(use_true_random=False))
@pytest.mark.invariant("I9")
def test_any_split_of_any_stream_gives_the_same(frames: list[bytes], random: Any) -> None:
    body = b"".join([START, *frames, stop(), METADATA])
    whole = decoder()
    expected = [*whole.feed(body), *whole.close()]
    split = decoder()
    found: list[Event] = []
    place = 0
    while place < len(body):
        size = random.randint(1, 40)
        found += split.feed(body[place : place + size])
        place += size
    found += split.close()
    assert found == expected
    assert repr(split.failure) == repr(whole.failure)
