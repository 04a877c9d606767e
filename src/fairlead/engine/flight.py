"""One call that several wait for: read once, told to each of them from its beginning.

Nobody owns it. Where the runtime has tasks one reads, a little ahead of who is furthest; else
whoever needs more reads it in their own thread, and the others wait for that. It goes on as long
as anybody listens. What was read is held until the end: at most what one answer may hold.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from math import inf
from threading import RLock
from typing import TYPE_CHECKING, Generic

import msgspec

from fairlead.engine.call import E_, R_, Call
from fairlead.errors import DeadlineExceeded, FairleadError
from fairlead.types.responses import RawResponse

if TYPE_CHECKING:
    from fairlead.engine.call import Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime, Waiter
    from fairlead.types.receipts import Receipt

Landed = Callable[["Flight[E_, R_]"], bool]
"""Hears of the end, once, and says whether the answer was kept."""

_AHEAD = 32
"""Batches of events that are read before anybody has asked for them."""
_GRACE = 0.05
"""Seconds that the reading itself has to notice the same deadline, and to say more of it."""
_EVENT = 64
"""Bytes that an event takes beside its text."""


class Flight(Generic[E_, R_]):
    """`log` is all that has come; `over` with `answer`, or with `failure`. Made under way."""

    __slots__ = (
        "_apart",
        "_busy",
        "_closed",
        "_heard",
        "_inner",
        "_landed",
        "_latest",
        "_listeners",
        "_lock",
        "_numbers",
        "_runtime",
        "_start",
        "_stop",
        "_waiters",
        "answer",
        "call",
        "failure",
        "kept",
        "log",
        "over",
        "payer",
        "reply",
        "size",
    )

    def __init__(
        self,
        call: Call[E_, R_],
        inner: Handler[E_, R_],
        runtime: Runtime,
        *,
        landed: Landed[E_, R_],
    ) -> None:
        """The first listener is number 0, and has the time of `call`."""
        self.call = call
        self._inner = inner
        self._runtime = runtime
        self._landed = landed
        self.reply: Reply[E_, R_] | None = None
        self.log: list[Sequence[E_]] = []
        self.over = False
        self.failure: BaseException | None = None
        self.answer: R_ | None = None
        self.kept = False
        self.size = 0
        self.payer = 0
        """The number of the listener who has asked, and pays; a later one where that has left."""
        self._lock = RLock()  # a listener may be freed, and leaves, at any moment
        self._busy = True
        self._closed = False
        self._heard = 0
        self._latest = call.deadline
        self._listeners: dict[int, None] = {0: None}
        self._numbers = count(1)
        self._start = getattr(runtime, "start", None)
        self._apart = self._start is not None
        self._waiters: list[Waiter] = []
        self._stop: Callable[[], Awaitable[None]] | None = None

    # -- listening -------------------------------------------------------------------------------

    def join(self, deadline: float) -> int | None:
        """The number of one who listens from now on; None where all have left."""
        with self._lock:
            if self._closed:
                return None
            number = next(self._numbers)
            self._listeners[number] = None
            longer, reply = deadline > self._latest, self.reply
            self._latest = max(self._latest, deadline)
        if reply is not None:
            self._prolong(reply)
        if longer:
            self._wake()  # who had the most time until now has to look after their own
        return number

    async def leave(self, number: int) -> None:
        """Listen no more. The last one ends the call, unless it has ended."""
        if not self._gone(number):
            return
        self._landed(self)
        try:
            if self._stop is not None:
                await self._stop()
        finally:
            if self.reply is not None and not self.over:
                await self.reply.aclose()

    def forget(self, number: int) -> None:
        """The same for a listener that was dropped: what is left of the call is freed with it."""
        if self._gone(number):
            self._landed(self)

    def _gone(self, number: int) -> bool:
        """Whether that was the last, of a call that has not ended."""
        with self._lock:
            self._listeners.pop(number, None)
            if self.over:
                return False
            if self._listeners:
                if self.payer == number:
                    self.payer = next(iter(self._listeners))
                return False
            self._closed = True
            return True

    async def launch(self, until: float) -> None:
        """Send the call. Who has made the flight does this, and first."""
        await self._go(until)
        if self.reply is None and not self.over:
            await self.opened(until)

    async def opened(self, until: float) -> None:
        """Wait until the call has begun to answer, or has failed. Raises `DeadlineExceeded`."""
        await self._until(lambda: self.over or self.reply is not None, until)

    async def at(self, place: int, until: float) -> Sequence[E_] | None:
        """The events at `place` of the log, once they are there; None where it ends before."""
        if place >= len(self.log) and not self.over:
            await self._until(lambda: self.over or place < len(self.log), until)
        if place >= len(self.log):
            return None
        self._heard = max(self._heard, place + 1)
        if self._apart and self._ahead() and self._begin():
            await self._go(until)
        return self.log[place]

    @property
    def receipt(self) -> Receipt:
        """The account of what was sent."""
        reply = self.reply
        return self.call.receipt(self._runtime.now()) if reply is None else reply.receipt

    async def _until(self, met: Callable[[], bool], until: float) -> None:
        now, grace = self._runtime.now, _GRACE if self._apart else 0.0
        while not met():
            if now() >= until + grace:
                raise DeadlineExceeded(f"{self.call.target}: no answer within the call's time")
            if not self._busy and self._begin():
                await self._go(until)
                continue
            waiter = self._runtime.waiter()
            with self._lock:
                self._waiters.append(waiter)
            if self._busy and not met():  # else nobody would wake it
                # The reading itself ends at the latest deadline, and needs no timer beside it.
                last = self._apart and until >= self._latest
                await waiter.wait(inf if last else until + grace)

    # -- reading ---------------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Whether the caller is to read on: nobody does."""
        with self._lock:
            if self._busy or self.over:
                return False
            self._busy = True
            return True

    async def _go(self, until: float) -> None:
        """Read on: in a task, or here and until then."""
        if self._start is not None:
            self._stop = self._start(self._run)
            return
        try:
            await self._step(until)
        finally:
            self._rest()

    async def _run(self) -> None:
        try:
            await self._step(inf)
            while not self.over and self._ahead():
                self._wake()
                await self._step(inf)
        finally:
            self._rest()

    def _ahead(self) -> bool:
        return not self.over and len(self.log) - self._heard < _AHEAD

    async def _step(self, until: float) -> None:
        try:
            if self.reply is None:
                self._begun(await self._inner(self.call))
            elif await self.reply.ready(until):
                batch = await self.reply.__anext__()
                self.log.append(batch)
        except StopAsyncIteration:
            self._end(None)
        except BaseException as error:
            self._end(error)
            if not isinstance(error, Exception):
                raise

    def _begun(self, reply: Reply[E_, R_]) -> None:
        with self._lock:
            self.reply = reply
        self._prolong(reply)
        if not self.call.stream:
            self._end(None)

    def _prolong(self, reply: Reply[E_, R_]) -> None:
        """The call has as much time as the listener who has most."""
        self.call.deadline = max(self.call.deadline, self._latest)
        reply.prolong(self._latest)

    def _end(self, failure: BaseException | None) -> None:
        reply = self.reply
        if failure is None and reply is not None:
            try:
                self.answer = reply.result()
                self.size = size_of(self.answer, sum(map(len, self.log)))
            except FairleadError as error:
                failure = error
        self.failure = failure
        self.kept = self._landed(self)
        with self._lock:
            self.over = True

    def _rest(self) -> None:
        with self._lock:
            self._busy = False
        if self._waiters:
            self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake()


def size_of(answer: object, events: int) -> int:
    """About as many bytes as an answer holds, with so many events whose text is the answer's.

    One that came whole holds its body, and what was read from that, which is not larger.
    """
    raw = getattr(answer, "raw", None)
    if isinstance(raw, RawResponse) and raw.body is not None:
        return 2 * len(raw.body)
    return (2 if events else 1) * len(msgspec.msgpack.encode(answer, enc_hook=_written)) + (
        _EVENT * events
    )


def _written(value: object) -> object:
    return value.tobytes() if isinstance(value, array) else str(value)
