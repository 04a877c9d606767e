"""Whether the events of an answer tell the same story as the answer itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fairlead.types.events import (
    CitationEvent,
    Event,
    Finish,
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    ResponseStart,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageEvent,
)
from fairlead.types.messages import Citation, Part, Reasoning, Refusal, Text, ToolCall
from fairlead.types.responses import ChatResponse


def disagreements(events: list[Event], response: ChatResponse) -> Iterator[str]:
    """One sentence for each thing that the events and the answer tell differently."""
    yield from _frame(events, response)
    yield from _parts(events, response)
    yield from _deltas(events, response)
    yield from _usage(events, response)


def _frame(events: list[Event], response: ChatResponse) -> Iterator[str]:
    starts = [event for event in events if isinstance(event, ResponseStart)]
    if [(s.id, s.model) for s in starts] != [(response.id, response.model)]:
        yield f"events: the start is {starts!r:.200}"
    finishes = [event for event in events if isinstance(event, Finish)]
    expected = Finish(response.finish_reason, response.raw_finish_reason)
    if finishes != [expected] or events[-1] != expected:
        yield f"events: the finish is {finishes!r:.200}, the last event {events[-1]!r:.100}"


def _parts(events: list[Event], response: ChatResponse) -> Iterator[str]:
    ended: dict[int, Part] = {}
    for event in events:
        if isinstance(event, PartEnd | ToolCallEnd):
            if event.index in ended:
                yield f"events: part {event.index} ends twice"
            ended[event.index] = event.part if isinstance(event, PartEnd) else event.tool_call
    if tuple(ended[index] for index in sorted(ended)) != response.message.parts:
        yield "events: the parts that ended are not the parts of the message"


def _deltas(events: list[Event], response: ChatResponse) -> Iterator[str]:
    told: defaultdict[int, str] = defaultdict(str)
    citations: defaultdict[int, list[Citation]] = defaultdict(list)
    calls: dict[int, ToolCallStart] = {}
    over: set[int] = set()
    for event in events:
        if isinstance(event, TextDelta | ReasoningDelta | RefusalDelta):
            told[event.index] += event.text
        elif isinstance(event, ToolCallDelta):
            told[event.index] += event.arguments
        elif isinstance(event, CitationEvent):
            citations[event.index].append(event.citation)
        elif isinstance(event, ToolCallStart):
            calls[event.index] = event
        elif isinstance(event, PartEnd | ToolCallEnd):
            over.add(event.index)
            continue
        else:
            continue
        if event.index in over:
            yield f"events: part {event.index} goes on after its end"
    for index, part in enumerate(response.message.parts):
        yield from _part(index, part, told.get(index, ""), calls.get(index))
        if isinstance(part, ToolCall) and not part.complete and response.finish_reason != "length":
            yield f"message: call {index} is not complete, and nothing has cut the answer"
        if isinstance(part, Text) and tuple(citations[index]) != part.citations:
            yield f"events: the citations of part {index} differ"


def _part(index: int, part: Part, told: str, call: ToolCallStart | None) -> Iterator[str]:
    if isinstance(part, Text | Reasoning | Refusal):
        if told != part.text:
            yield f"events: the deltas of part {index} give {told!r:.80}, not {part.text!r:.80}"
    elif isinstance(part, ToolCall) and not part.by_provider:
        if call is None or (call.id, call.name) != (part.id, part.name):
            yield f"events: part {index} started as {call!r}, not {part.id}, {part.name}"
        if (told or "{}") != part.arguments:
            yield f"events: call {index} was told as {told!r:.80}, not {part.arguments!r:.80}"


def _usage(events: list[Event], response: ChatResponse) -> Iterator[str]:
    reported = [event.usage for event in events if isinstance(event, UsageEvent)]
    if reported[-1:] != ([] if response.usage is None else [response.usage]):
        yield f"events: the usage is {reported!r:.200}, not {response.usage!r:.200}"
