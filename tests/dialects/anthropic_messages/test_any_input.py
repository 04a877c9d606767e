"""Whatever comes gives events or a typed failure, at any split of the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.anthropic_messages.building import START, STOP, decoder, last, sse

from fairlead.errors import (
    FairleadError,
)
from fairlead.types.events import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = (
    "index",
    "delta",
    "content_block",
    "message",
    "usage",
    "error",
    "text",
    "partial_json",
    "thinking",
    "signature",
    "citation",
    "stop_reason",
    "id",
    "name",
    "input",
    "content",
    "tool_use_id",
    "citations",
    "container",
)
KINDS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
    "text",
    "tool_use",
    "thinking",
    "server_tool_use",
    "x_tool_result",
    "text_delta",
    "input_json_delta",
    "citations_delta",
    "signature_delta",
    "thinking_delta",
    "other",
)


def shaped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
    return st.builds(lambda kind, rest: {"type": kind} | rest, st.sampled_from(KINDS), values)


EVENTS = shaped(st.integers(0, 2) | JSON | shaped(st.integers(0, 2) | JSON | shaped(JSON)))


@settings(deadline=None, max_examples=150)
@given(st.lists(EVENTS, max_size=8), st.binary(max_size=60))
@pytest.mark.invariant("I10")
def test_any_events_give_events_or_a_typed_failure(events: list[Any], noise: bytes) -> None:
    for body in (sse(START, *events, STOP), noise + sse(*events), sse(*events) + noise):
        decoding = decoder()
        decoding.feed(body)
        decoding.close()
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=150)
@given(st.lists(shaped(JSON | shaped(JSON)), max_size=4) | JSON, JSON, st.binary(max_size=40))
@pytest.mark.invariant("I10")
def test_any_body_gives_events_or_a_typed_failure(content: Any, more: Any, noise: bytes) -> None:
    message = {"type": "message", "content": content, "usage": more, "stop_details": more}
    for body in (json.dumps(message).encode(), json.dumps(more).encode(), noise):
        decoding = decoder()
        decoding.whole(body)
        assert decoding.finished or isinstance(decoding.failure, FairleadError)


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, max_size=6), st.randoms(use_true_random=False))
@pytest.mark.invariant("I9")
def test_any_split_of_any_stream_gives_the_same(events: list[Any], random: Any) -> None:
    body = sse(START, *events, last(), STOP)
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
