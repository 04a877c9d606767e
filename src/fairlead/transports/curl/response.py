"""What both colours' responses show, and the errors of waiting too long."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import ConnectTimeout, ReadTimeout, TransportError
from fairlead.transports.curl.head import parse_headers
from fairlead.transports.curl.request import host_of

if TYPE_CHECKING:
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import ConnectionFacts, Headers


class Response:
    """The part of `ports.HttpResponse` that needs no waiting."""

    __slots__ = ("_exchange", "_headers")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._headers: Headers | None = None

    @property
    def status(self) -> int:
        return self._exchange.status

    @property
    def headers(self) -> Headers:
        if self._headers is None:
            self._headers = parse_headers(self._exchange.head)
        return self._headers

    @property
    def facts(self) -> ConnectionFacts:
        """Filled in while the exchange runs; complete once the body was read to its end."""
        return self._exchange.facts

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"


def no_response(exchange: Exchange) -> TransportError:
    """The deadline passed before a response began."""
    host = host_of(exchange.request.url)
    slot = exchange.slot
    waited = monotonic() - exchange.started
    if slot is None or slot.sends == 0:
        return ConnectTimeout(f"no connection to {host} within {waited:.3g} s")
    sent = slot.easy.getinfo(pycurl.SIZE_UPLOAD_T) >= exchange.request.size
    return ReadTimeout(
        f"{host} sent no response within {waited:.3g} s", phase="first_event", sent=sent
    )


def no_data(exchange: Exchange) -> ReadTimeout:
    """The deadline passed before more of the body came."""
    return ReadTimeout(f"{host_of(exchange.request.url)} sent nothing more in time")


def remaining(instant: float) -> float:
    """Seconds until `instant`, never negative; an hour stands for ever."""
    return 3600.0 if instant == inf else max(0.0, instant - monotonic())
