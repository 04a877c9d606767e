"""Asking the model, as often as it takes: one reply at a time, and the sums over all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fairlead.dialects.emulated_output import mode_of
from fairlead.errors import DeadlineExceeded
from fairlead.policies.token_estimate import estimated_tokens
from fairlead.policies.totals import joined_receipts, total_cost, total_usage
from fairlead.types.events import Event
from fairlead.types.extraction import SavedTokens
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime
    from fairlead.types.requests import OutputMode

Ask = Callable[[tuple[Message, ...], float], Awaitable["Reply[Event, ChatResponse]"]]
"""Puts a conversation to the model, within so many seconds; gives a committed reply."""
Price = Callable[[ChatResponse], ChatResponse]
"""An answer with what it cost at the target that its receipt names."""

_CHARACTERS_PER_TOKEN = 4


class Asked(Struct, frozen=True):
    """What of the calls is the caller's own, and what they may take."""

    messages: tuple[Message, ...]
    ask: Ask
    price: Price
    runtime: Runtime
    allowed: float
    max_tokens: int | None
    max_size: int


class Asking:
    """Holds the reply under way, and counts those before it."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._end = asked.runtime.now() + asked.allowed
        self._reply: Reply[Event, ChatResponse] | None = None
        self._left: Receipt | None = None
        self._responses: list[ChatResponse] = []
        self._longest: int | None = None
        self.attempts = 0
        self.saved: SavedTokens | None = None

    @property
    def under_way(self) -> bool:
        return self._reply is not None

    @property
    def max_size(self) -> int:
        """How many characters an answer may have."""
        return self._asked.max_size

    async def begin(self, more: tuple[Message, ...] = ()) -> None:
        """Ask, with `more` behind the conversation."""
        left = self._end - self._asked.runtime.now()
        if left <= 0:
            raise DeadlineExceeded(f"the extraction was not over within {self._asked.allowed:g} s")
        self.attempts += 1
        self._reply = await self._asked.ask((*self._asked.messages, *more), left)

    async def read(self) -> Sequence[Event] | None:
        """The next events; None at the end of the answer."""
        assert self._reply is not None, "begin comes first"
        try:
            return await self._reply.__anext__()
        except StopAsyncIteration:
            return None

    def finish(self) -> ChatResponse:
        """The answer that was read to its end."""
        assert self._reply is not None, "begin comes first"
        response = self._reply.result()
        self._reply = None
        self._responses.append(response)
        if response.usage is not None:
            self._longest = max(self._longest or 0, response.usage.output_tokens)
        return response

    async def stop(self) -> None:
        """Close the answer before its end: no more of it is paid."""
        reply = self._reply
        assert reply is not None, "begin comes first"
        message, usage = reply.partial()
        await self.close()
        self._left = None  # it is counted among the answers
        guessed = _guessed(message, usage, reply.receipt)
        self._save(guessed.output_tokens)
        self._responses.append(self._asked.price(_stopped(message, guessed, reply.receipt)))

    async def close(self) -> None:
        """Leave the answer as it is."""
        reply, self._reply = self._reply, None
        if reply is not None:
            try:
                await reply.aclose()
            finally:
                self._left = reply.receipt

    # -- sums ------------------------------------------------------------------------------------

    @property
    def usage(self) -> Usage | None:
        return total_usage([response.usage for response in self._responses])

    @property
    def cost(self) -> Cost | None:
        return total_cost([response.cost for response in self._responses])

    @property
    def mode(self) -> OutputMode:
        """How the last answer was asked for."""
        return mode_of(self._responses[-1].receipt.dropped)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of all answers, each once."""
        return tuple(dict.fromkeys(said for one in self._responses for said in one.warnings))

    def receipt(self, last: Receipt | None = None) -> Receipt | None:
        """One for all answers, and for a `last` call that came to none."""
        receipts = [response.receipt for response in self._responses]
        if last is None:
            last = self._left if self._reply is None else self._reply.receipt
        if last is not None:
            receipts.append(last)
        return replace(joined_receipts(receipts), operation="extract") if receipts else None

    def _save(self, written: int) -> None:
        by_before = self._longest is not None
        whole = self._longest if by_before else self._asked.max_tokens
        if whole is None:
            return
        tokens = max(0, whole - written) + (self.saved.tokens if self.saved is not None else 0)
        self.saved = SavedTokens(tokens, "earlier answer" if by_before else "max_tokens")


def _guessed(message: Message, usage: Usage | None, receipt: Receipt) -> Usage:
    """What a stopped answer took: as far as it was reported, and an estimate of the rest."""
    length = len(message.text) + len(message.reasoning)
    tokens = ceil(length / _CHARACTERS_PER_TOKEN)
    if usage is not None and not usage.estimated and usage.input_tokens:
        return replace(usage, output=max(usage.output, tokens), estimated=True)
    sent = receipt.attempts[-1].bytes_out if receipt.attempts else 0
    return Usage(input=estimated_tokens(sent) if sent else 0, output=tokens, estimated=True)


def _stopped(message: Message, usage: Usage, receipt: Receipt) -> ChatResponse:
    """What was read of an answer that was stopped, for the sums."""
    return ChatResponse(
        id="",
        model=receipt.target.partition("/")[2],
        message=message,
        finish_reason="error",
        raw_finish_reason=None,
        usage=usage,
        cost=None,
        warnings=(),
        receipt=receipt,
        raw=RawResponse(0, ()),
    )
