"""A streamed answer that goes on where it broke, at a target that takes its beginning.

What came before a `stream.continued` event stands: no text is lost, and none comes twice. The
answer is one message at its end; its usage and its cost are those of all its pieces.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import replace

from fairlead.engine.call import E_, R_
from fairlead.engine.joining import Joint
from fairlead.engine.restart import RestartingReply
from fairlead.errors import StreamInterrupted
from fairlead.policies.totals import total_cost, total_usage
from fairlead.types.events import Event, PartEnd, StreamContinued, UsageEvent
from fairlead.types.messages import Message, Text
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply

GoOn = Callable[[StreamInterrupted, str], Awaitable["Reply[E_, R_] | None"]]
"""Gives a committed reply for what comes behind a text, or None where there is to be none."""

_CHARACTERS_PER_TOKEN = 4


class Piece(Struct):
    """One attempt that was cut: who gave it, what it wrote, and what was told of its usage."""

    reply: Reply[Any, Any]
    written: int
    usage: Usage | None

    def counted(self, after: Usage | None) -> Usage | None:
        """Its usage, estimated as far as nobody told: it read what the next one did, but for this.

        `after` is the usage of the next.
        """
        tokens = ceil(self.written / _CHARACTERS_PER_TOKEN)
        if self.usage is not None:
            output = max(tokens, self.usage.output)
            return replace(self.usage, output=output, estimated=True, raw=None)
        if after is None:
            return None
        read = max(0, after.input_tokens - tokens)
        return Usage(input=read, output=tokens, estimated=True)

    def cost(self, usage: Usage | None) -> Cost | None:
        """What that costs at its target."""
        receipt, nothing = self.reply.receipt, Message("assistant", ())
        raw = RawResponse(200, ())
        answer = ChatResponse("", "", nothing, "error", None, usage, None, (), receipt, raw)
        return cast("ChatResponse", self.reply.priced(answer)).cost


class ContinuingReply(RestartingReply[E_, R_]):
    """A `Reply` to whoever holds it; the one under way is another after each cut."""

    __slots__ = ("_before", "_cuts", "_go_on", "_joint", "_last_ended", "_made", "_pieces")

    def __init__(self, first: Reply[E_, R_], go_on: GoOn[E_, R_]) -> None:
        super().__init__(first, self._continued)
        self._go_on = go_on
        self._joint: Joint | None = None
        self._pieces: list[Piece] = []
        self._cuts: list[str] = []
        self._last_ended = -1
        self._answer: R_ | None = None

    async def __anext__(self) -> Sequence[E_]:
        while True:
            before = self._current
            batch = await super().__anext__()
            if self._current is not before:
                return batch  # it tells of the cut
            if self._joint is not None:
                batch = cast("Sequence[E_]", self._joined(cast("Sequence[Event]", batch)))
            for event in batch:
                if type(event) is PartEnd:
                    self._last_ended = cast("PartEnd", event).index
            if batch:
                return batch

    async def _continued(self, error: StreamInterrupted) -> Reply[E_, R_] | None:
        """The reply that goes on, or None; then a note of the error says why."""
        here, (message, usage) = self._current, self.partial()
        error.partial, error.usage = message, usage
        texts = [part for part in message.parts if isinstance(part, Text)]
        if why := _hindrance(message, texts):
            error.add_note(f"it could not go on: {why}")
            return None
        own, reported = here.partial()
        fresh = await self._go_on(error, message.text)
        if fresh is None:
            return None
        self._pieces.append(Piece(here, len(own.text), reported))
        self._cuts.append(f"the answer was cut ({error}), and went on at {fresh.receipt.target}")
        open_end = self._last_ended < len(texts) - 1
        self._joint = Joint(texts, open_end=open_end, repeats=fresh.repeats)
        return fresh

    def _event(self, fresh: Reply[E_, R_], reason: str) -> E_:
        return cast("E_", StreamContinued(fresh.receipt.target, reason))

    def partial(self) -> tuple[Message, Usage | None]:
        message, usage = self._current.partial()
        if self._joint is None:
            return message, usage
        return self._joint.message(message), self._summed(usage)

    def result(self) -> R_:
        """The whole answer, made once. Raises RuntimeError before the end."""
        if self._joint is None:
            return self._current.result()
        if self._answer is None:
            last = cast("ChatResponse", self._current.result())
            self._answer = cast("R_", self._whole(last, self._joint))
        return self._answer

    def _joined(self, batch: Sequence[Event]) -> list[Event]:
        assert self._joint is not None
        return [
            UsageEvent(self._summed(event.usage) or event.usage)
            if isinstance(event, UsageEvent)
            else event
            for event in self._joint.events(batch)
        ]

    def _whole(self, last: ChatResponse, joint: Joint) -> ChatResponse:
        usages = self._usages(last.usage)
        costs = [piece.cost(usage) for piece, usage in zip(self._pieces, usages, strict=False)]
        return replace(
            last,
            message=joint.message(last.message, finished=True),
            usage=total_usage(usages),
            cost=total_cost([*costs, last.cost]),
            warnings=(*last.warnings, *self._cuts),
        )

    def _summed(self, last: Usage | None) -> Usage | None:
        return total_usage(self._usages(last))

    def _usages(self, last: Usage | None) -> list[Usage | None]:
        """Of every piece, and of the reply under way."""
        found = [last]
        for piece in reversed(self._pieces):
            found.insert(0, piece.counted(found[0]))
        return found


def _hindrance(message: Message, texts: Sequence[Text]) -> str:
    """Why what has come cannot be gone on with; empty where it can."""
    if len(texts) < len(message.parts):
        other = next(part for part in message.parts if not isinstance(part, Text))
        return f"more than text had come ({type(other).__name__})"
    if not texts:
        return "no text had come"
    if any(part.provider_state is not None for part in texts):
        return "the text was signed by its provider"
    return ""
