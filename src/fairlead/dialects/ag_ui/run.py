"""One run under construction: what the agent says and thinks becomes the parts of one answer.

Each part remembers the message that it was, so that the conversation can go back. Opaque values
that belong to messages and calls are kept by their ids, in the state of the whole answer.
"""

from __future__ import annotations

from collections.abc import Container, Hashable

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.ag_ui import wire
from fairlead.dialects.ag_ui.calls import Calls
from fairlead.dialects.ag_ui.shared import Shared
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.types.messages import Opaque, ProviderState

INTERRUPT = "interrupt"
MESSAGE = "message"


class Run:
    """`texts` are the open text slots by message id, for the hot path."""

    __slots__ = (
        "_assembly",
        "_count",
        "_keys",
        "_latest_text",
        "_latest_thought",
        "_others",
        "_starts",
        "_thoughts",
        "calls",
        "encrypted",
        "shared",
        "spoke",
        "texts",
    )

    def __init__(self, assembly: Assembly, tools: Container[str]) -> None:
        self._assembly = assembly
        self._count = 0
        self._keys: dict[tuple[str, str], Hashable] = {}
        self._latest_text = ""
        self._latest_thought = ""
        self._others: dict[str, tuple[str, list[str]]] = {}
        self._starts: dict[str, dict[str, str]] = {}
        self._thoughts: set[str] = set()
        self.calls = Calls(assembly, tools)
        self.encrypted: dict[str, str] = {}
        self.shared = Shared(assembly)
        self.spoke = False
        self.texts: dict[str | None, Slot] = {}

    @property
    def streamed(self) -> bool:
        """Whether there is an answer so far, beside thinking."""
        return self.spoke or self.calls.any

    @property
    def thought_aloud(self) -> bool:
        return bool(self._thoughts)

    def text_start(self, frame: wire.Frame) -> None:
        """Nothing is shown before the first word. Only the assistant's words are the answer."""
        self._latest_text = message_id = frame.message_id or self._latest_text
        fields = {"messageId": message_id}
        if frame.name:
            fields["name"] = frame.name
        if frame.subagent_run_id:
            fields["subagentRunId"] = frame.subagent_run_id
        self._starts[message_id] = fields
        if frame.role not in (None, "assistant"):
            self._others[message_id] = (frame.role, [])

    def text(self, message_id: str | None, delta: str) -> None:
        """More of a message; one that was not begun, or had ended, begins."""
        self._latest_text = message_id = message_id or self._latest_text
        if message_id in self._others:
            self._others[message_id][1].append(delta)
        elif delta:
            self.spoke = True
            key = self._key("text", message_id)
            self._assembly.text(key, delta)
            slot = self.texts[message_id] = self._assembly.slot(key, "text")
            if slot.state is None:
                slot.state = rawjson.text(self._starts.get(message_id, {"messageId": message_id}))

    def text_chunk(self, frame: wire.Frame, delta: str) -> None:
        """A piece that may be the beginning too."""
        if frame.message_id and frame.message_id not in self._starts:
            self.text_start(frame)
        self.text(frame.message_id, delta)

    def text_end(self, message_id: str | None) -> None:
        message_id = message_id or self._latest_text
        self.texts.pop(message_id, None)
        self._end("text", message_id)
        if message_id in self._others:
            role, pieces = self._others.pop(message_id)
            message = {"id": message_id, "role": role, "content": "".join(pieces)}
            self._keep(MESSAGE, rawjson.text(message))

    def thought(self, message_id: str | None, delta: str) -> None:
        self._latest_thought = message_id = message_id or self._latest_thought
        if delta:
            self._thoughts.add(message_id)
            key = self._key("thought", message_id)
            self._assembly.reasoning(key, delta)
            self._assembly.slot(key, "reasoning").state = rawjson.text({"messageId": message_id})

    def thought_end(self, message_id: str | None) -> None:
        """The end of a stretch of thinking, of which there may be only what is sealed."""
        message_id = message_id or self._latest_thought
        if message_id in self.encrypted and message_id not in self._thoughts:
            slot = self._assembly.slot(self._key("thought", message_id), "reasoning")
            slot.redacted = True
            slot.state = rawjson.text({"messageId": message_id})
        self._end("thought", message_id)

    def seal(self, entity_id: str | None, value: str | None) -> None:
        """A provider's opaque value that belongs to a message or a call."""
        if entity_id and value is not None:
            self.encrypted[entity_id] = value

    def interrupt(self, raw: Raw) -> None:
        """Something that the caller must decide before the agent goes on."""
        self._keep(INTERRUPT, rawjson.text_of(raw))

    def finish(self) -> None:
        """No more comes: what is open ends, and all that goes back is written down."""
        for message_id in list(self._others):
            self.text_end(message_id)
        self.calls.settle()
        self.shared.write()

    def _key(self, kind: str, message_id: str) -> Hashable:
        """The place of an open message; ids on the wire may come again."""
        key = self._keys.get((kind, message_id))
        if key is None:
            self._count += 1
            key = self._keys[kind, message_id] = (kind, self._count)
        return key

    def _end(self, kind: str, message_id: str) -> None:
        key = self._keys.pop((kind, message_id), None)
        if key is not None:
            self._assembly.end(key)

    def _keep(self, kind: str, data: str) -> None:
        self._count += 1
        part = Opaque(kind, ProviderState(wire.NAME, data))
        self._assembly.whole((kind, self._count), part)
