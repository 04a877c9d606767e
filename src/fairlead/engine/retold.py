"""What a message has come to, told by its events alone: for an answer that is heard from others."""

from __future__ import annotations

from collections.abc import Iterable

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
from fairlead.types.messages import (
    Citation,
    Message,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from fairlead.types.usage import Usage


def retold(events: Iterable[object]) -> tuple[Message, Usage | None]:
    """The message so far, and the usage if it was told. A tool call that is not whole says so."""
    story = _Story()
    usage: Usage | None = None
    for event in events:
        if isinstance(event, UsageEvent):
            usage = event.usage
        elif isinstance(event, StreamRestarted):
            story, usage = _Story(), None
        else:
            story.hear(event)
    return Message("assistant", story.parts()), usage


class _Story:
    """The parts of one answer, those that have ended and those under way, by their places."""

    def __init__(self) -> None:
        self._ended: dict[int, Part] = {}
        self._texts: dict[int, tuple[type[Text | Reasoning | Refusal], list[str]]] = {}
        self._cited: dict[int, list[Citation]] = {}
        self._calls: dict[int, tuple[str, str, list[str]]] = {}

    def hear(self, event: object) -> None:
        if isinstance(event, TextDelta):
            self._written(Text, event.index, event.text)
        elif isinstance(event, ReasoningDelta):
            self._written(Reasoning, event.index, event.text)
        elif isinstance(event, RefusalDelta):
            self._written(Refusal, event.index, event.text)
        elif isinstance(event, PartEnd):
            self._ended[event.index] = event.part
        elif isinstance(event, CitationEvent):
            self._cited.setdefault(event.index, []).append(event.citation)
        else:
            self._hear_call(event)

    def _hear_call(self, event: object) -> None:
        if isinstance(event, ToolCallStart):
            self._calls[event.index] = event.id, event.name, []
        elif isinstance(event, ToolCallDelta) and event.index in self._calls:
            self._calls[event.index][2].append(event.arguments)
        elif isinstance(event, ToolCallEnd):
            self._ended[event.index] = event.tool_call

    def _written(self, kind: type[Text | Reasoning | Refusal], index: int, text: str) -> None:
        self._texts.setdefault(index, (kind, []))[1].append(text)

    def parts(self) -> tuple[Part, ...]:
        found = {index: self._text(index, *known) for index, known in self._texts.items()}
        for index, (call_id, name, pieces) in self._calls.items():
            found[index] = ToolCall(call_id, name, "".join(pieces) or "{}", complete=False)
        found |= self._ended
        return tuple(found[index] for index in sorted(found))

    def _text(self, index: int, kind: type[Text | Reasoning | Refusal], pieces: list[str]) -> Part:
        text = "".join(pieces)
        return Text(text, tuple(self._cited.get(index, ()))) if kind is Text else kind(text)
