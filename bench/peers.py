"""fairlead beside other clients, over bare pycurl: the same server, the same rounds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import ExitStack
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, create_default_context
from statistics import median

from bench import peers_asyncio, peers_blocking
from bench.exchanges import Pair, Side
from bench.front import Front, front
from bench.measure import cpu_microseconds
from bench.server import Server
from bench.sizes import Sizes
from bench.table import Table
from bench.wire import sides

NAMES = ("pycurl", "fairlead", "httpx2", "aiohttp", "openai")
_FEWER = 4
"""Of the calls of the other benchmarks a fourth: some of these cost ten times as much."""

Cost = Callable[[Side], float]


def peers(server: Server, sizes: Sizes, version: str) -> Table:
    """CPU time of each, and its ratio to bare pycurl's. HTTP/1.1 is in the clear."""
    gc.freeze()  # what the clients have loaded is not to be looked through before every round
    with ExitStack() as stack:
        at = None if version == "http1" else stack.enter_context(front(server, version))
        rows = [
            _row(
                f"{kind}, {colour}", unit, _sides(colour, server.url(kind, events), at), cost, sizes
            )
            for kind, unit, events, cost in _kinds(sizes)
            for colour in ("async", "blocking")
        ]
    return Table((f"beside others, {version}", "unit", *NAMES), tuple(rows))


def _kinds(sizes: Sizes) -> list[tuple[str, str, int, Cost]]:
    """What the server answers, the unit, the events of a stream, and how a side is measured."""
    calls = max(1, sizes.calls // _FEWER)
    burst, paced = sizes.burst_events, sizes.paced_events
    return [
        ("call", "us/call", 0, lambda side: cpu_microseconds(lambda: side.calls(calls, 1), calls)),
        ("burst", "us/event", burst, _of_a_stream(burst)),
        ("paced", "us/event", paced, _of_a_stream(paced)),
    ]


def _of_a_stream(events: int) -> Cost:
    return lambda side: cpu_microseconds(lambda: _read(side, events), events)


def _read(side: Side, events: int) -> None:
    if (pieces := side.stream()) != events:
        raise RuntimeError(f"{events} events were sent and {pieces} came")


def _sides(colour: str, behind: str, at: Front | None) -> dict[str, Side]:
    """Every client that has the colour and the version, by its name."""
    if at is None:
        pair = Pair("async" if colour == "async" else "blocking", behind)
        floor, fairlead, base_url = pair.floor, pair.fairlead, behind
    else:
        floor, fairlead = sides(colour, behind, at)
        base_url = at.base_url(behind)
    others = _asyncio if colour == "async" else _blocking
    return {"pycurl": floor, "fairlead": fairlead, **others(base_url, at)}


def _asyncio(base_url: str, at: Front | None) -> dict[str, Side]:
    tls, http2 = _tls(at), at is not None
    found: dict[str, Side] = {
        "httpx2": peers_asyncio.AsyncHttpx2(base_url, tls, http2=http2),
        "openai": peers_asyncio.AsyncSdk(base_url, tls, http2=http2),
    }
    return found if http2 else {**found, "aiohttp": peers_asyncio.Aiohttp(base_url)}


def _blocking(base_url: str, at: Front | None) -> dict[str, Side]:
    tls, http2 = _tls(at), at is not None
    return {
        "httpx2": peers_blocking.Httpx2(base_url, tls, http2=http2),
        "openai": peers_blocking.Sdk(base_url, tls, http2=http2),
    }


def _tls(at: Front | None) -> SSLContext:
    """Made once for both, since reading the usual authorities takes long."""
    if at is None:
        return SSLContext(PROTOCOL_TLS_CLIENT)
    return create_default_context(cafile=at.ca_file)


def _row(
    name: str, unit: str, clients: dict[str, Side], cost: Cost, sizes: Sizes
) -> tuple[str, ...]:
    """The medians of rounds in which all take turns, after one that is not counted."""
    rounds = [{name: cost(side) for name, side in clients.items()} for _ in range(sizes.rounds + 1)]
    for side in clients.values():
        side.close()
    costs = {name: median(one[name] for one in rounds[1:]) for name in clients}
    cells = [
        f"{costs[name]:.2f} ({costs[name] / costs['pycurl']:.2f}x)" if name in costs else "-"
        for name in NAMES
    ]
    return (name, unit, *cells)
