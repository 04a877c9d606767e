"""How long the first event takes over a network with a delay, by what is known beforehand.

Wall time; nearly all of it is waiting, so it is shown beside the round trips.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median

from msgspec.structs import replace

from bench import payloads
from bench.front import Front, front
from bench.link import Link
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import Setup
from bench.table import Table
from bench.wire import setup
from fairlead import AsyncClient

Measured = Callable[[Setup], Awaitable[float]]


async def cold(made: Setup) -> float:
    """The first stream of a client."""
    async with AsyncClient(made.settings) as client:
        return await _stream(client, made)


async def warm(made: Setup) -> float:
    """The same after `preconnect`."""
    async with AsyncClient(made.settings) as client:
        await client.preconnect("bench")
        return await _stream(client, made)


async def resumed(made: Setup) -> float:
    """The later one of two at once, after another: on a new connection to a known server."""
    async with AsyncClient(made.settings) as client:
        await _stream(client, made)
        return max(await asyncio.gather(_stream(client, made), _stream(client, made)))


async def early(made: Setup) -> float:
    """The same of what may be sent twice, with the first packet: the first byte for embeddings.

    The last one may come a round trip later: until the handshake is over, a server sends three
    times of what it was sent at the most.
    """
    settings = replace(made.settings, http=replace(made.settings.http, early_data=True))
    async with AsyncClient(settings) as client:
        await _embed(client, made)
        return max(await asyncio.gather(_embed(client, made), _embed(client, made)))


async def _stream(client: AsyncClient, made: Setup) -> float:
    """Milliseconds to the first event of a stream, which is read to its end."""
    begun = time.perf_counter_ns()
    async with client.stream(made.model, payloads.PROMPT) as stream:
        await anext(stream)
        taken = time.perf_counter_ns() - begun
        await stream.result()
    return taken / 1e6


async def _embed(client: AsyncClient, made: Setup) -> float:
    (attempt,) = (await client.embed(made.model, payloads.PROMPT)).receipt.attempts
    return 1000 * (attempt.timings.first_byte or 0.0)


_COLUMNS: dict[str, tuple[Measured, str, dict[str, int]]] = {
    "cold": (cold, "burst", {"http1": 3, "http2": 3, "http3": 2}),
    "preconnect": (warm, "burst", {"http1": 1, "http2": 1, "http3": 1}),
    "TLS resumed": (resumed, "burst", {"http1": 3, "http2": 3, "http3": 2}),
    "0-RTT": (early, "base64", {"http3": 1}),
}
"""How each is measured, what the server answers, and the round trips that no client can avoid."""


def first_events(server: Server, sizes: Sizes) -> Table:
    """Milliseconds over those of the round trips, for each version of HTTP."""
    rows = []
    for version in ("http1", "http2", "http3"):
        with front(server, version) as at, Link(at.port, sizes.delay) as link:
            slow = replace(at, url=link.url)
            cells = [_cell(server, slow, name, sizes) for name in _COLUMNS]
        rows.append((version, *cells))
    title = f"first event, {2000 * sizes.delay:.0f} ms a round trip"
    return Table((title, *_COLUMNS), tuple(rows))


def _cell(server: Server, at: Front, name: str, sizes: Sizes) -> str:
    measured, answered, trips = _COLUMNS[name]
    if at.version not in trips:
        return "-"
    made = setup(at.base_url(server.url(answered, 1)), at)
    # One stream a connection, so that a second one needs another.
    http = replace(made.settings.http, max_streams=1)
    alone = replace(made, settings=replace(made.settings, http=http))
    asyncio.run(_once(measured, alone))
    taken = median(asyncio.run(_once(measured, alone)) for _ in range(sizes.rounds))
    return f"{taken:.1f} / {2000 * sizes.delay * trips[at.version]:.0f} ms"


async def _once(measured: Measured, made: Setup) -> float:
    return await measured(made)
