"""A colour of the transport over another library."""

from __future__ import annotations

import pytest
from tests.adapters import Owned, adapter, xfail_where_declared
from tests.transports.colours import Colour

from fairlead.ports import Limits
from fairlead.types.http import HttpSettings

ADAPTERS = (
    "httpx2-blocking",
    "httpx2-asyncio",
    "httpx-blocking",
    "httpx-asyncio",
    "aiohttp-asyncio",
)


class Adapted(Colour):
    """Its transports own the clients that they send through. `kind` is the library."""

    def __init__(self, kind: str, colour: str) -> None:
        super().__init__(colour)
        self.kind = kind

    def transport(
        self, settings: HttpSettings | None = None, limits: Limits | None = None
    ) -> Owned:
        return adapter(
            self.kind,
            blocking=self.name == "blocking",
            limits=limits,
            http=settings or HttpSettings(),
        )


@pytest.fixture(params=ADAPTERS)
def colour(request: pytest.FixtureRequest) -> Adapted:
    kind, _, colour = request.param.partition("-")
    xfail_where_declared(request, kind)
    return Adapted(kind, colour)
