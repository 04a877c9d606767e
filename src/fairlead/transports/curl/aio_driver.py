"""A driver whose sockets and timers an asyncio event loop watches."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from math import inf
from time import monotonic
from typing import TYPE_CHECKING
from weakref import ref

from fairlead.errors import ConfigError, ConnectError, PoolTimeout
from fairlead.transports.curl.driver import Driver
from fairlead.transports.curl.polling import poller_for_many
from fairlead.transports.curl.quota import Quota
from fairlead.transports.curl.request import host_of
from fairlead.transports.curl.response import remaining

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, TimerHandle

    from fairlead.ports import Timeouts
    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.transports.curl.slot import Slot
    from fairlead.types.http import HttpSettings

_GRAIN = 0.001
"""Event loops count in milliseconds: a timer may fire this much early."""


class AsyncDriver(Driver):
    """Belongs to one event loop, which it knows weakly: the loop owns the driver.

    Timers are lazy. One that is not needed any more stays until it fires, and is armed anew then
    if something still waits: arming one for every read would cost more than the read.
    """

    def __init__(
        self, settings: HttpSettings, loop: AbstractEventLoop, alt_svc: AltSvc | None = None
    ) -> None:
        poller = poller_for_many()
        super().__init__(settings, poller, alt_svc)
        self._loop = ref(loop)
        self._descriptor = poller.fileno()
        self._quota = Quota(settings)
        self._queue: deque[tuple[str, Future[None]]] = deque()
        self._timer: TimerHandle | None = None
        self._timer_at = inf
        self._starting = False
        self._closed = False
        try:
            loop.add_reader(self._descriptor, self._on_ready)
        except NotImplementedError:
            raise ConfigError(
                "this event loop cannot watch sockets; use a selector event loop "
                "(on Windows: asyncio.SelectorEventLoop)"
            ) from None

    def serves(self, loop: AbstractEventLoop) -> bool:
        return self._loop() is loop

    def try_enter(self, exchange: Exchange) -> bool:
        """Take a place in the pool, if there is one."""
        return self._quota.take(exchange.origin)

    async def enter(self, exchange: Exchange, until: float) -> None:
        """Wait for a place in the pool. Raises `PoolTimeout` at `until`."""
        loop = self.loop()
        place: Future[None] = loop.create_future()
        entry = (exchange.origin, place)
        self._queue.append(entry)
        timer = loop.call_later(remaining(until), self._refuse, place, exchange)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.released(exchange)
            else:
                self._queue.remove(entry)
            raise
        finally:
            timer.cancel()
            exchange.facts.queue = monotonic() - exchange.started

    def _refuse(self, place: Future[None], exchange: Exchange) -> None:
        if not place.done():
            waited = monotonic() - exchange.started
            host = host_of(exchange.request.url)
            place.set_exception(
                PoolTimeout(f"all connections to {host} stayed taken for {waited:.3g} s")
            )

    def released(self, exchange: Exchange) -> None:
        """Give the place to whoever has waited longest and may have it."""
        self._quota.give(exchange.origin)
        if not self._queue:
            return
        for entry in self._queue:
            origin, place = entry
            if not place.done() and self._quota.take(origin):
                place.set_result(None)
                self._queue.remove(entry)
                return

    def begin(self, exchange: Exchange, timeouts: Timeouts) -> None:
        """Start an exchange that has entered."""
        self._starting = True
        try:
            if self._closed:
                raise _closed()
            self.start(exchange, timeouts)
        except BaseException:
            self.released(exchange)
            raise
        finally:
            self._starting = False
        if self.due < self._timer_at:
            self._arm()

    async def wait(self, exchange: Exchange, deadline: float) -> bool:
        """Wait until something happens to `exchange`; False when `deadline` came first."""
        slot = exchange.slot
        if slot is None:
            return True
        if exchange.waiter is not None:
            raise RuntimeError("two tasks read one response; only one may")
        exchange.deadline = deadline
        exchange.expired = False
        if slot.timer_at > deadline:
            self._arm_slot(slot, deadline)
        exchange.waiter = waiter = self.loop().create_future()
        try:
            await waiter
        except BaseException:
            self.abort(exchange)
            raise
        finally:
            exchange.waiter = None
            exchange.deadline = inf
        return not exchange.expired

    def _arm_slot(self, slot: Slot, deadline: float) -> None:
        if slot.timer is not None:
            slot.timer.cancel()
        slot.timer = self.loop().call_later(remaining(deadline), self._on_slot_timer, slot)
        slot.timer_at = deadline

    def _on_slot_timer(self, slot: Slot) -> None:
        slot.timer = None
        slot.timer_at = inf
        exchange = slot.exchange
        if exchange is None or exchange.deadline == inf:
            return
        if exchange.deadline > monotonic() + _GRAIN:
            self._arm_slot(slot, exchange.deadline)
            return
        # What came while the process stood still wins: then the loop may see the timer alone.
        self._on_ready()
        exchange.expired = True
        exchange.wake()

    def abort_soon(self, exchange: Exchange) -> None:
        """Abort from any thread, and from inside a callback of libcurl."""
        loop = self._loop()
        if loop is not None:
            with suppress(RuntimeError):  # a closed loop has no exchanges to end
                loop.call_soon_threadsafe(self.abort, exchange)

    def close(self) -> None:
        loop = self._loop()
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._descriptor)
        for timer in [self._timer, *(slot.timer for slot in self.slots())]:
            if timer is not None:
                timer.cancel()
        for _, place in self._queue:
            if not place.done():
                place.set_exception(_closed())
        self._closed = True
        super().close()

    def loop(self) -> AbstractEventLoop:
        """The event loop; it is there as long as one of its tasks asks."""
        loop = self._loop()
        if loop is None:
            raise RuntimeError("the event loop that this response belongs to is gone")
        return loop

    def _on_ready(self) -> None:
        for descriptor, mask in self._poller.wait(0):
            self.act(descriptor, mask)

    def _on_timer(self, milliseconds: int) -> None:
        super()._on_timer(milliseconds)
        if self.due < self._timer_at and not self._starting:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self.due
        self._timer = self.loop().call_later(remaining(self.due), self._on_due)

    def _on_due(self) -> None:
        self._timer = None
        self._timer_at = inf
        if self.due <= monotonic() + _GRAIN:
            self.tick()
        if self.due < self._timer_at:
            self._arm()


def _closed() -> ConnectError:
    return ConnectError("the transport was closed before the request was sent", fatal=True)
