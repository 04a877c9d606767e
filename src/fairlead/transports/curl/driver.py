"""One multi handle of libcurl with its sockets and its timer: what both colours share."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import FairleadError, InvalidRequest, ProtocolError
from fairlead.transports.curl.errors import creating, exhausted, translate
from fairlead.transports.curl.slot import Slot

if TYPE_CHECKING:
    from fairlead.ports import Timeouts
    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.transports.curl.polling import Poller
    from fairlead.types.http import HttpSettings

_IDLE_SLOTS = 100
"""Handles kept for later; each holds some 20 KB."""


class Driver:
    """Runs exchanges on one multi handle. Not for two threads at once.

    `due` is the instant at which libcurl wants to be called though no socket is ready.
    """

    def __init__(
        self, settings: HttpSettings, poller: Poller, alt_svc: AltSvc | None = None
    ) -> None:
        self.due = inf
        self._alt_svc = alt_svc
        self._settings = settings
        self._poller = poller
        self._idle: list[Slot] = []
        self._full: list[Slot] = []
        self._active: dict[pycurl.Curl, Slot] = {}
        self._multi = multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, poller.watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        multi.setopt(pycurl.M_MAXCONNECTS, settings.max_connections)
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, settings.max_connections)
        multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, settings.max_connections_per_host)
        multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, settings.max_streams)

    def start(self, exchange: Exchange, timeouts: Timeouts) -> None:
        """Send the exchange's request as far as that goes without waiting.

        Raises `InvalidRequest`, with nothing sent.
        """
        slot = self._idle.pop() if self._idle else self._new_slot()
        self._load(slot, exchange, timeouts)
        slot.begin(exchange)
        self._add(slot)

    def _load(self, slot: Slot, exchange: Exchange, timeouts: Timeouts) -> None:
        try:
            slot.loader.load(exchange.request, timeouts, exchange.origin)
        except BaseException as error:
            slot.discard()
            if isinstance(error, pycurl.error):
                raise InvalidRequest("libcurl does not take this request or its settings") from None
            raise

    def _new_slot(self) -> Slot:
        with creating():
            return Slot(self._settings, self._full, self._alt_svc)

    def _add(self, slot: Slot) -> None:
        self._active[slot.easy] = slot
        try:
            self._multi.add_handle(slot.easy)
        except pycurl.error:
            raise exhausted() from None
        self.due = inf
        self.act(pycurl.SOCKET_TIMEOUT, 0)

    def tick(self) -> None:
        """Let libcurl do what is due."""
        self.due = inf
        self.act(pycurl.SOCKET_TIMEOUT, 0)

    def act(self, descriptor: int, mask: int) -> None:
        """Tell libcurl that a socket is ready."""
        _, running = self._multi.socket_action(descriptor, mask)
        if running < len(self._active):
            self._reap()
        while self._full:
            slot = self._full.pop()
            if slot.exchange is not None:
                slot.easy.pause(pycurl.PAUSE_RECV)

    def _reap(self) -> None:
        _, done, failed = self._multi.info_read()
        for easy in done:
            self._finish(self._active[easy], None)
        for easy, code, detail in failed:
            slot = self._active[easy]
            if slot.wants_replay:
                self._multi.remove_handle(easy)
                slot.replay()
                self._add(slot)
            else:
                self._finish(slot, translate(slot, code, detail))

    def _finish(self, slot: Slot, error: FairleadError | None) -> None:
        exchange = slot.exchange
        if exchange is not None:
            self._remove(slot, exchange)
            exchange.end(error)
            self.released(exchange)

    def _remove(self, slot: Slot, exchange: Exchange) -> None:
        slot.conclude(exchange)
        self._active.pop(slot.easy, None)
        if slot.easy in self._multi:  # not where an interrupt came before it was added
            self._multi.remove_handle(slot.easy)
        slot.rest()
        if len(self._idle) < _IDLE_SLOTS:
            self._idle.append(slot)
        else:
            slot.discard()

    def resume(self, exchange: Exchange) -> None:
        """Let a paused body flow again."""
        exchange.paused = False
        slot = exchange.slot
        if slot is not None:
            try:
                slot.easy.pause(pycurl.PAUSE_CONT)
            except pycurl.error as error:  # what was held back was delivered, and refused
                self._finish(slot, translate(slot, error.args[0], ""))

    def abort(self, exchange: Exchange) -> None:
        """Free the connection of an exchange that nobody wants any more."""
        slot = exchange.slot
        if slot is not None:
            self._remove(slot, exchange)
            exchange.drop()
            self.released(exchange)
        else:
            exchange.forget()

    def slots(self) -> list[Slot]:
        """All handles, resting and at work."""
        return [*self._idle, *self._active.values()]

    def released(self, exchange: Exchange) -> None:
        """The exchange holds no connection any more; a colour may count it."""

    def close(self) -> None:
        """End every exchange and close every connection."""
        for slot in list(self._active.values()):
            exchange = slot.exchange
            if exchange is not None:
                self._remove(slot, exchange)
                exchange.end(ProtocolError("the transport was closed", sent=slot.sends > 0))
                self.released(exchange)
        self._idle.clear()
        self._multi.close()
        self._poller.close()

    def _on_timer(self, milliseconds: int) -> None:
        if milliseconds > 0:
            self.due = monotonic() + milliseconds / 1000
        else:
            self.due = inf if milliseconds < 0 else 0.0
