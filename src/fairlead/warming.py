"""Connections that are opened before the first call needs them, and what is known of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fairlead.errors import InvalidRequest
from fairlead.ports import PoolingTransport, Transport

if TYPE_CHECKING:
    from fairlead.core import Core

MOST = 100
_SPARE = 5.0
"""Seconds for an answer that nobody needs, beyond those for connecting."""


async def preconnect(core: Core, name: str, connections: int = 1) -> str:
    """The HTTP version that the provider speaks; nothing where its transport has no pool."""
    if isinstance(connections, bool) or not isinstance(connections, int):
        raise InvalidRequest("connections must be a whole number")
    if not 1 <= connections <= MOST:
        raise InvalidRequest(f"connections must be from 1 to {MOST}")
    provider = core.registry.get(name)
    transport = _pooling(core.transport)
    if transport is None or provider.embedded:
        return ""
    timeouts = provider.timeouts
    return await transport.warm(
        f"{provider.endpoint.origin}/",
        connections=connections,
        deadline=core.now() + timeouts.connect + _SPARE,
        timeouts=timeouts,
    )


def relearn(transport: Transport) -> None:
    """Forget what was learned of servers: the network may be another one."""
    pooling = _pooling(transport)
    if pooling is not None:
        pooling.relearn()


def _pooling(transport: Transport) -> PoolingTransport | None:
    return cast(PoolingTransport, transport) if hasattr(transport, "warm") else None
