"""Whatever comes, in whatever split: events or a typed failure, and the same ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.openai_chat.answering import (
    DONE,
    Answered,
    frame,
)

from fairlead.errors import (
    FairleadError,
)
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Quirks

KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "index",
    "id",
    "usage",
    "error",
    "reasoning_details",
    "text",
    "type",
    "audio",
    "data",
    "images",
    "annotations",
    "citations",
    "finish_reason",
    "logprobs",
    "x_groq",
    "executed_tools",
    "extra_content",
    "prompt_tokens",
    "custom",
    "input",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
CHUNKS = st.lists(ODD, max_size=6)


@settings(deadline=None, max_examples=150)
@given(CHUNKS, st.booleans(), st.randoms())
@pytest.mark.invariant("I9")
@pytest.mark.invariant("I10")
def test_any_json_in_any_split_gives_the_same_events_or_typed_failure(
    values, thinking, random
) -> None:  # type: ignore[no-untyped-def]
    sent = b"".join(frame(value) for value in values) + DONE
    quirks = Quirks(inline_thinking=thinking, base_resp_errors=True)
    one = Answered(quirks).stream(sent)
    places = sorted(random.sample(range(len(sent)), min(5, len(sent))))
    pieces = [sent[a:b] for a, b in zip([0, *places], [*places, len(sent)], strict=True)]
    two = Answered(quirks).stream(*pieces)
    assert one.events == two.events
    assert type(one.failure) is type(two.failure)
    assert one.failure is None or isinstance(one.failure, FairleadError)
    if one.failure is None:
        assert one.response == two.response


@settings(deadline=None, max_examples=150)
@given(ODD)
@pytest.mark.invariant("I10")
def test_any_json_body_is_an_answer_or_a_typed_failure(value: object) -> None:
    answered = Answered().whole(json.dumps(value).encode())
    if answered.failure is None:
        assert isinstance(answered.response, ChatResponse)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300))
@pytest.mark.invariant("I10")
def test_any_bytes_are_an_answer_or_a_typed_failure(sent: bytes) -> None:
    for answered in (Answered().stream(sent), Answered().whole(sent)):
        assert answered.failure is None or isinstance(answered.failure, FairleadError)


DEEP = b'{"a":' * 500 + b"1" + b"}" * 500


@pytest.mark.parametrize(
    "sent",
    [
        b'data: {"error":{"message":"no","more":' + DEEP + b"}}\n\n",
        b'data: {"choices":[],"usage":{"a":' + DEEP + b"}}\n\n" * 2,
        b'data: {"choices":[{"delta":{"extra_content":' + DEEP + b"}}]}\n\n" + DONE,
        b'data: {"detail":' + DEEP + b"}\n\n",
    ],
)
def test_json_nested_deeply_is_never_an_exception(sent: bytes) -> None:
    answered = Answered().stream(sent)
    assert answered.failure is None or isinstance(answered.failure, FairleadError)
    whole = Answered().whole(sent.removeprefix(b"data: ").partition(b"\n")[0])
    assert whole.failure is None or isinstance(whole.failure, FairleadError)


@pytest.mark.parametrize("place", ["", "prompt_tokens_details"])
def test_a_stray_byte_in_the_usage_costs_no_answer(place: str) -> None:
    usage = b'{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"note":"\xff"}'
    if place:
        usage = b'{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":1,"\xff":2}}'
    sent = b'{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":%b}' % usage
    answered = Answered().whole(sent)
    assert answered.failure is None
    assert answered.response.text == "Hi"
    assert answered.response.usage.input_tokens == 1


@pytest.mark.parametrize("field", ["delta", "text"])
def test_an_odd_field_beside_the_message_is_told(field: str) -> None:
    choice = {"message": {"content": "Hi"}, "finish_reason": "stop", field: [1]}
    response = Answered().whole(json.dumps({"choices": [choice]}).encode()).response
    assert response.text == "Hi"
    (warning,) = response.warnings
    assert field in warning
