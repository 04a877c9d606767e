"""Whatever comes gives events or a typed failure, at any split of the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.ag_ui.building import FINISHED, START, decoder, sse

from fairlead.errors import FairleadError
from fairlead.types.events import Event

FIELDS = (
    "messageId",
    "delta",
    "toolCallId",
    "toolCallName",
    "role",
    "content",
    "snapshot",
    "patch",
    "op",
    "path",
    "value",
    "from",
    "messages",
    "toolCalls",
    "function",
    "id",
    "outcome",
    "interrupts",
    "usage",
    "result",
    "entityId",
    "encryptedValue",
    "threadId",
    "runId",
    "message",
    "code",
    "activityType",
    "inputTokens",
)
KINDS = (
    "RUN_STARTED",
    "RUN_FINISHED",
    "RUN_ERROR",
    "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_CONTENT",
    "TEXT_MESSAGE_END",
    "TEXT_MESSAGE_CHUNK",
    "TOOL_CALL_START",
    "TOOL_CALL_ARGS",
    "TOOL_CALL_END",
    "TOOL_CALL_CHUNK",
    "TOOL_CALL_RESULT",
    "REASONING_START",
    "REASONING_MESSAGE_CONTENT",
    "REASONING_ENCRYPTED_VALUE",
    "REASONING_END",
    "STATE_SNAPSHOT",
    "STATE_DELTA",
    "ACTIVITY_SNAPSHOT",
    "ACTIVITY_DELTA",
    "MESSAGES_SNAPSHOT",
    "success",
    "interrupt",
    "other",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=8,
)


def shaped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
    return st.builds(lambda kind, rest: {"type": kind} | rest, st.sampled_from(KINDS), values)


SIMPLE = st.sampled_from(["a", "b", "", "/a"]) | st.integers(0, 2) | JSON
EVENTS = shaped(SIMPLE | shaped(SIMPLE | shaped(SIMPLE)))


@settings(deadline=None, max_examples=200)
@given(st.lists(EVENTS, max_size=8), st.binary(max_size=60))
@pytest.mark.invariant("I10")
def test_any_events_give_events_or_a_typed_failure(events: list[Any], noise: bytes) -> None:
    for body in (sse(START, *events, FINISHED), noise + sse(*events), sse(*events) + noise):
        decoding = decoder()
        decoding.feed(body)
        decoding.close()
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=200)
@given(EVENTS | JSON, st.binary(max_size=40))
@pytest.mark.invariant("I10")
def test_any_body_gives_events_or_a_typed_failure(content: Any, noise: bytes) -> None:
    for body in (json.dumps(content).encode(), noise, json.dumps(content).encode()[:-1]):
        decoding = decoder()
        decoding.whole(body)
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, max_size=6), st.randoms(use_true_random=False))
@pytest.mark.invariant("I9")
def test_any_split_of_any_stream_gives_the_same(events: list[Any], random: Any) -> None:
    body = sse(START, *events, FINISHED)
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
