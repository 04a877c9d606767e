"""One call that several wait for: read once, told to each of them from its beginning.

Nobody owns it. Where the runtime has tasks one reads, a little ahead of who is furthest; else
whoever needs more reads it in their own thread, and the others wait for that. It goes on as long
as anybody listens. What was read is held until the end: at most what one answer may hold.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from math import inf
from threading import RLock
from typing import TYPE_CHECKING, Generic

import msgspec
from msgspec import Struct, field

from fairlead.engine.call import E_, R_, Call
from fairlead.errors import DeadlineExceeded
from fairlead.types.responses import RawResponse

if TYPE_CHECKING:
    from fairlead.engine.call import Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime, Waiter
    from fairlead.types.receipts import Receipt

Start = Callable[[Callable[[], Coroutine[object, None, None]]], Callable[[], Awaitable[None]]]

_AHEAD = 32
"""Batches of events that are read before anybody has asked for them."""
_GRACE = 0.05
"""Seconds that the reading itself has to notice the same deadline, and to say more of it."""
_EVENT = 64
"""Bytes that an event takes beside its text."""
_FIRST: dict[int, None] = {0: None}


class Flight(Struct, Generic[E_, R_], eq=False):
    """`log` is all that has come; `over` with `answer`, or with `failure`. Made under way."""

    call: Call[E_, R_]
    inner: Handler[E_, R_]
    runtime: Runtime
    start: Start | None
    """Begins a task beside the caller's, where the runtime has tasks."""
    landed: Callable[[Flight[E_, R_]], bool]
    """Hears of the end, once, and says whether the answer was kept."""
    lock: RLock
    """Also taken where a listener leaves because it is freed, which may be at any moment."""
    latest: float
    """The deadline of the listener who has most time; the first one's to begin with."""
    reply: Reply[E_, R_] | None = None
    log: list[Sequence[E_]] = []
    over: bool = False
    failure: BaseException | None = None
    answer: R_ | None = None
    kept: bool = False
    payer: int = 0
    """The number of the listener who has asked, and pays; a later one where that has left."""
    _busy: bool = True
    _closed: bool = False
    _heard: int = 0
    _listeners: dict[int, None] = field(default_factory=_FIRST.copy)
    _numbers: int = 0
    _waiters: list[Waiter] = []
    _stop: Callable[[], Awaitable[None]] | None = None

    def __repr__(self) -> str:
        """What it holds is the callers', and is not shown in tracebacks."""
        return f"<Flight {self.call.target}>"

    # -- listening -------------------------------------------------------------------------------

    def join(self, deadline: float) -> int | None:
        """The number of one who listens from now on; None where all have left."""
        with self.lock:
            if self._closed:
                return None
            self._numbers = number = self._numbers + 1
            self._listeners[number] = None
            longer, reply = deadline > self.latest, self.reply
            self.latest = max(self.latest, deadline)
        if reply is not None:
            self._prolong(reply)
        if longer:
            self._wake()  # who had the most time until now has to look after their own
        return number

    async def leave(self, number: int) -> None:
        """Listen no more. The last one ends the call, unless it has ended."""
        if not self._gone(number):
            return
        self.landed(self)
        try:
            if self._stop is not None:
                await self._stop()
        finally:
            if self.reply is not None and not self.over:
                await self.reply.aclose()

    def forget(self, number: int) -> None:
        """The same for a listener that was dropped: what is left of the call is freed with it."""
        if self._gone(number):
            self.landed(self)

    def _gone(self, number: int) -> bool:
        """Whether that was the last, of a call that has not ended."""
        with self.lock:
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
        """Send the call, like `opened`. Who has made the flight does this, and first."""
        if self.start is None:
            try:
                await self._step(until)
            finally:
                self._rest()
            return
        self._stop = self.start(self._read_ahead)
        if self._open():
            return  # where tasks start eagerly
        waiter = self.runtime.waiter()
        self._waiters.append(waiter)
        await waiter.wait(inf)  # the reading ends at their deadline, unless others have more time
        if not self._open():
            await self.opened(until)

    def opened(self, until: float) -> Awaitable[None]:
        """Wait until the call has begun to answer, or has failed. Raises `DeadlineExceeded`."""
        return self._until(self._open, until)

    def _open(self) -> bool:
        # An answer that does not stream is there when it is over, and not before.
        return self.over or (self.reply is not None and self.call.stream)

    async def at(self, place: int, until: float) -> Sequence[E_] | None:
        """The events at `place` of the log, once they are there; None where it ends before."""
        if place >= len(self.log) and not self.over:
            await self._until(lambda: self.over or place < len(self.log), until)
        if place >= len(self.log):
            return None
        self._heard = max(self._heard, place + 1)
        if self.start is not None and self._ahead() and self._begin():
            await self._go(until)
        return self.log[place]

    @property
    def receipt(self) -> Receipt:
        """The account of what was sent."""
        reply = self.reply
        return self.call.receipt(self.runtime.now()) if reply is None else reply.receipt

    async def _until(self, met: Callable[[], bool], until: float) -> None:
        grace = 0.0 if self.start is None else _GRACE
        while not met():
            if self.runtime.now() >= until + grace:
                raise DeadlineExceeded(f"{self.call.target}: no answer within the call's time")
            if not self._busy and self._begin():
                await self._go(until)
                continue
            waiter = self.runtime.waiter()
            with self.lock:
                self._waiters.append(waiter)
            if self._busy and not met():  # else nobody would wake it
                # The reading itself ends at the latest deadline, and needs no timer beside it.
                last = self.start is not None and until >= self.latest
                await waiter.wait(inf if last else until + grace)

    # -- reading ---------------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Whether the caller is to read on: nobody does."""
        with self.lock:
            if self._busy or self.over:
                return False
            self._busy = True
            return True

    async def _go(self, until: float) -> None:
        """Read on: in a task, or here and until then."""
        if self.start is not None:
            self._stop = self.start(self._read_ahead)
            return
        try:
            await self._step(until)
        finally:
            self._rest()

    async def _read_ahead(self) -> None:
        try:
            await self._step(inf)
            while self._ahead():
                self._wake()
                await self._step(inf)
        finally:
            self._rest()

    def _ahead(self) -> bool:
        return not self.over and len(self.log) - self._heard < _AHEAD

    async def _step(self, until: float) -> None:
        reply = self.reply
        try:
            if reply is None:
                reply = await self.inner(self.call)
                if self.call.stream:
                    self._begun(reply)
                else:
                    self.reply = reply
                    self._end(reply.result(), None)
            elif await reply.ready(until):
                batch = await anext(reply, None)
                if batch is None:
                    self._end(reply.result(), None)
                else:
                    self.log.append(batch)
        except BaseException as error:
            self._end(None, error)
            if not isinstance(error, Exception):
                raise

    def _begun(self, reply: Reply[E_, R_]) -> None:
        with self.lock:
            self.reply = reply
        self._prolong(reply)

    def _prolong(self, reply: Reply[E_, R_]) -> None:
        """The call has as much time as the listener who has most."""
        self.call.deadline = max(self.call.deadline, self.latest)
        reply.prolong(self.latest)

    def _end(self, answer: R_ | None, failure: BaseException | None) -> None:
        self.answer, self.failure = answer, failure
        self.kept = self.landed(self)
        self.over = True

    def _rest(self) -> None:
        with self.lock:
            self._busy = False
        if self._waiters:
            self._wake()

    def _wake(self) -> None:
        with self.lock:
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake()


def size_of(answer: object, log: Sequence[Sequence[object]]) -> int:
    """About as many bytes as an answer holds, with the events of `log`, whose text is the answer's.

    One that came whole holds its body, and what was read from that, which is not larger.
    """
    raw = getattr(answer, "raw", None)
    if isinstance(raw, RawResponse) and raw.body is not None:
        return 2 * len(raw.body)
    events = sum(map(len, log))
    return (2 if events else 1) * len(msgspec.msgpack.encode(answer, enc_hook=_written)) + (
        _EVENT * events
    )


def _written(value: object) -> object:
    return value.tobytes() if isinstance(value, array) else str(value)
