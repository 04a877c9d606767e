"""Content blocks under construction: each becomes one part, streamed or whole, by the same code.

A block is a union: its one field names its kind. Text has no start of its own in a stream. What the
provider wants back unchanged is kept as provider state, as the block that goes back.
"""

from __future__ import annotations

from base64 import b64encode

from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.assembly import Assembly, Kind, Slot
from fairlead.dialects.bedrock_converse import wire
from fairlead.dialects.bedrock_converse.citations import citation
from fairlead.dialects.bedrock_converse.pieces import blob, combined, part
from fairlead.errors import DecodeError
from fairlead.types.messages import Opaque, ProviderState

TEXT, CITED, CALL, REASONING = "text", "citationsContent", "toolUse", "reasoningContent"
_KNOWN = (TEXT, CITED, CALL, REASONING, "toolResult", "image")
_BY_PROVIDER = "server_tool_use"


class OpenBlock:
    """A block that has begun. `raw` is what came first of it; `key` its place in the message."""

    __slots__ = ("deltas", "key", "kind", "raw", "redacted", "signatures", "slot")

    def __init__(self, key: int, kind: str, slot: Slot, raw: Raw) -> None:
        self.key = key
        self.kind = kind
        self.slot = slot
        self.raw = raw
        self.deltas: list[Raw] = []
        self.signatures: list[str] = []
        self.redacted: list[bytes] = []


class Blocks:
    """The blocks of one answer. `texts` are the open text slots by index, for the hot path."""

    __slots__ = ("_assembly", "_count", "_open", "texts")

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._open: dict[int, OpenBlock] = {}
        self._count = 0
        self.texts: dict[int, Slot] = {}

    def start(self, index: int, block: dict[str, Raw]) -> None:
        """A new block. One that is still open at the same index ends: it was never closed.

        What has fields beside the one of a known kind is of that kind.
        """
        self.stop(index)
        kind = next((name for name in _KNOWN if name in block), next(iter(block), None))
        if kind is None:
            return
        raw = block[kind]
        if kind == TEXT:
            self._text(index, jsontext.decode(bytes(raw), wire.TEXT) or "")
        elif kind == CITED:
            self._cited(index, jsontext.decode(bytes(raw), wire.CITATIONS_CONTENT))
        elif kind == CALL:
            self._call(index, raw)
        elif kind == REASONING:
            self._reasoned(index, raw)
        else:
            self._kept(index, kind, raw)

    def whole(self, index: int, block: dict[str, Raw]) -> None:
        """A block that came in one piece."""
        self.start(index, block)
        self.stop(index)

    def delta(self, index: int, delta: wire.Delta, data: bytes) -> None:
        """A change; `data` is the whole event, for kinds that are kept whole."""
        if delta.text is not None:
            self._text(index, delta.text)
        elif delta.tool_use is not None:
            opened = self._open.get(index)
            if opened is None or opened.kind != CALL:
                raise DecodeError(
                    "arguments came for a tool call that had not begun", jsontext.excerpt(data)
                )
            self._assembly.tool_arguments(opened.slot, _arguments(delta.tool_use.input))
        elif delta.reasoning_content is not None:
            self._reasoning(index, delta.reasoning_content)
        elif rawjson.present(delta.citation):
            self._assembly.citation(self._of_text(index).key, citation(delta.citation))
        else:
            self._absorb(index, data)

    def stop(self, index: int) -> None:
        """The block is complete; saying so of one that is not open does nothing."""
        self.texts.pop(index, None)
        opened = self._open.pop(index, None)
        if opened is not None:
            _settle(opened)
            self._assembly.stop(opened.key)

    def stop_all(self) -> None:
        for index in list(self._open):
            self.stop(index)

    def _text(self, index: int, delta: str) -> None:
        if delta:
            self._assembly.text(self._of_text(index).key, delta)

    def _cited(self, index: int, block: wire.CitationsContent) -> None:
        for fragment in block.content or ():
            self._text(index, fragment.text or "")
        for raw in block.citations or ():
            self._assembly.citation(self._of_text(index).key, citation(raw))

    def _call(self, index: int, raw: Raw) -> None:
        call = jsontext.decode(bytes(raw), wire.TOOL_USE)
        if not call.name:
            raise DecodeError(
                "a tool call came without the tool's name", jsontext.excerpt(bytes(raw))
            )
        key = self._count
        call_id = call.tool_use_id or f"call_{key}"
        by_provider = call.type == _BY_PROVIDER
        slot = self._assembly.tool_start(key, call_id, call.name, by_provider=by_provider)
        self._remember(index, CALL, slot, raw)
        self._assembly.tool_arguments(slot, _arguments(call.input))

    def _reasoned(self, index: int, raw: Raw) -> None:
        block = jsontext.decode(bytes(raw), wire.REASONING)
        opened = self._begin(index, REASONING, "reasoning", raw)
        opened.slot.redacted = block.redacted_content is not None
        if block.reasoning_text is not None:
            self._assembly.reasoning(opened.key, block.reasoning_text.text or "")

    def _kept(self, index: int, kind: str, raw: Raw) -> None:
        opened = self._begin(index, kind, "whole", raw)
        opened.slot.whole = Opaque(kind, ProviderState(wire.NAME, wire.block_text(kind, raw)))

    def _reasoning(self, index: int, delta: wire.ReasoningDelta) -> None:
        opened = self._open.get(index)
        if opened is None:
            opened = self._begin(index, REASONING, "reasoning", wire.NOTHING)
        elif opened.kind != REASONING:
            raise DecodeError(f"reasoning came for a block of the kind {opened.kind}")
        self._assembly.reasoning(opened.key, delta.text or "")
        if delta.signature:
            opened.signatures.append(delta.signature)
        if delta.redacted_content is not None:
            opened.slot.redacted = True
            opened.redacted.append(blob(delta.redacted_content))

    def _absorb(self, index: int, data: bytes) -> None:
        """A delta of a kind that is kept whole, with a start or without."""
        change = jsontext.decode(data, wire.RAW_FIELDS).get("delta", wire.NOTHING)
        for kind, raw in (rawjson.optional(change, wire.RAW_FIELDS) or {}).items():
            opened = self._open.get(index)
            if opened is None:
                self._kept(index, kind, Raw(b"{}"))
                opened = self._open[index]
            elif opened.kind != kind:
                raise DecodeError(f"a change of {kind} came for a block of the kind {opened.kind}")
            if opened.slot.kind == "whole":
                opened.deltas.append(raw)

    def _of_text(self, index: int) -> OpenBlock:
        opened = self._open.get(index)
        if opened is None:
            opened = self._begin(index, TEXT, "text", wire.NOTHING)
            self.texts[index] = opened.slot
        elif opened.kind != TEXT:
            raise DecodeError(f"text came for a block of the kind {opened.kind}")
        return opened

    def _begin(self, index: int, kind: str, slot: Kind, raw: Raw) -> OpenBlock:
        return self._remember(index, kind, self._assembly.slot(self._count, slot), raw)

    def _remember(self, index: int, kind: str, slot: Slot, raw: Raw) -> OpenBlock:
        opened = self._open[index] = OpenBlock(self._count, kind, slot, raw)
        self._count += 1
        return opened


