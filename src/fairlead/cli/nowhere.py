"""A transport that sends nothing, for runs that only look at a request."""

from __future__ import annotations

from typing import NoReturn

from fairlead.errors import TransportError
from fairlead.ports import Timeouts
from fairlead.types.http import HttpRequest


class NowhereTransport:
    """Satisfies `ports.Transport`: every request is refused."""

    async def send(self, request: HttpRequest, *, deadline: float, timeouts: Timeouts) -> NoReturn:
        raise TransportError("a dry run sends nothing")

    async def aclose(self) -> None:
        pass
