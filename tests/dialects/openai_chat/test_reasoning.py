"""Reasoning in every field it comes in."""

from __future__ import annotations

import json

import pytest
from tests.dialects.openai_chat.answering import (
    DONE,
    STOP,
    Answered,
    body,
    chunk,
    frame,
)

from fairlead.types.events import (
    ReasoningDelta,
)
from fairlead.types.messages import Opaque, Reasoning
from fairlead.types.targets import Quirks


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_reasoning_remembers_the_field_it_came_in(field: str) -> None:
    stream = [chunk({field: "Hm"}), chunk({field: "m", "content": ""}), chunk({"content": "x"})]
    answered = Answered().stream(*stream, frame(STOP), DONE)
    part = answered.response.message.parts[0]
    assert isinstance(part, Reasoning)
    assert part.text == "Hmm"
    assert part.provider_state is not None
    assert json.loads(part.provider_state.data) == {"field": field}
    assert [e.text for e in answered.events if isinstance(e, ReasoningDelta)] == ["Hm", "m"]


def test_reasoning_under_two_names_is_counted_once() -> None:
    response = Answered().whole(body({"reasoning_content": "a", "reasoning": "a"})).response
    assert response.reasoning == "a"


def test_20_reasoning_details_grow_over_a_stream_to_what_a_whole_body_holds() -> None:
    def detail(**fields: object) -> dict[str, object]:
        return {"type": "reasoning.text", "index": 0, **fields}

    sealed = {"type": "reasoning.encrypted", "data": "b64==", "index": 1}
    pieces = [detail(text="We "), detail(text="know"), detail(signature="sig"), sealed]
    stream = [chunk({"reasoning_details": [piece]}) for piece in pieces]
    streamed = Answered().stream(*stream, frame(STOP), DONE).response
    full = [detail(text="We know", signature="sig"), sealed]
    whole = Answered().whole(body({"reasoning_details": full})).response
    assert streamed.message.parts == whole.message.parts
    assert streamed.reasoning == "We know"


def test_20_sealed_reasoning_alone_is_a_redacted_part() -> None:
    sealed = {"type": "reasoning.encrypted", "data": "b64==", "index": 0}
    part = (
        Answered()
        .whole(body({"content": "x", "reasoning_details": [sealed]}))
        .response.message.parts[0]
    )
    assert isinstance(part, Reasoning)
    assert part.redacted
    assert part.provider_state is not None
    assert json.loads(part.provider_state.data)["reasoning_details"] == [sealed]


def test_content_in_chunks_is_text_reasoning_and_what_is_not_known() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "signature": "s"},
        {"type": "text", "text": "Yes"},
        {"type": "reference", "reference_ids": [1]},
    ]
    message = Answered().whole(body({"content": content})).response.message
    assert (message.reasoning, message.text) == ("Hm", "Yes")
    assert isinstance(message.parts[2], Opaque)
    assert message.parts[2].kind == "reference"


def test_inline_thinking_is_told_from_text_in_any_split() -> None:
    text = "<think>\nWhy? 1 < 2\n</think>\n\nBecause."
    quirks = Quirks(inline_thinking=True)
    whole = Answered(quirks).whole(body({"content": text})).response
    bytewise = [chunk({"content": letter}) for letter in text]
    streamed = Answered(quirks).stream(*bytewise, frame(STOP), DONE).response
    assert (whole.reasoning, whole.text) == ("Why? 1 < 2", "Because.")
    assert whole.message == streamed.message


def test_think_tags_stay_text_where_the_target_has_no_such_quirk() -> None:
    assert Answered().whole(body({"content": "<think>a</think>b"})).response.reasoning == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize("more", [{}, {"data": "abc", "index": 0}])
def test_thousands_of_details_take_no_time(more: dict[str, object]) -> None:
    details = [{"type": "reasoning.x", "index": n, **more} for n in range(20_000)]
    stream = [chunk({"reasoning_details": [detail]}) for detail in details]
    answered = Answered().stream(*stream, frame(STOP), DONE)
    (part,) = answered.response.message.parts
    assert len(json.loads(part.provider_state.data)["reasoning_details"]) == 20_000
