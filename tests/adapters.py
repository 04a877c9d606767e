"""Adapters for tests, each with a client of its own that is closed together with it.

`FAIRLEAD_TRANSPORT=httpx2 pytest tests/client` runs all tests of the client over one of them.
"""

from __future__ import annotations

import inspect
import ssl
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
OF_COLOUR = {"blocking": frozenset({"http2"}), "asyncio": frozenset({"resets", "streams"})}
"""What clients of httpx2 and httpx of one colour cannot do besides."""


CHANCY = frozenset({"cancelling", "streams"})
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
        return self.made.send(request, deadline=deadline, timeouts=timeouts)

    @property
    def made(self) -> Transport:
        """What it sends through; only once it has sent something."""
        assert self._made is not None
        return self._made[0]

    async def aclose(self) -> None:
        if self._made is not None:
            transport, close = self._made
            await transport.aclose()
            closing = close()
            if inspect.isawaitable(closing):
                await closing


def adapter(kind: str, *, blocking: bool, limits: Limits | None, http: HttpSettings) -> Owned:
    """A transport over the library `kind`, of one colour.

    Its client is made by the settings as far as the library can: their limit of connections, their
    certificates and, where they ask for it, HTTP/2.
    """
    options: dict[str, Any] = {"limits": limits, "allow_insecure_http": http.allow_insecure_http}

    trust = ssl.create_default_context(cafile=http.ca_file) if http.ca_file else None

    def make() -> tuple[Transport, Callable[[], Any]]:
        if kind == "aiohttp":
            aiohttp = pytest.importorskip("aiohttp")
            connector = aiohttp.TCPConnector(limit=http.max_connections, ssl=trust or True)
            session = aiohttp.ClientSession(connector=connector)
            return AiohttpTransport(session, **options), session.close
        library = pytest.importorskip(kind)
        limit = library.Limits(max_connections=http.max_connections)
        client = (library.Client if blocking else library.AsyncClient)(
            limits=limit,
            verify=trust or False,
            http2=http.http_version == "http2",
            trust_env=False,
        )
        return Httpx2Transport(client, **options), client.close if blocking else client.aclose

    return Owned(make)


def cannot(kind: str, colour: str = "") -> frozenset[str]:
    """What the library declares it cannot do; nothing is declared of libcurl."""
    both = CANNOT.get(kind, frozenset())
    return both | OF_COLOUR.get(colour, frozenset()) if kind.startswith("httpx") else both


def declared(request: pytest.FixtureRequest, kind: str, colour: str = "") -> set[str]:
    """What the test asks for (`@pytest.mark.asks`) and the adapter declares it cannot do."""
    marker = request.node.get_closest_marker("asks")
    return set(marker.args) & cannot(kind, colour) if marker else set()


def xfail_where_declared(request: pytest.FixtureRequest, kind: str, colour: str) -> None:
    """A test that asks for what a transport declares it cannot do must fail over it.

    So the declaration stays true, and no test is left out in silence.
    """
    for name in declared(request, kind, colour):
        reason = f"{kind} cannot {INABILITIES[name]}"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=name not in CHANCY))
