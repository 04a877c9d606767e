"""Reads an answer in JSON as what it stands for: a call of a tool, or words.

Words that stand under `answer` are told while they come. What is neither, because the model did not
keep to the form, stays the text that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from fairlead.dialects.retelling import RetellingDecoder
from fairlead.framing.partial_json import PartialJson
from fairlead.types.events import (
    Event,
    Finish,
    PartEnd,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from fairlead.types.messages import Message, Text, ToolCall

if TYPE_CHECKING:
    from fairlead.ports import Decoder
    from fairlead.types.responses import ChatResponse, FinishReason


class CallingDecoder(RetellingDecoder):
    """A decoder whose first text may be a call, which then has the id `call_id`.

    `free`: the answer is any text, else it is a JSON value of its own.
    """

    __slots__ = (
        "_call_id",
        "_free",
        "_index",
        "_json",
        "_name",
        "_part",
        "_raw",
        "_so_far",
    )

    def __init__(self, inner: Decoder[Event, ChatResponse], call_id: str, *, free: bool) -> None:
        super().__init__(inner)
        self._call_id = call_id
        self._free = free
        self._json = PartialJson()
        self._index: int | None = None
        self._raw: list[str] = []
        self._so_far = ""
        self._name: str | None = None  # of the tool, once the call was told of
        self._part: Text | ToolCall | None = None

    def _told(self, event: Event) -> Sequence[Event]:
        if type(event) is TextDelta and self._is_first(event.index):
            return self._more(event)
        if type(event) is PartEnd and event.index == self._index:
            return self._ended(event.index)
        if type(event) is Finish:
            return (replace(event, finish_reason=self._reason(event.finish_reason)),)
        return (event,)

    def _message(self, message: Message) -> Message:
        """`message` with its first text as what it stands for."""
        at = self._index
        if at is None or at >= len(message.parts):
            return message
        part = self._part or self._begun() or Text(self._so_far)
        kept = (part,) if part != Text("") else ()
        return replace(message, parts=(*message.parts[:at], *kept, *message.parts[at + 1 :]))

    def _is_first(self, index: int) -> bool:
        if self._index is None:
            self._index = index
        return index == self._index

    def _reason(self, reason: FinishReason) -> FinishReason:
        called = isinstance(self._part, ToolCall) and reason == "stop"
        return "tool_call" if called else reason

    def _more(self, event: TextDelta) -> list[Event]:
        """What can be told of the text so far: the name of the tool, or more of the answer."""
        self._raw.append(event.text)
        self._json.feed(event.text)
        value = self._json.value
        if self._json.failure is not None or not isinstance(value, dict):
            return []
        name, answer = value.get("tool"), value.get("answer")
        if self._name is None and isinstance(name, str) and "arguments" in value:
            return self._announce(event.index, name)
        return self._tell(event.index, answer) if self._free and isinstance(answer, str) else []

    def _announce(self, index: int, name: str) -> list[Event]:
        self._name = name
        return [ToolCallStart(index, self._call_id, name)]

    def _tell(self, index: int, text: str) -> list[Event]:
        new = text[len(self._so_far) :]
        self._so_far = text
        return [TextDelta(new, index)] if new else []

    def _begun(self) -> ToolCall | None:
        """The call that was told of and is not whole, with its arguments as they are written."""
        if self._name is None:
            return None
        _, _, rest = "".join(self._raw).partition('"arguments"')
        return ToolCall(self._call_id, self._name, rest.lstrip(" \t\r\n:"), complete=False)

    def _ended(self, index: int) -> list[Event]:
        part: Text | ToolCall = _meant(
            "".join(self._raw), self._call_id, self._so_far, free=self._free
        )
        if not isinstance(part, ToolCall):  # what was begun as a call stays one
            part = self._begun() or part
        self._part = part
        if isinstance(part, ToolCall):
            start = [] if self._name is not None else self._announce(index, part.name)
            return [*start, ToolCallDelta(part.arguments, index), ToolCallEnd(index, part)]
        return [*self._tell(index, part.text), PartEnd(index, part)]


def _meant(raw: str, call_id: str, told: str, *, free: bool) -> Text | ToolCall:
    """What the whole text says. One that was cut is the answer as far as it was told, or itself."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return Text(told or raw)
    if isinstance(value, dict):
        name, arguments = value.get("tool"), value.get("arguments")
        if isinstance(name, str) and isinstance(arguments, dict):
            return ToolCall(call_id, name, msgspec.json.encode(arguments).decode())
        answer = value.get("answer")
        if free and isinstance(answer, str):
            return Text(answer)
        if not free and "answer" in value:
            return Text(msgspec.json.encode(answer).decode())
    return Text(raw)
