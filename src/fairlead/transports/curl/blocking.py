"""The blocking colour of the transport: lanes, each with a driver and its cached connection."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from threading import Condition, Lock
from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import PoolTimeout, ProtocolError
from fairlead.ports import Limits
from fairlead.transports.curl.alt_svc import alt_svc_for
from fairlead.transports.curl.errors import creating
from fairlead.transports.curl.exchange import Exchange
from fairlead.transports.curl.lane import Lane
from fairlead.transports.curl.quota import Quota
from fairlead.transports.curl.request import host_of, origin_of
from fairlead.transports.curl.response import Response, no_data, no_response, remaining
from fairlead.transports.curl.usable import check_settings
from fairlead.transports.curl.warm import first_version
from fairlead.types.http import HttpRequest, HttpSettings

if TYPE_CHECKING:
    from fairlead.ports import Timeouts


class BlockingCurlTransport:
    """HTTP for `Client`; `ports.Transport`, whose coroutines block and never suspend.

    Any number of threads may use it. A forked child starts with an empty pool. Of `limits`,
    `total` caps one decoded answer.
    """

    def __init__(self, settings: HttpSettings | None = None, limits: Limits | None = None) -> None:
        self._settings = settings or HttpSettings()
        self._room = (limits or Limits()).total
        self._alt_svc = alt_svc_for(self._settings)
        self._inherited: list[object] = []
        self._orphans: deque[Lane] = deque()
        self._closed = False
        self._start_pool()

    def _start_pool(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._quota = Quota(self._settings)
        self._idle: dict[str, list[Lane]] = {}
        self._busy: set[Lane] = set()
        self._lanes = 0
        self._waiting = 0

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> BlockingResponse:
        """Send `request`; see `ports.Transport`. `InvalidRequest` when nothing may be sent."""
        exchange = Exchange(request, origin_of(request.url), started=monotonic(), room=self._room)
        lane = self._take(exchange, min(deadline, exchange.started + timeouts.pool))
        try:
            if request.whole:
                lane.run(exchange, timeouts, deadline)
            else:
                lane.start(exchange, timeouts)
            while not exchange.status and not exchange.ended:
                if not lane.wait(deadline) and not exchange.status and not exchange.ended:
                    raise no_response(exchange)
        except BaseException:
            lane.abort(exchange)
            self.give(lane)
            raise
        if exchange.ended:
            self.give(lane)
        if not exchange.status:
            raise exchange.error or ProtocolError("there was no response", sent=True)
        if exchange.ended:
            return BlockingResponse(self, None, exchange)
        # Held here too: of a circle that is freed, Python may end libcurl's handles first.
        self._busy.add(lane)
        return BlockingResponse(self, lane, exchange)

    async def warm(self, url: str, *, connections: int, deadline: float, timeouts: Timeouts) -> str:
        """See `ports.PoolingTransport`."""
        asked = HttpRequest("HEAD", url)
        taken: list[tuple[Lane, Exchange]] = []
        try:
            for _ in range(connections):
                exchange = Exchange(asked, origin_of(url), started=monotonic(), room=self._room)
                lane = self._take(exchange, min(deadline, exchange.started + timeouts.pool))
                taken.append((lane, exchange))
                lane.start(exchange, timeouts)
            return first_version([lane.finish(exchange, deadline) for lane, exchange in taken])
        finally:
            for lane, exchange in taken:
                lane.abort(exchange)
                self.give(lane)

    def relearn(self) -> None:
        """See `ports.PoolingTransport`."""
        if self._alt_svc is not None:
            self._alt_svc.clear()

    async def aclose(self) -> None:
        """Close every idle connection now, and the others when their responses are closed."""
        self._closed = True
        with self._lock:
            self._adopt()
            idle = [lane for lanes in self._idle.values() for lane in lanes]
            self._idle.clear()
            self._lanes -= len(idle)
        for lane in idle:
            lane.close()

    def _take(self, exchange: Exchange, until: float) -> Lane:
        if os.getpid() != self._process:
            # closing the parent's connections here would end its TLS sessions: keep them, unused
            self._inherited += [self._idle, self._orphans, self._busy]
            self._orphans = deque()
            self._start_pool()
        origin = exchange.origin
        evicted = None
        with self._lock:
            if self._orphans:
                self._adopt()
            if not self._quota.take(origin):
                self._queue(exchange, until)
            idle = self._idle.get(origin)
            if idle:
                return idle.pop()
            if self._lanes >= self._settings.max_connections:
                evicted = self._oldest_idle()
            else:
                self._lanes += 1
        if evicted is not None:
            evicted.close()
        return self._new_lane(origin)

    def _new_lane(self, origin: str) -> Lane:
        try:
            check_settings(self._settings)
            with creating():
                return Lane(self._settings, origin, self._alt_svc)
        except BaseException:
            with self._lock:
                self._lanes -= 1
                self._quota.give(origin)
                self._changed.notify_all()
            raise

    def _queue(self, exchange: Exchange, until: float) -> None:
        """Wait for a place, holding the lock but while asleep."""
        origin = exchange.origin
        self._waiting += 1
        try:
            taken = self._changed.wait_for(lambda: self._quota.take(origin), remaining(until))
        finally:
            self._waiting -= 1
        exchange.facts.queue = waited = monotonic() - exchange.started
        if not taken:
            host = host_of(exchange.request.url)
            raise PoolTimeout(f"all connections to {host} stayed taken for {waited:.3g} s")

    def _oldest_idle(self) -> Lane:
        """A lane of another origin: it must exist, since the places are not all taken."""
        origin, lanes = next((origin, lanes) for origin, lanes in self._idle.items() if lanes)
        lane = lanes.pop(0)
        if not lanes:
            del self._idle[origin]
        return lane

    def give(self, lane: Lane) -> None:
        """Take a lane back whose exchange is over."""
        with self._lock:
            if self._orphans:
                self._adopt()
            self._keep(lane)
            if self._waiting:
                self._changed.notify_all()

    def give_from_finalizer(self, lane: Lane, exchange: Exchange) -> None:
        """The same from `__del__`, which may run while this very thread holds the lock."""
        if os.getpid() != self._process:
            self._inherited.append(lane)
            return
        with suppress(pycurl.error):  # the whole transport is freed, and the handle went before
            lane.abort(exchange)
        self._orphans.append(lane)
        if self._lock.acquire(blocking=False):
            try:
                self._adopt()
                self._changed.notify_all()
            finally:
                self._lock.release()

    def _adopt(self) -> None:
        while self._orphans:
            self._keep(self._orphans.popleft())

    def _keep(self, lane: Lane) -> None:
        self._busy.discard(lane)
        self._quota.give(lane.origin)
        if self._closed:
            self._lanes -= 1
            lane.close()
        else:
            self._idle.setdefault(lane.origin, []).append(lane)


class BlockingResponse(Response):
    """A response in the blocking colour; `ports.HttpResponse`. `lane` is None once it has ended."""

    __slots__ = ("_lane", "_transport")

    def __init__(
        self, transport: BlockingCurlTransport, lane: Lane | None, exchange: Exchange
    ) -> None:
        super().__init__(exchange)
        self._transport = transport
        self._lane = lane

    async def read(self, deadline: float) -> bytes:
        exchange = self._exchange
        while not exchange.chunks:
            lane = self._lane
            if lane is None:
                if exchange.error is not None:
                    raise exchange.error
                return b""
            self._wait(lane, deadline)
        data = exchange.take()
        if exchange.paused and self._lane is not None:
            self._lane.resume(exchange)
        return data

    def _wait(self, lane: Lane, deadline: float) -> None:
        """Block until something may have come; an interrupt frees the connection."""
        exchange = self._exchange
        alive = True
        try:
            if not exchange.ended:
                alive = lane.wait(deadline)
        except BaseException:
            lane.abort(exchange)
            self._give_back(lane)
            raise
        if exchange.slot is None:
            self._give_back(lane)
        elif not alive and not exchange.chunks:
            raise no_data(exchange)

    async def aclose(self) -> None:
        lane = self._lane
        if lane is not None:
            lane.abort(self._exchange)
            self._give_back(lane)
        else:
            self._exchange.forget()

    def _give_back(self, lane: Lane) -> None:
        self._lane = None
        self._transport.give(lane)

    def __del__(self) -> None:
        lane = self._lane
        if lane is not None:
            self._lane = None
            self._transport.give_from_finalizer(lane, self._exchange)
