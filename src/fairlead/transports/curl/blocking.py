"""The blocking colour of the transport: which lane carries an exchange."""

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
from fairlead.transports.curl.blocking_response import BlockingResponse
from fairlead.transports.curl.errors import creating
from fairlead.transports.curl.exchange import Exchange
from fairlead.transports.curl.lane import Carrier, Lane
from fairlead.transports.curl.quota import Quota
from fairlead.transports.curl.request import host_of, origin_of
from fairlead.transports.curl.response import remaining
from fairlead.transports.curl.shared import SharedLane
from fairlead.transports.curl.sharing import Sharing
from fairlead.transports.curl.uninterrupted import Uninterrupted
from fairlead.transports.curl.usable import check_settings
from fairlead.transports.curl.warm import first_version
from fairlead.types.http import HttpRequest, HttpSettings

if TYPE_CHECKING:
    from fairlead.ports import Timeouts


class BlockingCurlTransport:
    """HTTP for `Client`; `ports.Transport`, whose coroutines block and never suspend.

    Any number of threads may use it. The only exchange with an origin has a lane of its own, which
    costs the least. Those beside it have such lanes on HTTP/1.1, and else share one lane, where
    many go over one connection. A forked child starts with an empty pool. Of `limits`, `total` caps
    one decoded answer.
    """

    def __init__(self, settings: HttpSettings | None = None, limits: Limits | None = None) -> None:
        self._settings = settings or HttpSettings()
        self._room = (limits or Limits()).total
        self._alt_svc = alt_svc_for(self._settings)
        self._inherited: list[object] = []
        self._orphans: deque[tuple[Carrier, str]] = deque()
        self._sharing = Sharing(self._settings)
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
        self._shared: SharedLane | None = None
        self._sharers = 0

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> BlockingResponse:
        """Send `request`; see `ports.Transport`. `InvalidRequest` when nothing may be sent."""
        exchange = Exchange(request, origin_of(request.url), started=monotonic(), room=self._room)
        lane = self._take(exchange, min(deadline, exchange.started + timeouts.pool))
        try:
            lane.begin(exchange, timeouts, deadline)
            lane.await_head(exchange, deadline)
        except BaseException:
            self.free(lane, exchange)
            raise
        ended = exchange.ended
        if ended:
            self.give(lane, exchange.origin)
        if not exchange.status:
            raise exchange.error or ProtocolError("there was no response", sent=True)
        self._sharing.answered(exchange)
        if ended:
            return BlockingResponse(self, None, exchange)
        if isinstance(lane, Lane):
            # Held here too: of a circle that is freed, Python may end libcurl's handles first.
            self._busy.add(lane)
        return BlockingResponse(self, lane, exchange)

    async def warm(self, url: str, *, connections: int, deadline: float, timeouts: Timeouts) -> str:
        """See `ports.PoolingTransport`."""
        asked = HttpRequest("HEAD", url)
        taken: list[tuple[Carrier, Exchange]] = []
        try:
            for _ in range(connections):
                exchange = Exchange(asked, origin_of(url), started=monotonic(), room=self._room)
                lane = self._take(exchange, min(deadline, exchange.started + timeouts.pool))
                taken.append((lane, exchange))
                lane.begin(exchange, timeouts, deadline)
            return first_version([lane.finish(exchange, deadline) for lane, exchange in taken])
        finally:
            for lane, exchange in taken:
                self.free(lane, exchange)

    def relearn(self) -> None:
        """See `ports.PoolingTransport`."""
        self._sharing.clear()
        if self._alt_svc is not None:
            self._alt_svc.clear()

    async def aclose(self) -> None:
        """Close every idle connection now, and the others when their responses are closed."""
        self._closed = True
        with self._lock:
            self._adopt()
            idle: list[Carrier] = [lane for lanes in self._idle.values() for lane in lanes]
            self._idle.clear()
            self._lanes -= len(idle)
            if self._shared is not None and not self._sharers:
                idle.append(self._shared)
                self._shared = None
        for lane in idle:
            lane.close()

    def owns(self, lane: Carrier) -> bool:
        """Whether `lane` is of this process, not of the one that it was forked from."""
        return os.getpid() == self._process and (lane is self._shared or lane in self._busy)

    def _take(self, exchange: Exchange, until: float) -> Carrier:
        if os.getpid() != self._process:
            self._disown()
        evicted = None
        origin = exchange.origin
        with self._lock:
            if self._orphans:
                self._adopt()
            if not self._quota.take(origin):
                self._queue(exchange, until)
            idle = self._idle.get(origin)
            if idle:
                return idle.pop()
            if self._quota.taken(origin) > 1 and self._sharing.expects(origin):
                return self._join(origin)
            if self._lanes >= self._settings.max_connections:
                evicted = self._oldest_idle()
            else:
                self._lanes += 1
        if evicted is not None:
            evicted.close()
        return self._new_lane(origin)

    def _disown(self) -> None:
        # closing the parent's connections here would end its TLS sessions: keep them, unused
        self._inherited += [self._idle, self._orphans, self._busy, self._shared]
        self._orphans = deque()
        self._start_pool()

    def _join(self, origin: str) -> SharedLane:
        """The lane that all share, holding the lock."""
        shared = self._shared
        if shared is None:
            try:
                check_settings(self._settings)
                with creating():
                    self._shared = shared = SharedLane(self._settings, self._alt_svc)
            except BaseException:
                self._quota.give(origin)
                self._changed.notify_all()
                raise
        self._sharers += 1
        return shared

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

    def free(self, lane: Carrier, exchange: Exchange) -> None:
        """End an exchange that nobody wants any more, and take its lane back."""
        with Uninterrupted():
            lane.abort(exchange)
            self.give(lane, exchange.origin)

    def give(self, lane: Carrier, origin: str) -> None:
        """Take a lane back from an exchange with `origin` that is over."""
        with self._lock:
            if self._orphans:
                self._adopt()
            self._keep(lane, origin)
            if self._waiting:
                self._changed.notify_all()

    def give_from_finalizer(self, lane: Carrier, exchange: Exchange) -> None:
        """The same from `__del__`, which may run while this very thread holds the lock."""
        if not self.owns(lane):
            self._inherited.append(lane)
            return
        with Uninterrupted():
            with suppress(pycurl.error):  # the whole transport is freed, its handles went before
                lane.abandon(exchange)
            self._orphans.append((lane, exchange.origin))
            if self._lock.acquire(blocking=False):
                try:
                    self._adopt()
                    self._changed.notify_all()
                finally:
                    self._lock.release()

    def _adopt(self) -> None:
        while self._orphans:
            self._keep(*self._orphans.popleft())

    def _keep(self, lane: Carrier, origin: str) -> None:
        self._quota.give(origin)
        if isinstance(lane, Lane):
            self._busy.discard(lane)
            if self._closed:
                self._lanes -= 1
                lane.close()
            else:
                self._idle.setdefault(origin, []).append(lane)
        else:
            self._sharers -= 1
            if self._closed and not self._sharers:
                self._shared = None
                lane.close()