def _settle(opened: OpenBlock) -> None:
    """What can be said only at the end: provider state, and parts that are kept whole."""
    slot = opened.slot
    if slot.kind == "reasoning":
        slot.state = _reasoning_state(opened)
    elif slot.kind == "tool_call" and slot.by_provider:
        slot.state = _call_state(opened)
    elif slot.kind == "whole" and (opened.deltas or opened.kind in _KNOWN):
        slot.whole = part(opened.kind, combined(opened.raw, opened.deltas))


def _reasoning_state(opened: OpenBlock) -> str | None:
    """The block that goes back: the bytes that came, or what was streamed of it."""
    if rawjson.present(opened.raw) and bytes(opened.raw) != b"{}":
        return wire.block_text(REASONING, opened.raw)
    if opened.redacted:
        encoded = b64encode(b"".join(opened.redacted)).decode("ascii")
        return wire.block_text(REASONING, {"redactedContent": encoded})
    text, signature = "".join(opened.slot.chunks), "".join(opened.signatures)
    if not text and not signature:
        return None
    fields = {"text": text} | ({"signature": signature} if signature else {})
    return wire.block_text(REASONING, {"reasoningText": fields})


def _call_state(opened: OpenBlock) -> str | None:
    """A call cut short by the token limit cannot go back, so it carries no state."""
    fields = rawjson.optional(opened.raw, wire.RAW_FIELDS) or {}
    if not rawjson.present(fields.get("input", wire.NOTHING)):
        arguments = Raw("".join(opened.slot.chunks).encode("utf-8", "replace") or b"{}")
        if rawjson.optional(arguments, wire.RAW_FIELDS) is None:
            return None
        fields["input"] = arguments
    return wire.block_text(CALL, fields)


def _arguments(raw: Raw) -> str:
    """Arguments that came with the call: an object, or its JSON text as a string."""
    if not rawjson.present(raw) or bytes(raw) == b"{}":
        return ""
    text = rawjson.optional(raw, wire.STRING)
    return rawjson.text_of(raw) if text is None else text
