"""Whatever comes gives events or a typed failure, at any split of the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.gemini.building import chunk, decoder, sse, text

from fairlead.errors import FairleadError
from fairlead.types.events import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
PART_FIELDS = (
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "inlineData",
)
INNER_FIELDS = ("name", "id", "args", "partialArgs", "willContinue", "mimeType", "data", "response")
METADATA = (
    "groundingMetadata",
    "citationMetadata",
    "urlContextMetadata",
    "logprobsResult",
    "finishMessage",
    "index",
)
INNER = st.dictionaries(st.sampled_from(INNER_FIELDS), JSON, max_size=4)
PARTS = st.dictionaries(
    st.sampled_from(PART_FIELDS), st.text(max_size=4) | INNER | JSON, max_size=3
)
REASONS = st.sampled_from(["STOP", "SAFETY", 1, None])
CHUNKS = (
    st.builds(
        lambda parts, finish, more, usage: (
            chunk(*parts, finish=finish, **more) | {"usageMetadata": usage}
        ),
        st.lists(PARTS | JSON, max_size=3),
        REASONS,
        st.dictionaries(st.sampled_from(METADATA), JSON, max_size=2),
        JSON,
    )
    | st.dictionaries(
        st.sampled_from(["candidates", "promptFeedback", "error", "usageMetadata"]), JSON
    )
    | JSON
)


@settings(deadline=None, max_examples=200)
@given(st.lists(CHUNKS, max_size=5), st.binary(max_size=60))
@pytest.mark.invariant("I10")
def test_any_events_give_events_or_a_typed_failure(chunks: list[Any], noise: bytes) -> None:
    for body in (sse(*chunks), noise + sse(*chunks), json.dumps(chunks).encode() + noise, noise):
        decoding = decoder()
        decoding.feed(body)
        decoding.close()
        assert decoding.finished or isinstance(decoding.failure, FairleadError)
        decoding.partial()


@settings(deadline=None, max_examples=200)
@given(CHUNKS, st.binary(max_size=40))
@pytest.mark.invariant("I10")
def test_any_body_gives_events_or_a_typed_failure(body: Any, noise: bytes) -> None:
    for data in (json.dumps(body).encode(), noise, json.dumps([body]).encode() + noise):
        decoding = decoder()
        decoding.whole(data)
        assert decoding.finished or isinstance(decoding.failure, FairleadError)


@settings(deadline=None, max_examples=100)
@given(st.lists(CHUNKS, max_size=5), st.booleans(), st.randoms(use_true_random=False))
@pytest.mark.invariant("I9")
def test_any_split_of_any_stream_gives_the_same(
    chunks: list[Any], array: bool, random: Any
) -> None:
    given_chunks = [chunk(text("a")), *chunks, chunk(text("b"), finish="STOP")]
    body = json.dumps(given_chunks).encode() if array else sse(*given_chunks)
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
    assert repr(found) == repr(expected)
    assert repr(split.failure) == repr(whole.failure)
