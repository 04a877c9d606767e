"""The parts of one answer under construction, streamed or whole.

Content is known by its index; thinking and the plan become reasoning, each of which remembers what
it was. Text stays open to the end of the answer, because citations may follow it.
"""

from __future__ import annotations

import math
from zlib import crc32

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.dialects.cohere import wire
from fairlead.dialects.cohere.citations import cited
from fairlead.errors import DecodeError
from fairlead.types.messages import Opaque, ProviderState
from fairlead.types.responses import TokenLogprob

PLAN = '{"field":"tool_plan"}'
THINKING = '{"field":"thinking"}'
MOST_CALLS = 1024


class Parts:
    """`texts` are the text slots by index, for the hot path."""

    __slots__ = ("_assembly", "_calls", "_cited", "_latest", "texts")

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._calls: list[Slot] = []
        self._latest = 0
        self._cited = 0
        self.texts: dict[int | None, Slot] = {}

    def plan(self, delta: str | None) -> None:
        """More of what the model says before it calls tools."""
        if delta:
            self._reason("plan", delta, PLAN)

    def content(self, index: int | None, content: object, logprobs: Raw) -> None:
        """A piece of the content at `index`."""
        self._latest = index = self._latest if index is None else index
        if isinstance(content, str):
            content = wire.Content(text=content)
        if not isinstance(content, wire.Content):
            return
        if content.thinking:
            self._reason(("thinking", index), content.thinking, THINKING)
        told = rawjson.optional(logprobs, wire.LOGPROBS)
        if content.text or told is not None:
            self._text(index, content.text or "", () if told is None else (self.told(told),))

    def whole(self, content: object) -> None:
        """Content that came in one piece."""
        if isinstance(content, str):
            self._text(0, content)
        elif isinstance(content, wire.Content):
            self.content(0, content, rawjson.NOTHING)
        elif isinstance(content, list):
            for index, raw in enumerate(content):
                self._block(index, raw)

    def end_content(self, index: int | None) -> None:
        """Thinking is complete; text may still be cited."""
        self._assembly.end(("thinking", self._latest if index is None else index))

    def calls(self, index: int | None, calls: wire.Call | list[wire.Call] | None) -> None:
        """Calls, or pieces of one call. A list holds whole calls."""
        if isinstance(calls, list):
            for call in calls:
                self._call(len(self._calls), call)
                self.end_call(len(self._calls) - 1)
        elif calls is not None:
            self._call(index, calls)

    def end_call(self, index: int | None) -> None:
        self._assembly.stop(("call", len(self._calls) - 1 if index is None else index))

    def citations(self, raw: Raw) -> None:
        """One citation, or a list of them."""
        items = rawjson.optional(raw, rawjson.ITEMS)
        if items is None and rawjson.present(raw):
            items = [raw]
        for item in items or ():
            self._citation(item)

    def told(self, item: wire.Logprobs) -> TokenLogprob:
        """A stretch counts as one token, as likely as all its tokens in a row."""
        numbers = [number for number in item.logprobs or () if math.isfinite(number)]
        token = TokenLogprob(item.text or "", math.fsum(numbers))
        if self._assembly.logprobs is None:
            self._assembly.logprobs = []
        self._assembly.logprobs.append(token)
        return token

    def _text(self, index: int, delta: str, logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        self._assembly.text(index, delta, logprobs)
        slot = self._assembly.get(index)
        if slot is not None:
            self.texts[index] = slot

    def _reason(self, key: object, delta: str, state: str) -> None:
        self._assembly.slot(key, "reasoning").state = state
        self._assembly.reasoning(key, delta)

    def _block(self, index: int, raw: Raw) -> None:
        """One item of a list; of a kind unknown here, it is kept for the conversation."""
        content = rawjson.optional(raw, wire.CONTENT)
        if content is not None and content.type in (None, "text", "thinking"):
            self.content(index, content, rawjson.NOTHING)
            self.end_content(index)
        else:
            kind = "" if content is None else content.type or ""
            part = Opaque(kind, ProviderState(wire.NAME, rawjson.text_of(raw)))
            self._assembly.whole(("content", index), part)

    def _call(self, index: int | None, call: wire.Call) -> None:
        function = call.function or wire.Function()
        number = self._number(index, call, function)
        slot = self._assembly.get(("call", number))
        if slot is None:
            slot = self._open(number, call, function)
        arguments = function.arguments
        if isinstance(arguments, dict):
            arguments = rawjson.text(arguments)
        self._assembly.tool_arguments(slot, arguments or "")

    def _number(self, index: int | None, call: wire.Call, function: wire.Function) -> int:
        """Without an index, an id or a name that is not the last call's begins another call."""
        if index is not None:
            return index
        last = self._calls[-1] if self._calls else None
        same = last is not None and call.id in (None, last.id) and not function.name
        return len(self._calls) - 1 if same else len(self._calls)

    def _open(self, number: int, call: wire.Call, function: wire.Function) -> Slot:
        if not function.name:
            raise DecodeError("a tool call came without the tool's name")
        if len(self._calls) == MOST_CALLS:
            raise DecodeError(f"the answer has more than {MOST_CALLS} tool calls")
        call_id = call.id or f"call_{crc32(f'{self._assembly.id}/{number}'.encode()):08x}"
        slot = self._assembly.tool_start(("call", number), call_id, function.name)
        self._calls.append(slot)
        return slot

    def _citation(self, raw: Raw) -> None:
        found = cited(raw)
        index = found.index if found.index is not None else next(iter(self.texts), None)
        for citation in found.citations:
            if found.in_text and index in self.texts:
                self._assembly.citation(index, citation)
            else:
                self._cited += 1
                self._assembly.whole(("citation", self._cited), citation)
