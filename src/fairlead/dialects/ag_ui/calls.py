"""Tool calls of a run, and the results of those that the agent ran itself.

Calls of tools that the caller passed are the caller's. All others are the agent's, and end with
their results; those that the agent leaves pending at the end of its run are the caller's too.
"""

from __future__ import annotations

from collections.abc import Container, Hashable

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.ag_ui import wire
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.errors import DecodeError, ResponseTooLarge
from fairlead.types.messages import ProviderState, Text, ToolResult

MOST_CALLS = 4096


class Calls:
    """The calls of one run by their ids."""

    __slots__ = ("_assembly", "_keys", "_latest", "_over", "_results", "_slots", "_tools")

    def __init__(self, assembly: Assembly, tools: Container[str]) -> None:
        self._assembly = assembly
        self._keys: dict[str, Hashable] = {}
        self._latest = ""
        self._over: list[str] = []
        self._results = 0
        self._slots: list[Slot] = []
        self._tools = tools

    @property
    def any(self) -> bool:
        return bool(self._slots)

    def start(self, call_id: str | None, name: str | None, parent: str | None) -> None:
        """Beginning a call that is open does nothing; an id that is over may come again."""
        self._latest = call_id = call_id or self._latest
        slot = self._slot(call_id)
        if slot is not None and (not name or not slot.complete):
            return
        if not call_id or not name:
            raise DecodeError("a tool call came without its id, or without the tool's name")
        if len(self._slots) == MOST_CALLS:
            raise ResponseTooLarge(f"the answer has more than {MOST_CALLS} tool calls")
        key = self._keys[call_id] = ("call", len(self._slots))
        slot = self._assembly.tool_start(key, call_id, name, by_provider=name not in self._tools)
        if parent:
            slot.state = rawjson.text({"parentMessageId": parent})
        self._slots.append(slot)

    def arguments(self, call_id: str | None, delta: str) -> None:
        slot = self._slot(call_id or self._latest)
        if slot is None:
            raise DecodeError(f"arguments came for the call {call_id!r}, which had not begun")
        if not slot.complete:
            self._assembly.tool_arguments(slot, delta)

    def end(self, call_id: str | None) -> None:
        """The arguments are whole. Whose the call is may show only later, unless it is clear."""
        call_id = call_id or self._latest
        slot = self._slot(call_id)
        if slot is None:
            return
        if slot.by_provider:
            self._over.append(call_id)
        else:
            self._assembly.end(self._keys[call_id])

    def result(self, call_id: str | None, message_id: str | None, content: Raw) -> None:
        """What the agent's own tool answered."""
        call_id = call_id or ""
        slot = self._slot(call_id)
        if slot is not None:
            self._assembly.end(self._keys[call_id])
        self._results += 1
        state: dict[str, object] = {"messageId": message_id or ""}
        said = rawjson.optional(content, rawjson.STRING)
        if said is None:
            state["content"] = content if rawjson.present(content) else ""
        result = ToolResult(
            call_id,
            _content(content) if said is None else said,
            name=slot.name if slot is not None else None,
            by_provider=True,
            provider_state=ProviderState(wire.NAME, rawjson.text(state)),
        )
        self._assembly.whole(("result", self._results), result)

    def pending(self, call_ids: list[str]) -> None:
        """The agent did not run these: they wait for the caller."""
        for call_id in call_ids:
            slot = self._slot(call_id)
            if slot is not None and not slot.complete:
                slot.by_provider = False

    def settle(self) -> None:
        """End the calls whose arguments are whole."""
        for call_id in self._over:
            self._assembly.end(self._keys[call_id])

    def _slot(self, call_id: str) -> Slot | None:
        """The latest call of that id."""
        key = self._keys.get(call_id)
        return None if key is None else self._assembly.get(key)


def _content(raw: Raw) -> str | tuple[Text, ...]:
    """Parts that are all text become text; others are given as their JSON text."""
    parts = rawjson.optional(raw, wire.PARTS)
    if parts and all(part.type == "text" and part.text is not None for part in parts):
        return tuple(Text(part.text or "") for part in parts)
    return rawjson.text_of(raw)
