"""The shared lane of the blocking colour: exchanges of many threads on few connections.

One of the threads that wait is the leader: it polls for all of them, and holds the lock only while
it tells libcurl what it found. The others sleep until their exchange has something, or the lead
passes to them. There is no thread of its own.
"""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress
from math import inf
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from weakref import finalize

from fairlead.transports.curl.driver import Driver
from fairlead.transports.curl.polling import READ, poller_for_many
from fairlead.transports.curl.response import no_response, remaining
from fairlead.transports.curl.sleeper import Sleeper, longest_sleep
from fairlead.transports.curl.uninterrupted import Uninterrupted

if TYPE_CHECKING:
    from fairlead.errors import FairleadError
    from fairlead.ports import Timeouts
    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import HttpSettings


_PATIENCE = 5.0
"""Seconds after which a leader that should have come back is taken to be lost."""


class SharedLane(Driver):
    """A driver for any number of threads. Each exchange must be aborted, or have ended.

    Whoever holds the lock may be interrupted: what it leaves undone, such as passing on the lead,
    is done when its exchange is aborted; where that was interrupted too, another takes the lead
    after a while. No lock is awaited in a finalizer.
    """

    def __init__(self, settings: HttpSettings, alt_svc: AltSvc | None = None) -> None:
        super().__init__(settings, poller_for_many(), alt_svc)
        self._lock = Lock()
        self._leader: Exchange | None = None
        self._polls_until = -inf
        self._lost_at = inf
        self._waiting: dict[Exchange, Sleeper] = {}
        self._roused: deque[Sleeper] = deque()
        self._unwanted: deque[Exchange] = deque()
        self._poked, self._poke = ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        self._poked_descriptor = self._poked.fileno()
        self._poller.watch(READ, self._poked_descriptor, None, None)
        self._close_ends = finalize(self, _close_all, ends)

    def begin(self, exchange: Exchange, timeouts: Timeouts, _deadline: float) -> None:
        """Send the request as far as that goes without waiting. Raises `InvalidRequest`."""
        with self._lock, Uninterrupted():
            self.start(exchange, timeouts)
            self._hurry()
        self._settle()

    def await_head(self, exchange: Exchange, deadline: float) -> None:
        """Block until the head has come, or the end. Raises `ReadTimeout` or `ConnectTimeout`."""
        if not self._wait(exchange, deadline, for_head=True):
            with self._lock:
                if not exchange.status and not exchange.ended:
                    raise no_response(exchange)

    def await_data(self, exchange: Exchange, deadline: float) -> bool:
        """Block until there is more of the body, or the end; False when `deadline` came first."""
        return self._wait(exchange, deadline, for_head=False)

    def finish(self, exchange: Exchange, deadline: float) -> str | FairleadError:
        """Block until an exchange without a body is over: its HTTP version, or what went wrong."""
        while not exchange.ended:
            if not self.await_data(exchange, deadline):
                with self._lock:
                    if not exchange.ended:
                        return no_response(exchange)
        return exchange.error or exchange.facts.http_version

    def take(self, exchange: Exchange) -> bytes:
        """Everything of the body that has come and was not read."""
        with self._lock:
            data = exchange.take()
            if exchange.paused:
                with Uninterrupted():
                    self.resume(exchange)
                    self._hurry()
        self._settle()
        return data

    def abort(self, exchange: Exchange) -> None:
        self._unwanted.append(exchange)
        with self._lock, Uninterrupted():
            self._drop()
        self._settle()

    def abandon(self, exchange: Exchange) -> None:
        """Abort from a finalizer, where this very thread may hold the lock: soon, if not now.

        The caller keeps interrupts off.
        """
        self._unwanted.append(exchange)
        if self._lock.acquire(blocking=False):
            try:
                self._drop()
            finally:
                self._lock.release()
            self._settle()

    def close(self) -> None:
        """Close every connection; no exchange is under way any more."""
        with self._lock:
            super().close()
            self._close_ends()

    def _wait(self, exchange: Exchange, deadline: float, *, for_head: bool) -> bool:
        """Block until something came; False when `deadline` did first."""
        while True:
            with self._lock:
                came = exchange.ended or bool(exchange.status if for_head else exchange.chunks)
                now = monotonic()
                if came or now >= deadline:
                    self._leave(exchange)
                    break
                sleeper = self._enlist(exchange, now)
                leads = self._leader is exchange
                if leads:
                    self._polls_until = min(self.due, deadline, now + longest_sleep(inf))
                    self._lost_at = max(now, self._polls_until) + _PATIENCE
            self._settle()
            if leads:
                self._lead(exchange)
            else:
                sleeper.sleep(remaining(deadline))
        self._settle()
        return came

    def _enlist(self, exchange: Exchange, now: float) -> Sleeper:
        sleeper = self._waiting.get(exchange)
        if sleeper is None:
            self._waiting[exchange] = sleeper = Sleeper(self._roused)
        exchange.waiter = sleeper
        leader = self._leader
        if leader is None:
            self._leader = exchange
        elif leader is not exchange and now > self._lost_at:
            self._waiting.pop(leader, None)  # if its thread is there after all, it comes back
            self._leader = exchange
        return sleeper

    def _leave(self, exchange: Exchange) -> None:
        """Wait no longer; who has waited longest takes over the lead."""
        exchange.waiter = None
        self._waiting.pop(exchange, None)
        if self._leader is exchange:
            self._polls_until = -inf
            self._leader = heir = next(iter(self._waiting), None)
            if heir is not None:
                self._lost_at = monotonic() + _PATIENCE
                self._roused.append(self._waiting[heir])

    def _lead(self, exchange: Exchange) -> None:
        ready = self._poller.wait(remaining(self._polls_until))
        with self._lock, Uninterrupted():
            if self._leader is exchange:  # not where it was aborted meanwhile
                self._polls_until = -inf
            for descriptor, mask in ready:
                if descriptor == self._poked_descriptor:
                    with suppress(BlockingIOError):
                        self._poked.recv(64)
                else:
                    self.act(descriptor, mask)
            if self.due <= monotonic():
                self.tick()

    def _hurry(self) -> None:
        """Have the leader look again, if what this thread did is news to it."""
        leader = self._leader
        if leader is None or self._polls_until == -inf:
            return
        if self.due < self._polls_until or leader.waiter is None or not self._poller.live:
            self._end_poll()

    def _end_poll(self) -> None:
        self._polls_until = -inf
        with suppress(BlockingIOError):  # it is full, so that the leader wakes in any case
            self._poke.send(b"\0")

    def _drop(self) -> None:
        """Abort what nobody wants; holding the lock."""
        while self._unwanted:
            exchange = self._unwanted[0]
            sleeper = self._waiting.get(exchange)
            if sleeper is not None:  # its thread waits still, and another one closes it
                self._roused.append(sleeper)
                if self._leader is exchange and self._polls_until > -inf:
                    self._end_poll()
            self._leave(exchange)
            super().abort(exchange)
            self._unwanted.popleft()
        self._reap()  # an interrupt may have come between an end and its being noticed
        self._hurry()

    def _settle(self) -> None:
        """What is to be done without the lock, once it is free."""
        while self._unwanted:
            with self._lock, Uninterrupted():
                self._drop()
        while self._roused:
            try:
                self._roused.popleft().rouse()
            except IndexError:  # another thread was quicker
                return


def _close_all(ends: tuple[socket.socket, socket.socket]) -> None:
    for end in ends:
        end.close()
