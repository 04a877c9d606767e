"""Output items of a response, whole or in pieces, become parts of one assembly.

An item is known by its place in the output, a piece of a message by that and its own place in
the message. Whatever comes in pieces is told again at the end of its item: what had not been
streamed by then is told late, and the raw item becomes the part's provider state.
"""

from __future__ import annotations

import base64
import binascii

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.dialects.openai_responses import tools, wire
from fairlead.dialects.openai_responses.citations import citation_of, sources_of
from fairlead.dialects.openai_responses.reading import (
    elements,
    present,
    read_content,
    read_item,
    text_of,
    token_logprobs,
)
from fairlead.dialects.origin import SERVICE
from fairlead.types.messages import Image, Opaque, Part, ProviderState, ToolResult

DIALECT = "openai_responses"
Key = tuple[int, int]


class OutputItems:
    """The output of one response."""

    __slots__ = ("_assembly", "_done", "_host", "_ids", "_logprobs", "_sections")

    def __init__(self, assembly: Assembly, host: str) -> None:
        self._assembly = assembly
        self._host = host
        self._ids: dict[str, int] = {}
        self._done: set[int] = set()
        self._sections: dict[int, tuple[str, int]] = {}
        self._logprobs: dict[Key, int] = {}

    def index(self, event: wire.StreamEvent) -> int:
        """The place of the item that an event is about; llama.cpp names the item alone."""
        if event.output_index is not None:
            return event.output_index
        return self._ids.get(event.item_id or "", max(self._ids.values(), default=0))

    def added(self, index: int | None, raw: Raw) -> None:
        """An item has begun. What can be told of it is told, so that parts keep their order."""
        if not present(raw):
            return
        item = read_item(raw)
        if index is None:
            index = self._ids.get(item.id or "", len(self._ids))
        self._ids[item.id or f"#{index}"] = index
        assembly = self._assembly
        if assembly.get(index) is not None or index in self._done:
            return
        if item.type == "reasoning":
            assembly.slot(index, "reasoning")
        elif name := tools.known_name(item):
            assembly.tool_start(
                index,
                tools.call_id(item, index),
                name,
                by_provider=item.type not in tools.CALLERS,
            )

    def text(self, index: int, event: wire.StreamEvent) -> None:
        key = (index, event.content_index)
        logprobs = token_logprobs(event.logprobs) if event.logprobs else ()
        if logprobs:
            self._keep_logprobs(key, event.logprobs or [])
        self._assembly.text(key, event.delta, logprobs)

    def opened(self, index: int, event: wire.StreamEvent) -> None:
        """A piece of a message has begun."""
        if present(event.part) and read_content(event.part).type == "output_text":
            self._assembly.slot((index, event.content_index), "text")

    def reasoning(self, index: int, section: tuple[str, int], delta: str) -> None:
        """More of one section of an item's reasoning; a blank line stands between sections."""
        if delta:
            last = self._sections.get(index)
            if last is not None and last != section:
                self._assembly.reasoning(index, "\n\n")
            self._sections[index] = section
            self._assembly.reasoning(index, delta)

    def refusal(self, index: int, content_index: int, delta: str) -> None:
        self._assembly.refusal((index, content_index, "refusal"), delta)

    def arguments(self, index: int, delta: str, wrapper: str = "") -> None:
        """More of a call's arguments; `wrapper` names the field of those that are plain text."""
        slot = self._assembly.get(index)
        if slot is not None and slot.kind == "tool_call":
            if wrapper:
                delta = tools.opening(wrapper, delta) if not slot.chunks else tools.escaped(delta)
            self._assembly.tool_arguments(slot, delta)

    def annotated(self, index: int, event: wire.StreamEvent) -> None:
        self._assembly.citation((index, event.content_index), citation_of(event.annotation))

    def told(self, index: int, event: wire.StreamEvent) -> None:
        """The end of a text, a refusal or arguments, which repeats all of it."""
        if event.arguments is not None:
            slot = self._assembly.get(index)
            if slot is not None and slot.kind == "tool_call":
                self._assembly.tool_arguments(slot, self._missing(slot, event.arguments))
        elif event.refusal is not None:
            self._whole_refusal((index, event.content_index), event.refusal)
        elif event.text is not None:
            self._whole_text((index, event.content_index), event.text)

    def complete(self, index: int | None, raw: Raw) -> None:
        """An item is finished, and here it is whole. Saying so again does nothing."""
        if not present(raw):
            return
        item = read_item(raw)
        if index is None:
            index = self._ids.get(item.id or "", len(self._ids))
        self._ids.setdefault(item.id or f"#{index}", index)
        if index not in self._done:
            self._done.add(index)
            self._item(index, item, bytes(raw).decode("utf-8", "replace"))

    def reconcile(self, output: list[Raw]) -> None:
        """The output as the last event repeats it: items that no event of their own finished."""
        if len(self._done) >= len(output):
            return
        for index, raw in enumerate(output):
            if not present(raw):
                continue
            known = self._ids.get(read_item(raw).id or "")
            if index not in self._done and known not in self._done:
                self.complete(index if known is None else known, raw)

    def _item(self, index: int, item: wire.Item, state: str) -> None:
        kind = item.type
        if kind == "message" and item.role in (None, "assistant"):
            self._message(index, item, state)
        elif kind == "reasoning":
            self._reasoning(index, item, state)
        elif kind in tools.CALLERS or tools.known_name(item):
            self._tool(index, item, state)
        else:
            for number, part in enumerate(self._other(item, ProviderState(DIALECT, state))):
                self._assembly.whole((index, number, kind), part)

    def _message(self, index: int, item: wire.Item, state: str) -> None:
        pieces = elements(item.content)
        if not pieces:
            self._assembly.whole((index, 0), Opaque("message", ProviderState(DIALECT, state)))
        for number, raw in enumerate(pieces):
            part = read_content(raw)
            key: tuple[int, int] | tuple[int, int, str] = (index, number)
            if part.type == "refusal":
                self._whole_refusal((index, number), part.refusal or "")
                key = (index, number, "refusal")
            elif part.text is None:
                opaque = Opaque(part.type, ProviderState(DIALECT, state))
                self._assembly.whole((index, number, part.type), opaque)
                continue
            else:
                self._whole_text((index, number), part.text, part)
            self._end(key, state)

    def _whole_text(self, key: Key, text: str, part: wire.ContentPart | None = None) -> None:
        slot = self._assembly.slot(key, "text")
        logprobs: list[wire.Logprob] = []
        if part is not None:
            logprobs = (part.logprobs or [])[self._logprobs.get(key, 0) :]
            self._keep_logprobs(key, logprobs)
        missing = self._missing(slot, text)
        if missing or logprobs:
            self._assembly.text(key, missing, token_logprobs(logprobs))
        if part is not None:
            for raw in (part.annotations or [])[len(slot.citations) :]:
                self._assembly.citation(key, citation_of(raw))

    def _whole_refusal(self, key: Key, text: str) -> None:
        slot = self._assembly.slot((*key, "refusal"), "refusal")
        self._assembly.refusal((*key, "refusal"), self._missing(slot, text))

    def _reasoning(self, index: int, item: wire.Item, state: str) -> None:
        slot = self._assembly.slot(index, "reasoning")
        pieces = [read_content(raw) for raw in (*elements(item.summary), *elements(item.content))]
        text = "\n\n".join([piece.text for piece in pieces if piece.text])
        self._assembly.reasoning(index, self._missing(slot, text))
        slot.redacted = not slot.chunks
        self._end(index, state)
        self._assembly.state = rawjson.text({SERVICE: self._host})

    def _tool(self, index: int, item: wire.Item, state: str) -> None:
        assembly = self._assembly
        by_provider = item.type not in tools.CALLERS
        slot = assembly.get(index)
        if slot is None:
            name = tools.known_name(item)
            call_id = tools.call_id(item, index)
            slot = assembly.tool_start(index, call_id, name, by_provider=by_provider)
        slot.unfinished = item.status == "incomplete"
        assembly.tool_arguments(slot, self._missing(slot, tools.arguments_of(item)))
        self._end(index, state)
        outcome = tools.outcome_of(item)
        if outcome is not None:
            content, is_error = outcome
            provider_state = ProviderState(DIALECT, state)
            result = ToolResult(slot.id, content, is_error, slot.name, True, provider_state)
            assembly.whole((index, "result"), result)

    def _other(self, item: wire.Item, state: ProviderState) -> list[Part]:
        """Items that come in one piece."""
        if item.type == "shell_call_output":
            content = text_of(item.output)
            return [ToolResult(item.call_id or item.id or "", content, False, "shell", True, state)]
        if item.type == "search_results" and (sources := sources_of(item.results, state)):
            return [*sources]
        if item.type == "image_generation_call":
            try:
                data = base64.b64decode(text_of(item.result), validate=True)
            except (binascii.Error, ValueError):
                data = b""
                self._assembly.warnings.append("a generated image is not valid base64")
            if data:
                return [
                    Image(None, data, f"image/{item.output_format or 'png'}", None, None, state)
                ]
        return [Opaque(item.type, state)]

    def _missing(self, slot: Slot, text: str) -> str:
        """What of `text` has not been told yet."""
        told = "".join(slot.chunks)
        if text.startswith(told):
            return text[len(told) :]
        if text:
            self._assembly.warnings.append(
                f"the provider streamed other words for part {slot.index} than it repeated at its "
                "end; the streamed ones were kept"
            )
        return ""

    def _end(self, key: int | Key | tuple[int, int, str], state: str) -> None:
        slot = self._assembly.get(key)
        if slot is not None:
            slot.state = state
            self._assembly.stop(key)

    def _keep_logprobs(self, key: Key, found: list[wire.Logprob]) -> None:
        if found:
            self._logprobs[key] = self._logprobs.get(key, 0) + len(found)
            kept = self._assembly.logprobs
            if kept is None:
                kept = self._assembly.logprobs = []
            kept.extend(token_logprobs(found))
