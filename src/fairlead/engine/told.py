"""A reply that reads nothing itself: the answer of another call, from before or under way.

To whoever holds it, it is a `Reply` like any: the same events in the same batches, then the answer.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, cast

from msgspec import Struct
from msgspec.structs import replace

from fairlead.engine.call import E_, R_, Call
from fairlead.engine.flight import Flight
from fairlead.engine.reply import Reply
from fairlead.engine.retold import retold
from fairlead.errors import DeadlineExceeded, FairleadError, StreamInterrupted
from fairlead.types.events import Finish
from fairlead.types.http import Headers
from fairlead.types.operations import Answer, EmbeddingResponse
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost

if TYPE_CHECKING:
    from fairlead.ports import Runtime
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Attempt, CacheUse, Receipt
    from fairlead.types.usage import Usage

_ACCOUNTED = (ChatResponse, Answer)
_NOTHING = Cost(Decimal(0), "cache")


class Kept(Struct, Generic[E_, R_], frozen=True):
    """An answer with its events, as they are kept."""

    log: tuple[Sequence[E_], ...]
    answer: R_


class ToldReply(Reply[E_, R_]):
    """`source` is what is kept, or a flight, to which the reply listens as `number`.

    Where the call does not stream, either has all of the answer, and the reply has ended.
    """

    __slots__ = ("_number", "_place", "_read", "_source", "_until")

    def __init__(
        self,
        call: Call[E_, R_],
        runtime: Runtime,
        source: Kept[E_, R_] | Flight[E_, R_],
        number: int = 0,
    ) -> None:
        self._call = call
        self._runtime = runtime
        self._source = source
        self._number = number
        self._until = call.deadline
        self._place = 0
        self._read = self._ended = not call.stream
        self._ending_error = None
        self._answer = None
        self._closing = None
        self._watchers = ()
        self._receipt = self._account() if self._ended else None

    async def __anext__(self) -> Sequence[E_]:
        try:
            events = await self._next()
        except DeadlineExceeded as error:
            interrupted = self._interrupted(error)
            await self._end(interrupted)
            raise interrupted from error
        except BaseException as error:
            await self._end(error)
            raise
        if events is None:
            if not self._ended:
                self._read = True
                await self._end(None)
            raise StopAsyncIteration
        self._place += 1
        return events

    async def _next(self) -> Sequence[E_] | None:
        source = self._source
        if self._ended:
            if self._ending_error is not None:
                raise self._ending_error
            return None
        if isinstance(source, Kept):
            return source.log[self._place] if self._place < len(source.log) else None
        events = await source.at(self._place, self._until)
        if events is None and source.failure is not None:
            raise self._failed(source.failure)
        return events

    def _failed(self, failure: BaseException) -> FairleadError:
        """What cut the answer, for this listener."""
        if not isinstance(failure, FairleadError):
            return self._interrupted(DeadlineExceeded("the call that it shared was stopped"))
        error = twin(failure)
        if isinstance(error, StreamInterrupted):
            error.partial, error.usage = self.partial()
        return error

    def _interrupted(self, error: FairleadError) -> StreamInterrupted:
        message, usage = self.partial()
        return StreamInterrupted(f"the stream was cut: {error}", partial=message, usage=usage)

    async def aclose(self) -> None:
        if not self._ended and self._at_finish():
            with suppress(FairleadError):
                self._read = await self._next() is None
        await self._end(None)

    async def leave(self) -> None:
        await self.aclose()

    def _at_finish(self) -> bool:
        """Whether the last event was heard, and only the end is not."""
        last = self._source.log[self._place - 1] if self._place else ()
        return bool(last) and type(last[-1]) is Finish

    async def _end(self, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        try:
            if isinstance(self._source, Flight):
                await self._source.leave(self._number)
        finally:
            self._settle(error)
            if self._closing is not None:
                await self._closing(self)

    def _settle(self, error: BaseException | None) -> None:
        self._ending_error = error
        self._receipt = self._account()
        if isinstance(error, FairleadError):
            error.receipt = self._receipt
        for on_end in self._watchers:
            on_end(self, error)

    def amend(self) -> None:
        """Nothing runs beside it."""

    @property
    def receipt(self) -> Receipt:
        return self._receipt or self._account()

    @property
    def complete(self) -> bool:
        return self._read and self._receipt is not None

    @property
    def headers(self) -> Headers:
        source = self._source
        if isinstance(source, Flight) and source.reply is not None:
            return source.reply.headers
        return Headers(cast("ChatResponse", source.answer).raw.headers)

    def partial(self) -> tuple[Message, Usage | None]:
        heard = self._source.log[: self._place]
        return retold(event for batch in heard for event in batch)

    def _made(self) -> R_:
        answer = self._source.answer
        if not self.complete or answer is None:
            raise RuntimeError("the answer is not complete; iterate the stream to its end first")
        return _handed_out(answer, self.receipt)

    def _account(self) -> Receipt:
        call, source = self._call, self._source
        attempts: tuple[Attempt, ...]
        use: CacheUse
        if isinstance(source, Kept):
            served = cast("ChatResponse", source.answer).receipt
            attempts, use = (), "hit"
        else:
            served = source.receipt
            if source.payer == self._number:
                attempts, use = served.attempts, "stored" if source.kept else "missed"
            else:
                attempts, use = (), "shared"
        seconds = self._runtime.now() - call.started
        return replace(
            served, attempts=attempts, seconds=seconds, defaults=call.defaults, cache=use
        )

    def __del__(self) -> None:
        if not getattr(self, "_ended", True) and isinstance(self._source, Flight):
            self._source.forget(self._number)


def credited(flight: Flight[E_, R_]) -> Reply[E_, R_]:
    """The reply of a whole answer, for who has asked for it: its account says what became of it."""
    reply = flight.reply
    assert reply is not None, "there is an answer, and so a reply"
    receipt = replace(reply.receipt, cache="stored" if flight.kept else "missed")
    reply.restate(receipt, _handed_out(reply.result(), receipt))
    return reply


def own_copy(answer: R_) -> R_:
    """`answer` with nothing in it that a change of another's would change."""
    if not isinstance(answer, EmbeddingResponse):
        return answer
    vectors = tuple(array(vector.typecode, vector) for vector in answer.embeddings)
    return cast("R_", replace(answer, embeddings=vectors))


def _handed_out(answer: R_, receipt: Receipt) -> R_:
    """`answer` for one listener: it costs nothing unless it is theirs."""
    if not isinstance(answer, _ACCOUNTED):
        return answer
    found: Any = own_copy(answer)
    if receipt.from_cache:
        return cast("R_", replace(found, receipt=receipt, cost=_NOTHING))
    return cast("R_", replace(found, receipt=receipt))


def twin(error: FairleadError) -> FairleadError:
    """The same error as another object: each who raises one adds to it."""
    kind = type(error)
    made = kind.__new__(kind, *error.args)
    made.__dict__.update(error.__dict__)
    made.__cause__ = error.__cause__
    notes = getattr(error, "__notes__", None)
    if notes is not None:
        made.__notes__ = list(notes)
    return made
