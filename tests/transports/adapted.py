"""A colour of the transport over another library."""

from __future__ import annotations

import pytest
from tests.adapters import Owned, adapter, xfail_where_declared
from tests.transports.colours import Colour

from fairlead.ports import Limits, Transport
from fairlead.types.http import HttpSettings

ADAPTERS = (
    "httpx2-blocking",
    "httpx2-asyncio",
    "httpx-blocking",
    "httpx-asyncio",
    "aiohttp-asyncio",
)
ASYNCHRONOUS = tuple(name for name in ADAPTERS if name.endswith("-asyncio"))
OVER_HTTP2 = tuple(name for name in ADAPTERS if not name.startswith("aiohttp"))
ALL = ("curl-blocking", "curl-asyncio", *ADAPTERS)


class Adapted(Colour):
    """Its transports own the clients that they send through. `kind` is the library."""

    def __init__(self, kind: str, colour: str) -> None:
        super().__init__(colour)
        self.kind = kind

    def transport(
        self, settings: HttpSettings | None = None, limits: Limits | None = None
    ) -> Transport:
        if self.kind == "curl":
            return super().transport(settings, limits)
        return adapter(
            self.kind,
            blocking=self.name == "blocking",
            limits=limits,
            http=settings or HttpSettings(),
        )


@pytest.fixture(params=ADAPTERS)
def colour(request: pytest.FixtureRequest) -> Adapted:
    kind, _, colour = request.param.partition("-")
    xfail_where_declared(request, kind, colour)
    return Adapted(kind, colour)


def itself(transport: Transport) -> Transport:
    """The transport without what closes its client for it; once it was used."""
    return transport.made if isinstance(transport, Owned) else transport
