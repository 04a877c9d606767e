"""What both colours' responses show, and the errors of waiting too long."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import ConnectTimeout, ReadTimeout, TransportError
from fairlead.transports.curl.head import RawHeaders
from fairlead.transports.curl.request import host_of

if TYPE_CHECKING:
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import Headers


class Response:
    """The part of `ports.HttpResponse` that needs no waiting."""

    __slots__ = ("_exchange", "facts", "headers", "status")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.status = exchange.status
        self.headers: Headers = RawHeaders(exchange.head)
        self.facts = exchange.facts
        """Filled in while the exchange runs; complete once the body was read to its end."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"


def no_response(exchange: Exchange) -> TransportError:
    """The deadline passed before a response began."""
    host = host_of(exchange.request.url)
    slot = exchange.slot
    waited = monotonic() - exchange.started
    if slot is None or slot.sends == 0:
        return ConnectTimeout(f"no connection to {host} within {waited:.3g} s")
    slot.doubt()
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
