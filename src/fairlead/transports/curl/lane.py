"""A lane of the blocking colour: one thread at a time, one exchange at a time, one origin.

`Carrier` is what a response knows of it, and of the lane that many threads share.
"""

from __future__ import annotations

import select
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import pycurl

from fairlead.transports.curl.driver import Driver
from fairlead.transports.curl.errors import creating, translate
from fairlead.transports.curl.polling import PollPoller, SelectorPoller
from fairlead.transports.curl.response import no_data, no_response, remaining
from fairlead.transports.curl.slot import Slot

if TYPE_CHECKING:
    from fairlead.errors import FairleadError
    from fairlead.ports import Timeouts
    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import HttpSettings

_GRAIN = 0.002
"""libcurl counts in milliseconds."""

_GLANCE = 1.0
"""The longest sleep: a signal that lands just before it begins is noticed after it."""


class Carrier(Protocol):
    """Carries exchanges. Whatever is raised, an exchange that was begun must be aborted."""

    def begin(self, exchange: Exchange, timeouts: Timeouts, deadline: float) -> None:
        """Send the request, of what is wanted whole everything. Raises `InvalidRequest`."""
        ...

    def await_head(self, exchange: Exchange, deadline: float) -> None:
        """Block until the head has come, or the end. Raises `ReadTimeout` or `ConnectTimeout`."""
        ...

    def await_data(self, exchange: Exchange, deadline: float) -> bool:
        """Block until there may be more of the body, or the end; False when `deadline` came."""
        ...

    def take(self, exchange: Exchange) -> bytes:
        """Everything of the body that has come and was not read."""
        ...

    def finish(self, exchange: Exchange, deadline: float) -> str | FairleadError:
        """Block until an exchange without a body is over: its HTTP version, or what went wrong."""
        ...

    def abort(self, exchange: Exchange) -> None:
        """Free what carries an exchange that nobody wants any more."""
        ...

    def abandon(self, exchange: Exchange) -> None:
        """The same from a finalizer, which may run amid anything: soon, if not now."""
        ...

    def close(self) -> None: ...


class Lane(Driver):
    """Streams go through the driver, as in the other colour.

    An exchange that is wanted whole is left to libcurl from its beginning to its end (`run`), which
    costs about half of waiting for its sockets here. Both ways share the lane's connection.
    """

    def __init__(self, settings: HttpSettings, origin: str, alt_svc: AltSvc | None = None) -> None:
        poller = PollPoller() if hasattr(select, "poll") else SelectorPoller()
        super().__init__(settings, poller, alt_svc)
        self.origin = origin
        self._share = pycurl.CurlShare()
        self._share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)
        self._whole: Slot | None = None

    def begin(self, exchange: Exchange, timeouts: Timeouts, deadline: float) -> None:
        if exchange.request.whole:
            self.run(exchange, timeouts, deadline)
        else:
            self.start(exchange, timeouts)

    def await_head(self, exchange: Exchange, deadline: float) -> None:
        while not exchange.status and not exchange.ended:
            if not self._wait(deadline) and not exchange.status and not exchange.ended:
                raise no_response(exchange)

    def await_data(self, exchange: Exchange, deadline: float) -> bool:
        return exchange.ended or self._wait(deadline)

    def take(self, exchange: Exchange) -> bytes:
        data = exchange.take()
        if exchange.paused:
            self.resume(exchange)
        return data

    def abandon(self, exchange: Exchange) -> None:
        self.abort(exchange)

    def _wait(self, deadline: float) -> bool:
        """Block until something happened; False when `deadline` came first."""
        until = min(self.due, deadline)
        for descriptor, mask in self._poller.wait(min(remaining(until), _GLANCE)):
            self.act(descriptor, mask)
        if until <= monotonic():
            if until == self.due:
                self.tick()
            return until != deadline
        return True

    def finish(self, exchange: Exchange, deadline: float) -> str | FairleadError:
        while not exchange.ended:
            if not self._wait(deadline) and not exchange.ended:
                return no_response(exchange)
        return exchange.error or exchange.facts.http_version

    def run(self, exchange: Exchange, timeouts: Timeouts, deadline: float) -> None:
        """Block until the exchange is over, its body included. Raises `InvalidRequest`.

        An interrupt ends it at once: a signal wakes libcurl, which then calls `Slot.on_turn`.
        """
        slot, self._whole = self._whole, None
        if slot is None:
            slot = self._new_slot()
        self._load(slot, exchange, timeouts)
        slot.easy.setopt(pycurl.TIMEOUT_MS, max(1, round(remaining(deadline) * 1000)))
        slot.begin(exchange)
        try:
            error = self._perform(slot, exchange, deadline)
        except BaseException:
            slot.discard()
            exchange.drop()
            raise
        slot.conclude(exchange)
        slot.rest()
        exchange.end(error)
        self._whole = slot

    def _perform(self, slot: Slot, exchange: Exchange, deadline: float) -> FairleadError | None:
        while True:
            try:
                slot.easy.perform()
            except pycurl.error as error:
                code, detail = error.args[0], error.args[1]
            else:
                return None
            if slot.wants_replay:
                slot.replay()
            elif code == pycurl.E_OPERATION_TIMEDOUT and remaining(deadline) < _GRAIN:
                return no_data(exchange) if exchange.status else no_response(exchange)
            else:
                return translate(slot, code, detail)

    def _new_slot(self) -> Slot:
        slot = super()._new_slot()
        with creating():
            slot.easy.setopt(pycurl.SHARE, self._share)
        return slot

    def slots(self) -> list[Slot]:
        return [*super().slots(), *([self._whole] if self._whole is not None else [])]

    def close(self) -> None:
        super().close()
        if self._whole is not None:
            self._whole.discard()
            self._whole = None
        self._share.close()
