"""A message told by its events is the one that the decoder tells."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from tests.client.wire import DONE, USAGE, chunk

from fairlead.dialects.registry import dialect_named
from fairlead.engine.retold import retold
from fairlead.ports import Limits
from fairlead.types.events import (
    CitationEvent,
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    StreamRestarted,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageEvent,
)
from fairlead.types.messages import Citation, Message, Reasoning, Refusal, Text, ToolCall
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

TARGET = Target("fake", "m", "chat", "openai_chat", "https://fake.example/v1/chat/completions")
CALL = {"index": 0, "id": "t1", "type": "function", "function": {"name": "look", "arguments": ""}}
MORE = {"index": 0, "function": {"arguments": '{"at":'}}
LAST = {"index": 0, "function": {"arguments": '"sea"}'}}
STREAM = (
    chunk({"role": "assistant", "reasoning_content": "Let me"}),
    chunk({"reasoning_content": " look"}),
    chunk({"content": "I look"}),
    chunk({"content": " at it"}),
    chunk({"tool_calls": [CALL]}),
    chunk({"tool_calls": [MORE]}),
    chunk({"tool_calls": [LAST]}),
    chunk({}, "tool_calls"),
    USAGE,
    DONE,
)


@pytest.mark.parametrize("count", range(len(STREAM) + 1))
def test_it_says_what_the_decoder_says_after_each_piece(count) -> None:
    request = ChatRequest("fake/m", (Message.user("Hi"),))
    decoder = dialect_named("openai_chat").decoder(request, TARGET, Limits())
    events = [event for piece in STREAM[:count] for event in decoder.feed(piece)]

    message, usage = decoder.partial()

    assert retold(events)[0] == message
    assert retold(events)[1] in ((usage,) if count == len(STREAM) else (None, usage))


def test_what_was_told_before_a_new_beginning_is_void() -> None:
    events = [TextDelta("old"), UsageEvent(Usage(output=1)), StreamRestarted("b/m", "cut")]

    assert retold([*events, TextDelta("new")]) == (Message("assistant", (Text("new"),)), None)


def test_citations_stand_with_their_text_and_a_refusal_is_one() -> None:
    source = Citation(url="https://a.example")
    told = retold([TextDelta("It is", 0), CitationEvent(source, 0), RefusalDelta("No", 1)])

    assert told[0].parts == (Text("It is", (source,)), Refusal("No"))


def test_a_part_that_has_ended_is_as_it_ended() -> None:
    whole = ToolCall("t1", "look", '{"a":1}')
    told = retold(
        [
            ReasoningDelta("hm", 0),
            PartEnd(0, Reasoning("hm, well")),
            ToolCallStart(1, "t1", "look"),
            ToolCallDelta('{"a"', 1),
            ToolCallEnd(1, whole),
        ]
    )

    assert told[0].parts == (Reasoning("hm, well"), whole)


EVENTS = st.one_of(
    st.builds(TextDelta, st.text(max_size=4), st.integers(0, 3)),
    st.builds(ReasoningDelta, st.text(max_size=4), st.integers(0, 3)),
    st.builds(ToolCallStart, st.integers(0, 3), st.text(max_size=3), st.text(max_size=3)),
    st.builds(ToolCallDelta, st.text(max_size=4), st.integers(0, 3)),
    st.builds(PartEnd, st.integers(0, 3), st.just(Text("whole"))),
    st.builds(CitationEvent, st.just(Citation(url="u")), st.integers(0, 3)),
    st.just(object()),
)


@given(st.lists(EVENTS))
def test_any_events_in_any_order_give_a_message(events) -> None:
    message, _ = retold(events)

    assert message.role == "assistant"
