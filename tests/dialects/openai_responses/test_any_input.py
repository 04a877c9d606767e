"""Any bytes and any JSON give an answer or a typed failure, the same at any split."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.openai_responses.building import (
    CREATED,
    Json,
    added,
    completed,
    decoder,
    done,
    message,
    output_text,
    sse,
    text_delta,
)

from fairlead.types.events import (
    Event,
    Finish,
)

SAMPLE = sse(
    CREATED,
    added(0, type="reasoning", id="rs", summary=[]),
    {"type": "response.reasoning_text.delta", "output_index": 0, "delta": "Hm"},
    added(1, type="function_call", id="fc", call_id="c", name="add", arguments=""),
    {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{}"},
    text_delta("é", 2),
    done(2, **message(output_text("é!", {"type": "url_citation", "url": "u"}))),
    completed([message(output_text("é!"))]),
)
FRAGMENTS = st.one_of(
    st.sampled_from([line + b"\n" for line in SAMPLE.split(b"\n")]),
    st.binary(max_size=12),
    st.sampled_from([b"data: ", b"\n\n", b"null", b'{"type":"response.completed"}', b"[DONE]"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS, max_size=12), st.integers(1, 40))
@pytest.mark.invariant("I10")
def test_any_bytes_give_events_or_a_typed_failure(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    one, other = decoder(), decoder()
    split: list[Event] = []
    for start in range(0, len(data), size):
        split += one.feed(data[start : start + size])
    split += one.close()
    together = [*other.feed(data), *other.close()]
    assert split == together
    assert one.finished is (one.failure is None)
    assert type(one.failure) is type(other.failure)
    assert (one.failure is None) == any(isinstance(event, Finish) for event in split)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "id",
                    "role",
                    "content",
                    "text",
                    "output",
                    "usage",
                    "error",
                    "status",
                    "summary",
                    "annotations",
                    "arguments",
                    "name",
                    "call_id",
                    "action",
                    "result",
                    "results",
                    "input_tokens",
                    "logprobs",
                    "model",
                ]
            ),
            inner | st.sampled_from(["message", "reasoning", "function_call", "output_text"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["output", "usage", "error", "id", "status"]), JSON))
@pytest.mark.invariant("I10")
def test_any_json_gives_an_answer_or_a_typed_failure(value: Json) -> None:
    one = decoder()
    one.whole(json.dumps({"object": "response", **value}).encode())
    assert one.finished is (one.failure is None)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [
            "output_item.added",
            "output_item.done",
            "content_part.added",
            "output_text.delta",
            "completed",
            "failed",
            "output_text.annotation.added",
            "function_call_arguments.done",
            "created",
        ]
    ),
    st.dictionaries(
        st.sampled_from(
            ["item", "part", "annotation", "response", "delta", "output_index", "text", "logprobs"]
        ),
        JSON,
    ),
)
@pytest.mark.invariant("I10")
def test_any_event_is_read_or_refused(kind: str, fields: Json) -> None:
    one = decoder()
    one.feed(sse({"type": f"response.{kind}", **fields}))
    one.close()
    assert one.finished is (one.failure is None)
