"""Reads an answer whose JSON came by another way as the text that was asked for.

One decoder reads the arguments of the tool that stands for the answer, the other finds the JSON in
words. What the model says around it is left out, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.dialects.json_in_text import JsonInText
from fairlead.dialects.retelling import RetellingDecoder
from fairlead.types.events import (
    Event,
    Finish,
    PartEnd,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from fairlead.types.messages import Message, Part, Text, ToolCall

if TYPE_CHECKING:
    from fairlead.ports import Decoder
    from fairlead.types.responses import ChatResponse, FinishReason

TALK = "the model wrote words around the JSON; they were left out"


class ArgumentsDecoder(RetellingDecoder):
    """The arguments of the first call of `tool` are the text; words before it wait for it."""

    __slots__ = ("_held", "_index", "_said", "_tool")

    def __init__(self, inner: Decoder[Event, ChatResponse], tool: str) -> None:
        super().__init__(inner)
        self._tool = tool
        self._index: int | None = None
        self._said = ""
        self._held: list[Event] = []

    def _told(self, event: Event) -> Sequence[Event]:
        match event:
            case ToolCallStart() if self._index is None and event.name == self._tool:
                self._index = event.index
                self._held.clear()
                return ()
            case ToolCallDelta() if event.index == self._index:
                self._said += event.arguments
                return (TextDelta(event.arguments, event.index),)
            case ToolCallEnd() if event.index == self._index:
                return self._ended(event)
            case TextDelta():
                return self._wait(event)
            case PartEnd() if isinstance(event.part, Text):
                return self._wait(event)
            case Finish():
                reason = self._reason(event.finish_reason)
                return (*self._held, replace(event, finish_reason=reason))
        return (event,)

    def _wait(self, event: Event) -> Sequence[Event]:
        if self._index is None:
            self._held.append(event)
        return ()

    def _ended(self, event: ToolCallEnd) -> Sequence[Event]:
        arguments = _written(event.tool_call)
        rest = arguments.removeprefix(self._said) if arguments.startswith(self._said) else ""
        end = PartEnd(event.index, Text(arguments))
        return (TextDelta(rest, event.index), end) if rest else (end,)

    def _message(self, message: Message) -> Message:
        call = self._call(message)
        if call is None:
            return message
        kept: list[Part] = [
            Text(_written(call)) if part is call else part
            for part in message.parts
            if not isinstance(part, Text)
        ]
        return replace(message, parts=tuple(kept))

    def _warnings(self, message: Message) -> tuple[str, ...]:
        left_out = self._call(message) is not None and bool(message.text.strip())
        return (TALK,) if left_out else ()

    def _call(self, message: Message) -> ToolCall | None:
        calls = (part for part in message.parts if isinstance(part, ToolCall))
        return next((call for call in calls if call.name == self._tool), None)

    def _reason(self, reason: FinishReason) -> FinishReason:
        return "stop" if reason == "tool_call" and self._index is not None else reason


class FoundDecoder(RetellingDecoder):
    """The JSON in the words is the text. All parts of text are read as one, the first of them."""

    __slots__ = ("_index", "_json")

    def __init__(self, inner: Decoder[Event, ChatResponse], opening: str) -> None:
        super().__init__(inner)
        self._json = JsonInText(opening)
        self._index: int | None = None

    def _told(self, event: Event) -> Sequence[Event]:
        match event:
            case TextDelta():
                if self._index is None:
                    self._index = event.index
                return self._delta(self._json.feed(event.text))
            case PartEnd() if isinstance(event.part, Text):
                return ()
            case Finish() if self._index is not None:
                last = self._delta(self._json.close())
                return (*last, PartEnd(self._index, Text(self._json.text)), event)
        return (event,)

    def _delta(self, text: str) -> Sequence[Event]:
        return (TextDelta(text, self._index or 0),) if text else ()

    def _message(self, message: Message) -> Message:
        texts = [part for part in message.parts if isinstance(part, Text)]
        if not texts:
            return message
        told = Text(self._json.text)
        parts: list[Part] = []
        for part in message.parts:
            if not isinstance(part, Text):
                parts.append(part)
            elif part is texts[0] and told.text:
                parts.append(told)
        return replace(message, parts=tuple(parts))

    def _warnings(self, message: Message) -> tuple[str, ...]:
        return (TALK,) if self._json.talk else ()


def _written(call: ToolCall) -> str:
    """The arguments as the model wrote them: nothing where it was cut before the first."""
    return "" if call.arguments == "{}" and not call.complete else call.arguments
