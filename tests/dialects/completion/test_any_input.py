"""Whatever comes, in whatever split: events or a typed failure, and the same ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.completion.completing import Completed, Completions, frame

from fairlead.dialects.completion.llamacpp_infill import DIALECT as INFILL
from fairlead.dialects.completion.openai_completions import DIALECT as COMPLETIONS
from fairlead.errors import FairleadError

KEYS = [
    "choices",
    "text",
    "index",
    "logprobs",
    "tokens",
    "token_logprobs",
    "top_logprobs",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "content",
    "stop",
    "stop_type",
    "tokens_predicted",
    "tokens_evaluated",
    "timings",
    "cache_n",
    "error",
    "message",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
BOTH = pytest.mark.parametrize("dialect", [INFILL, COMPLETIONS], ids=lambda d: d.name)


@BOTH
@settings(deadline=None, max_examples=100)
@given(st.lists(ODD, max_size=6), st.randoms())
@pytest.mark.invariant("I9")
@pytest.mark.invariant("I10")
def test_any_json_in_any_split_gives_the_same_events_or_typed_failure(  # type: ignore[no-untyped-def]
    dialect: Completions, values: list[object], random
) -> None:
    sent = b"".join(map(frame, values))
    one = Completed(dialect).stream(sent)
    places = sorted(random.sample(range(len(sent)), min(5, len(sent))))
    pieces = [sent[a:b] for a, b in zip([0, *places], [*places, len(sent)], strict=True)]
    two = Completed(dialect).stream(*pieces)
    assert one.events == two.events
    assert type(one.failure) is type(two.failure)
    assert one.failure is None or isinstance(one.failure, FairleadError)


@BOTH
@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200) | ODD.map(lambda value: json.dumps(value).encode()))
@pytest.mark.invariant("I10")
def test_any_bytes_are_an_answer_or_a_typed_failure(dialect: Completions, sent: bytes) -> None:
    for completed in (Completed(dialect).stream(sent), Completed(dialect).whole(sent)):
        assert completed.failure is None or isinstance(completed.failure, FairleadError)
