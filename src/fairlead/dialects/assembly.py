"""Builds one answer out of pieces, and the events that tell of it.

Every decoder, streamed or not, speaks to an `Assembly`; so the events and the finished message can
never disagree, and a streamed answer is built by the same code as one that came whole. A part is
known by a key of the dialect's choosing (a block index, a pair of indexes, a name); its public
index is its place in the order of first appearance.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.errors import ResponseTooLarge
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
from fairlead.types.messages import (
    Citation,
    Message,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from fairlead.types.receipts import Receipt
from fairlead.types.responses import (
    Alternative,
    ChatResponse,
    FinishReason,
    RawResponse,
    TokenLogprob,
)
from fairlead.types.usage import Cost, Usage

Kind = Literal["text", "reasoning", "refusal", "tool_call", "whole"]

_WHOLE: tuple[FinishReason, ...] = ("stop", "tool_call")
"""Why the model itself ends an answer; for any other reason its last part may be cut."""


class Slot:
    """A part under construction."""

    __slots__ = (
        "by_provider",
        "chunks",
        "citations",
        "complete",
        "ended",
        "id",
        "index",
        "kind",
        "name",
        "redacted",
        "size",
        "state",
        "unfinished",
        "whole",
    )

    def __init__(self, kind: Kind, index: int) -> None:
        self.kind = kind
        self.index = index
        self.chunks: list[str] = []
        self.citations: list[Citation] = []
        self.state: str | None = None
        self.redacted = False
        self.by_provider = False
        self.ended = False
        self.complete = False
        self.unfinished = False  # a call that is no whole one unless the model ended the answer
        self.id = ""
        self.name = ""
        self.size = 0
        self.whole: Part | None = None

    def part(self, dialect: str) -> Part:
        """The part as far as it has come."""
        state = None if self.state is None else ProviderState(dialect, self.state)
        text = "".join(self.chunks)
        if self.kind == "text":
            return Text(text, tuple(self.citations), state)
        if self.kind == "reasoning":
            return Reasoning(text, self.redacted, state)
        if self.kind == "refusal":
            return Refusal(text, state)
        if self.kind == "tool_call":
            return ToolCall(
                self.id, self.name, text or "{}", self.by_provider, self.complete, state
            )
        assert self.whole is not None
        return self.whole

    @property
    def is_in_doubt(self) -> bool:
        """Whether this is a call without whole arguments: it was cut, or badly written.

        One without any arguments may need none, or was cut before the first.
        """
        if self.kind != "tool_call" or self.by_provider:
            return False
        return self.unfinished or not _is_object("".join(self.chunks))


class Assembly:
    """One choice of one answer. `events` fills up; whoever feeds the decoder takes it away."""

    __slots__ = (
        "_dialect",
        "_doubtful",
        "_max_arguments",
        "_slots",
        "cost",
        "events",
        "finish_reason",
        "id",
        "logprobs",
        "model",
        "raw_finish_reason",
        "started",
        "state",
        "usage",
        "warnings",
    )

    def __init__(self, dialect: str, max_arguments: int) -> None:
        self._dialect = dialect
        self._max_arguments = max_arguments
        self._slots: dict[Hashable, Slot] = {}
        self._doubtful: Slot | None = None
        self.events: list[Event] = []
        self.started = False
        self.state: str | None = None
        self.id = ""
        self.model = ""
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.finish_reason: FinishReason | None = None
        self.raw_finish_reason: str | None = None
        self.logprobs: list[TokenLogprob] | None = None
        self.warnings: list[str] = []

    def take(self) -> list[Event]:
        """The events since the last call."""
        events, self.events = self.events, []
        return events

    def start(self, response_id: str, model: str) -> None:
        """Note who answers; announced once."""
        if not self.started:
            self.started = True
            self.id = response_id
            self.model = model
            self.events.append(ResponseStart(response_id, model))

    def slot(self, key: Hashable, kind: Kind) -> Slot:
        """The part known by `key`, opened when it is new."""
        slot = self._slots.get(key)
        if slot is None:
            if self._doubtful is not None:
                self._end(self._doubtful)
            slot = self._slots[key] = Slot(kind, len(self._slots))
        return slot

    def get(self, key: Hashable) -> Slot | None:
        return self._slots.get(key)

    def text(self, key: Hashable, delta: str, logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        if delta or logprobs:
            slot = self._slots.get(key) or self.slot(key, "text")
            slot.chunks.append(delta)
            self.events.append(TextDelta(delta, slot.index, logprobs))

    def reasoning(self, key: Hashable, delta: str) -> None:
        if delta:
            slot = self._slots.get(key) or self.slot(key, "reasoning")
            slot.chunks.append(delta)
            self.events.append(ReasoningDelta(delta, slot.index))

    def refusal(self, key: Hashable, delta: str) -> None:
        if delta:
            slot = self._slots.get(key) or self.slot(key, "refusal")
            slot.chunks.append(delta)
            self.events.append(RefusalDelta(delta, slot.index))

    def tool_start(
        self, key: Hashable, call_id: str, name: str, *, by_provider: bool = False
    ) -> Slot:
        """A call's id and name, set once."""
        slot = self.slot(key, "tool_call")
        slot.id, slot.name, slot.by_provider = call_id, name, by_provider
        self.events.append(ToolCallStart(slot.index, call_id, name))
        return slot

    def tool_arguments(self, slot: Slot, fragment: str) -> None:
        """More argument text. Raises `ResponseTooLarge` past the cap."""
        if fragment:
            slot.size += len(fragment)
            if slot.size > self._max_arguments:
                raise ResponseTooLarge(
                    f"the arguments for tool {slot.name!r} are longer than "
                    f"{self._max_arguments:,} bytes"
                )
            slot.chunks.append(fragment)
            self.events.append(ToolCallDelta(fragment, slot.index))

    def citation(self, key: Hashable, citation: Citation) -> None:
        """A citation of the text part known by `key`."""
        slot = self.slot(key, "text")
        slot.citations.append(citation)
        self.events.append(CitationEvent(citation, slot.index))

    def whole(self, key: Hashable, part: Part) -> None:
        """A part that comes in one piece."""
        slot = self.slot(key, "whole")
        slot.whole = part
        self.end(key)

    def end(self, key: Hashable) -> None:
        """The part known by `key` is complete; saying so twice does nothing."""
        slot = self._slots.get(key)
        if slot is not None:
            self._end(slot)

    def stop(self, key: Hashable) -> None:
        """No more comes for the part known by `key`.

        A call whose arguments are not whole may have been cut. What follows tells: another part,
        so that it was not, or the reason why the answer ended.
        """
        slot = self._slots.get(key)
        if slot is not None and not slot.ended and slot.index == len(self._slots) - 1:
            self._doubtful = slot if slot.is_in_doubt else None
        if slot is not None and slot is not self._doubtful:
            self._end(slot)

    def finish(self, reason: FinishReason, raw: str | None) -> None:
        """The answer is over: ends every open part, tells the usage, and says why.

        Of an answer that was cut, calls without whole arguments stay incomplete.
        """
        for slot in list(self._slots.values()):
            self._end(slot, complete=reason in _WHOLE or not self._is_cut(slot))
        if self.usage is not None:
            self.events.append(UsageEvent(self.usage))
        self.finish_reason = reason
        self.raw_finish_reason = raw
        self.events.append(Finish(reason, raw))

    def _end(self, slot: Slot, *, complete: bool = True) -> None:
        if slot.ended:
            return
        if slot is self._doubtful:
            self._doubtful = None
        slot.ended, slot.complete = True, complete
        part = slot.part(self._dialect)
        if isinstance(part, ToolCall):
            self.events.append(ToolCallEnd(slot.index, part))
        else:
            self.events.append(PartEnd(slot.index, part))

    def _is_cut(self, slot: Slot) -> bool:
        """Only the last call can have been cut before its first argument."""
        return slot.is_in_doubt and (bool(slot.chunks) or slot.index == len(self._slots) - 1)

    @property
    def has_tool_calls(self) -> bool:
        """Whether there is a call that the caller must answer."""
        return any(s.kind == "tool_call" and not s.by_provider for s in self._slots.values())

    def message(self) -> Message:
        """The assistant's message, as far as it has come."""
        parts = tuple([slot.part(self._dialect) for slot in self._slots.values()])
        state = None if self.state is None else ProviderState(self._dialect, self.state)
        return Message("assistant", parts, provider_state=state)

    def response(
        self,
        receipt: Receipt,
        raw: RawResponse,
        warnings: tuple[str, ...],
        alternatives: tuple[Alternative, ...] = (),
    ) -> ChatResponse:
        """The finished answer, `warnings` before its own; only after `finish`."""
        assert self.finish_reason is not None, "only a finished answer has a response"
        return ChatResponse(
            id=self.id,
            model=self.model,
            message=self.message(),
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            usage=self.usage,
            cost=self.cost,
            warnings=(*warnings, *self.warnings),
            receipt=receipt,
            raw=raw,
            logprobs=None if self.logprobs is None else tuple(self.logprobs),
            alternatives=alternatives,
        )


def _is_object(text: str) -> bool:
    return rawjson.optional(Raw(text.encode("utf-8", "replace")), rawjson.FIELDS) is not None
