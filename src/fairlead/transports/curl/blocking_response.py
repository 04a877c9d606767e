"""The response of the blocking colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import ProtocolError
from fairlead.transports.curl.response import Response, no_data
from fairlead.transports.curl.uninterrupted import Uninterrupted

if TYPE_CHECKING:
    from fairlead.transports.curl.blocking import BlockingCurlTransport
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.transports.curl.lane import Carrier


class BlockingResponse(Response):
    """A response in the blocking colour; `ports.HttpResponse`. `lane` is None once it has ended."""

    __slots__ = ("_lane", "_transport")

    def __init__(
        self, transport: BlockingCurlTransport, lane: Carrier | None, exchange: Exchange
    ) -> None:
        super().__init__(exchange)
        self._transport = transport
        self._lane = lane

    async def read(self, deadline: float) -> bytes:
        exchange = self._exchange
        if self._lane is not None and not self._transport.owns(self._lane):
            self._lane = None
            raise ProtocolError("this response belongs to the process before the fork", sent=True)
        while True:
            while not exchange.chunks:
                lane = self._lane
                if lane is None:
                    if exchange.error is not None:
                        raise exchange.error
                    return b""
                self._wait(lane, deadline)
            lane = self._lane
            data = exchange.take() if lane is None else lane.take(exchange)
            if data:  # else it was an empty piece, which is no end
                return data

    def _wait(self, lane: Carrier, deadline: float) -> None:
        """Block until something may have come; an interrupt frees the connection."""
        exchange = self._exchange
        try:
            alive = lane.await_data(exchange, deadline)
        except BaseException:
            self._free(lane)
            raise
        if exchange.ended:
            self._give_back(lane)
        elif not alive and not exchange.chunks:
            raise no_data(exchange)

    async def aclose(self) -> None:
        lane = self._lane
        if lane is None:
            self._exchange.forget()
        elif self._transport.owns(lane):
            self._free(lane)
        else:
            self._lane = None

    def _free(self, lane: Carrier) -> None:
        with Uninterrupted():
            if self._lane is not None:  # not where another thread has closed this response
                self._lane = None
                self._transport.free(lane, self._exchange)

    def _give_back(self, lane: Carrier) -> None:
        if self._lane is not None:
            self._lane = None
            self._transport.give(lane, self._exchange.origin)

    def __del__(self) -> None:
        lane = self._lane
        if lane is not None:
            self._lane = None
            self._transport.give_from_finalizer(lane, self._exchange)
