"""Adapters for tests, each with a client of its own that is closed together with it.

`FAIRLEAD_TRANSPORT=httpx2 pytest tests/client` runs all tests of the client over one of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any

import pytest

from fairlead.ports import HttpResponse, Limits, Timeouts, Transport
from fairlead.transports.adapting import INABILITIES
from fairlead.transports.aiohttp import AiohttpTransport
from fairlead.transports.httpx2 import Httpx2Transport
from fairlead.types.http import HttpRequest, HttpSettings

CANNOT = {
    "httpx2": Httpx2Transport.cannot,
    "httpx": Httpx2Transport.cannot | {"cancelling", "expansion"},
    "aiohttp": AiohttpTransport.cannot,
}


CHANCY = frozenset({"cancelling", "last_words"})
"""What a library fails at by the moment, and may get right now and then."""


class Owned:
    """A transport that is made when it is first used, in that loop, and owns its client."""

    def __init__(self, make: Callable[[], tuple[Transport, Callable[[], Any]]]) -> None:
        self._make = make
        self._made: tuple[Transport, Callable[[], Any]] | None = None
        self._lock = Lock()

    def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> Awaitable[HttpResponse]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return self._made[0].send(request, deadline=deadline, timeouts=timeouts)

    async def aclose(self) -> None:
        if self._made is not None:
            transport, close = self._made
            await transport.aclose()
            closing = close()
            if inspect.isawaitable(closing):
                await closing


def adapter(kind: str, *, blocking: bool, limits: Limits | None, http: HttpSettings) -> Owned:
    """A transport over the library `kind`, of one colour."""
    options: dict[str, Any] = {"limits": limits, "allow_insecure_http": http.allow_insecure_http}

    def make() -> tuple[Transport, Callable[[], Any]]:
        if kind == "aiohttp":
            aiohttp = pytest.importorskip("aiohttp")
            connector = aiohttp.TCPConnector(limit=http.max_connections)
            session = aiohttp.ClientSession(connector=connector)
            return AiohttpTransport(session, **options), session.close
        library = pytest.importorskip(kind)
        limit = library.Limits(max_connections=http.max_connections)
        client = (library.Client if blocking else library.AsyncClient)(
            limits=limit, verify=False, trust_env=False
        )
        return Httpx2Transport(client, **options), client.close if blocking else client.aclose

    return Owned(make)


def declared(request: pytest.FixtureRequest, kind: str) -> set[str]:
    """What the test asks for (`@pytest.mark.asks`) and the adapter declares it cannot do."""
    marker = request.node.get_closest_marker("asks")
    return set(marker.args) & CANNOT[kind] if marker and kind in CANNOT else set()


def xfail_where_declared(request: pytest.FixtureRequest, kind: str) -> None:
    """A test that asks for what a transport declares it cannot do must fail over it.

    So the declaration stays true, and no test is left out in silence.
    """
    for name in declared(request, kind):
        reason = f"{kind} cannot {INABILITIES[name]}"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=name not in CHANCY))
