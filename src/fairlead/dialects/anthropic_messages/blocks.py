"""Content blocks under construction: each becomes one part, streamed or whole, by the same code.

A block that came in one piece keeps its bytes as provider state. One that came in pieces is written
as the provider would have: its first object, with what the deltas brought.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.citations import citation
from fairlead.dialects.anthropic_messages.results import provider_result
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.errors import DecodeError
from fairlead.types.messages import Document, Opaque, ProviderState

Fields: TypeAlias = dict[str, Raw]

_TEXT_FIELDS = frozenset({"type", "text", "citations"})
_CALL_FIELDS = frozenset({"type", "id", "name", "input"})


class OpenBlock:
    """A block that has begun. `key` is its place; indexes on the wire may repeat."""

    __slots__ = ("added", "block", "key", "raw", "slot")

    def __init__(self, key: int, raw: Raw, block: wire.Block) -> None:
        self.key = key
        self.raw = raw
        self.block = block
        self.slot: Slot | None = None
        self.added: Fields = {}

    def written(self) -> str:
        """The block as JSON text, deltas included."""
        if not self.added:
            return rawjson.text_of(self.raw)
        fields = jsontext.decode(bytes(self.raw), wire.RAW_FIELDS) | self.added
        return msgspec.json.encode(fields).decode("utf-8", "replace")


class Blocks:
    """The blocks of one answer. `texts` are the open text slots by index, for the hot path."""

    __slots__ = ("_assembly", "_count", "_documents", "_latest", "_open", "texts")

    def __init__(self, assembly: Assembly, documents: Sequence[Document] = ()) -> None:
        self._assembly = assembly
        self._documents = documents
        self._open: dict[int, OpenBlock] = {}
        self._count = 0
        self._latest = 0
        self.texts: dict[int | None, Slot] = {}

    def start(self, index: int | None, raw: Raw) -> None:
        """A new block. One that is still open at the same index ends: it was never closed."""
        if index is None:
            index = self._count
        self.stop(index)
        self._latest = index
        opened = self._open[index] = OpenBlock(self._count, raw, _block(raw))
        self._count += 1
        self._begin(index, opened)

    def whole(self, raw: Raw) -> None:
        """A block that came in one piece."""
        index = self._count
        self.start(index, raw)
        self.stop(index)

    def text(self, index: int | None, delta: str) -> None:
        if not delta:
            return
        index = self._latest if index is None else index
        opened = self._open.get(index)
        if opened is None:
            self.start(index, Raw(b'{"type":"text","text":""}'))
            opened = self._open[index]
        if opened.block.type != "text":
            raise DecodeError(f"text came for a block of type {opened.block.type!r}")
        self._assembly.text(opened.key, delta)
        self.texts[index] = self._assembly.slot(opened.key, "text")

    def delta(self, index: int | None, delta: wire.Delta, data: bytes) -> None:
        """A change other than text; `data` is the whole event."""
        index = self._latest if index is None else index
        opened = self._open.get(index)
        if opened is None:
            raise DecodeError(f"a {delta.type} came for a block that had not begun", _head(data))
        kind = delta.type
        if kind == "input_json_delta" and opened.slot is not None:
            self._assembly.tool_arguments(opened.slot, delta.partial_json or "")
        elif kind == "thinking_delta" and opened.slot is not None:
            self._assembly.reasoning(opened.key, delta.thinking or "")
        elif kind == "signature_delta":
            opened.added["signature"] = _raw(delta.signature or "")
        elif kind == "citations_delta" and rawjson.present(delta.citation):
            self._assembly.citation(opened.key, citation(delta.citation, self._documents))
        elif kind not in wire.DELTAS:
            _absorb(opened, data)

    def stop(self, index: int | None) -> None:
        """The block is complete; saying so of one that is not open does nothing."""
        index = self._latest if index is None else index
        self.texts.pop(index, None)
        opened = self._open.pop(index, None)
        if opened is not None:
            self._settle(opened)
            self._assembly.stop(opened.key)

    def stop_all(self) -> None:
        for index in list(self._open):
            self.stop(index)

    def _begin(self, index: int, opened: OpenBlock) -> None:
        kind = opened.block.type or ""
        if kind == "text":
            self._begin_text(index, opened)
        elif kind in ("thinking", "redacted_thinking"):
            self._begin_reasoning(opened, redacted=kind == "redacted_thinking")
        elif kind.endswith("tool_use"):
            self._begin_call(opened, by_provider=kind != "tool_use")
        elif kind.endswith("_tool_result") and opened.block.tool_use_id:
            self._assembly.whole(opened.key, provider_result(opened.block, opened.raw))
        else:
            opened.slot = self._assembly.slot(opened.key, "whole")
            opened.slot.whole = _opaque(opened)

    def _begin_text(self, index: int, opened: OpenBlock) -> None:
        self.text(index, opened.block.text or "")
        for raw in rawjson.optional(opened.block.citations, wire.RAW_LIST) or ():
            self._assembly.citation(opened.key, citation(raw, self._documents))
        if (extras := _extras(opened.raw, _TEXT_FIELDS)) is not None:
            self._assembly.slot(opened.key, "text").state = extras

    def _begin_reasoning(self, opened: OpenBlock, *, redacted: bool) -> None:
        opened.slot = self._assembly.slot(opened.key, "reasoning")
        opened.slot.redacted = redacted
        self._assembly.reasoning(opened.key, opened.block.thinking or "")

    def _begin_call(self, opened: OpenBlock, *, by_provider: bool) -> None:
        block = opened.block
        if not block.name:
            raise DecodeError("a tool call came without the tool's name", _head(bytes(opened.raw)))
        call_id = block.id or f"call_{opened.key}"
        opened.slot = self._assembly.tool_start(
            opened.key, call_id, block.name, by_provider=by_provider
        )

    def _settle(self, opened: OpenBlock) -> None:
        """What can be said only at the end: arguments that came at once, and provider state."""
        slot = opened.slot
        if slot is None:
            return
        if slot.kind == "whole":
            slot.whole = _opaque(opened)
        elif slot.kind == "reasoning":
            self._settle_reasoning(opened, slot)
        elif slot.kind == "tool_call":
            self._settle_call(opened, slot)

    def _settle_reasoning(self, opened: OpenBlock, slot: Slot) -> None:
        text = "".join(slot.chunks)
        if text != (opened.block.thinking or ""):
            opened.added["thinking"] = _raw(text)
        slot.state = opened.written()

    def _settle_call(self, opened: OpenBlock, slot: Slot) -> None:
        streamed = bool(slot.chunks)
        if not streamed:
            self._assembly.tool_arguments(slot, _arguments(opened.block.input))
        if not slot.by_provider:
            slot.state = _extras(opened.raw, _CALL_FIELDS)
            return
        if streamed:
            arguments = "".join(slot.chunks).encode("utf-8", "replace")
            if not _is_object(arguments):
                return  # Cut short by the token limit: it cannot go back, so it carries no state.
            opened.added["input"] = Raw(arguments)
        slot.state = opened.written()


def _block(raw: Raw) -> wire.Block:
    """The block; one of a kind unknown here may have any shape."""
    try:
        return jsontext.decode(bytes(raw), wire.BLOCK)
    except DecodeError:
        kind = wire.kind_of(raw)
        if kind is None or kind in ("text", "thinking", "redacted_thinking", "tool_use"):
            raise
        return wire.Block(type=kind)


def _opaque(opened: OpenBlock) -> Opaque:
    return Opaque(opened.block.type or "", ProviderState(wire.NAME, opened.written()))


def _absorb(opened: OpenBlock, data: bytes) -> None:
    """A delta of a kind unknown here, such as `compaction_delta`: its fields join the block."""
    frame = jsontext.decode(data, wire.RAW_FIELDS)
    fields = jsontext.decode(bytes(frame["delta"]), wire.RAW_FIELDS)
    for name, value in fields.items():
        if name == "type":
            continue
        before = rawjson.optional(opened.added.get(name, wire.NOTHING), wire.STRING)
        more = rawjson.optional(value, wire.STRING)
        opened.added[name] = value if before is None or more is None else _raw(before + more)


def _extras(raw: Raw, known: frozenset[str]) -> str | None:
    """The fields that the part has no place for, as a JSON object."""
    fields = jsontext.decode(bytes(raw), wire.RAW_FIELDS)
    extras = {name: value for name, value in fields.items() if name not in known}
    return msgspec.json.encode(extras).decode("utf-8", "replace") if extras else None


def _arguments(raw: Raw) -> str:
    """Arguments that came with the block: an object, or its JSON text as a string."""
    if not rawjson.present(raw) or bytes(raw) == b"{}":
        return ""
    text = rawjson.optional(raw, wire.STRING)
    return rawjson.text_of(raw) if text is None else text


def _is_object(data: bytes) -> bool:
    try:
        jsontext.decode(data, wire.RAW_FIELDS)
    except DecodeError:
        return False
    return True


def _raw(text: str) -> Raw:
    return Raw(msgspec.json.encode(text))


def _head(data: bytes) -> str:
    return jsontext.excerpt(data)
