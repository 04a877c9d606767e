"""The asyncio colour of the transport: a driver for every event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from fairlead.errors import ProtocolError
from fairlead.ports import Limits
from fairlead.transports.curl.aio_driver import AsyncDriver
from fairlead.transports.curl.alt_svc import alt_svc_for
from fairlead.transports.curl.errors import creating
from fairlead.transports.curl.exchange import Exchange
from fairlead.transports.curl.request import origin_of
from fairlead.transports.curl.response import Response, no_data, no_response
from fairlead.transports.curl.usable import check_settings
from fairlead.transports.curl.warm import first_version
from fairlead.types.http import HttpRequest, HttpSettings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from fairlead.ports import Timeouts


def _nothing() -> None:
    """A reference to no driver."""


class AsyncCurlTransport:
    """HTTP for `AsyncClient`; `ports.Transport`. Serves several event loops, each with its pool.

    The loops must be able to watch sockets: on Windows, `asyncio.SelectorEventLoop`. Of `limits`,
    `total` caps one decoded answer.
    """

    def __init__(self, settings: HttpSettings | None = None, limits: Limits | None = None) -> None:
        self._settings = settings or HttpSettings()
        self._room = (limits or Limits()).total
        self._alt_svc = alt_svc_for(self._settings)
        self._lock = Lock()
        self._latest: Callable[[], AsyncDriver | None] = _nothing
        self._drivers: WeakKeyDictionary[AbstractEventLoop, AsyncDriver] = WeakKeyDictionary()

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> AsyncResponse:
        """Send `request`; see `ports.Transport`. `InvalidRequest` when nothing may be sent."""
        driver = self._driver()
        exchange = Exchange(request, origin_of(request.url), started=monotonic(), room=self._room)
        if not driver.try_enter(exchange):
            await driver.enter(exchange, min(deadline, exchange.started + timeouts.pool))
        driver.begin(exchange, timeouts)
        while not exchange.status:
            if exchange.ended:
                raise exchange.error or ProtocolError("there was no response", sent=True)
            in_time = await driver.wait(exchange, deadline)
            if not in_time and not exchange.status and not exchange.ended:
                error = no_response(exchange)
                driver.abort(exchange)
                raise error
        return AsyncResponse(driver, exchange)

    async def warm(self, url: str, *, connections: int, deadline: float, timeouts: Timeouts) -> str:
        """See `ports.PoolingTransport`."""
        asked = HttpRequest("HEAD", url)
        answers = await asyncio.gather(
            *(self._opened(asked, deadline, timeouts) for _ in range(connections)),
            return_exceptions=True,
        )
        return first_version(answers)

    async def _opened(self, asked: HttpRequest, deadline: float, timeouts: Timeouts) -> str:
        response = await self.send(asked, deadline=deadline, timeouts=timeouts)
        try:
            while await response.read(deadline):
                pass
        finally:
            await response.aclose()
        return response.facts.http_version

    def relearn(self) -> None:
        """See `ports.PoolingTransport`."""
        if self._alt_svc is not None:
            self._alt_svc.clear()

    def _driver(self) -> AsyncDriver:
        loop = asyncio.get_running_loop()
        latest = self._latest()
        if latest is not None and latest.serves(loop):
            return latest
        driver = self._drivers.get(loop) or self._new_driver(loop)
        self._latest = ref(driver)
        return driver

    def _new_driver(self, loop: AbstractEventLoop) -> AsyncDriver:
        check_settings(self._settings)
        with self._lock:
            for old in [old for old in self._drivers if old.is_closed()]:
                self._drivers.pop(old).close()
            with creating():
                self._drivers[loop] = driver = AsyncDriver(self._settings, loop, self._alt_svc)
        return driver

    async def aclose(self) -> None:
        """Close all connections: those of this event loop now, those of another in its turn."""
        running = asyncio.get_running_loop()
        with self._lock:
            drivers = list(self._drivers.items())
            self._drivers.clear()
            self._latest = _nothing
        for loop, driver in drivers:
            if loop is running or loop.is_closed():
                driver.close()
            else:
                with suppress(RuntimeError):  # closed this instant: its driver goes with it
                    loop.call_soon_threadsafe(driver.close)


class AsyncResponse(Response):
    """A response in the asyncio colour; `ports.HttpResponse`. Freed also when it is forgotten."""

    __slots__ = ("_driver",)

    def __init__(self, driver: AsyncDriver, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._driver = driver

    async def read(self, deadline: float) -> bytes:
        exchange = self._exchange
        while True:
            while not exchange.chunks:
                if exchange.ended:
                    if exchange.error is not None:
                        raise exchange.error
                    return b""
                in_time = await self._driver.wait(exchange, deadline)
                if not in_time and not exchange.chunks and not exchange.ended:
                    raise no_data(exchange)
            data = exchange.take()
            if exchange.paused:
                self._driver.resume(exchange)
            if data:  # else it was an empty piece, which is no end
                return data

    async def aclose(self) -> None:
        self._driver.abort(self._exchange)

    def __del__(self) -> None:
        if not self._exchange.ended:
            self._driver.abort_soon(self._exchange)
