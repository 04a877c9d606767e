"""One answer made of one that was cut and one that goes on: parts, places and events."""

from __future__ import annotations

from fairlead.engine.joining import Joint
from fairlead.types.events import (
    CitationEvent,
    Finish,
    PartEnd,
    ResponseStart,
    TextDelta,
    ToolCallStart,
    UsageEvent,
)
from fairlead.types.messages import Citation, Message, Text, ToolCall
from fairlead.types.usage import Usage

START = ResponseStart("r", "m")
CALL = ToolCall("c", "look")


def joint(*before: str, open_end: bool = True) -> Joint:
    return Joint([Text(text) for text in before], open_end=open_end, repeats=False)


def test_more_of_the_last_text_keeps_its_place_and_ends_as_one_part() -> None:
    subject = joint("first", "sec")
    found = subject.events([START, TextDelta("ond"), PartEnd(0, Text("ond")), Finish("stop")])
    assert found == [TextDelta("ond", 1), PartEnd(1, Text("second")), Finish("stop")]
    message = Message.assistant("ond")
    assert subject.message(message).parts == (Text("first"), Text("second"))


def test_behind_a_part_that_was_over_another_begins() -> None:
    subject = joint("first\n", open_end=False)
    found = subject.events([TextDelta("\nmore"), PartEnd(0, Text("\nmore"))])
    assert found == [TextDelta("more", 1), PartEnd(1, Text("more"))]
    assert subject.message(Message.assistant("\nmore")).text == "first\nmore"


def test_a_tool_call_ends_the_text_that_was_cut_and_stands_behind_it() -> None:
    subject = joint("so")
    found = subject.events([START, ToolCallStart(0, "c", "look"), TextDelta("x", 1)])
    assert found == [PartEnd(0, Text("so")), ToolCallStart(1, "c", "look"), TextDelta("x", 2)]
    assert subject.message(Message.assistant(CALL)).parts == (Text("so"), CALL)


def test_an_answer_that_had_come_whole_ends_its_text() -> None:
    subject = joint("all")
    usage = UsageEvent(Usage(output=1))
    assert subject.events([START, usage, Finish("stop")]) == [
        usage,
        PartEnd(0, Text("all")),
        Finish("stop"),
    ]
    assert subject.message(Message("assistant", ())).parts == (Text("all"),)


def test_citations_point_where_they_did() -> None:
    subject = joint("Rain. ")
    behind = Citation(url="u", start=1, end=5)
    part = Text(" Snow", (behind,))
    found = subject.events([TextDelta(" Snow"), CitationEvent(behind), PartEnd(0, part)])
    moved = Citation(url="u", start=6, end=10)
    assert found[1] == CitationEvent(moved, 0)
    whole = found[2].part
    assert whole == Text("Rain. Snow", (moved,))
    assert whole.text[moved.start : moved.end] == "Snow"
