"""Calls and streams over HTTP/2 and HTTP/3, beside a bare multi handle that does the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import pycurl
from msgspec.structs import replace

from bench import payloads
from bench.exchanges import Side
from bench.floor_asyncio import AsyncFloor, Transfer
from bench.floor_blocking import BlockingFloor
from bench.front import Front, front
from bench.measure import cpu_microseconds, taking_turns
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject, BlockingSubject, Setup, plain
from bench.table import Row
from fairlead import Client

_LONGER = 4
"""Calls through the server in front take about so much longer."""


class WireFloor(AsyncFloor):
    """The floor of the asyncio colour, over the front's version of HTTP."""

    def __init__(self, base_url: str, at: Front) -> None:
        super().__init__(base_url)
        self._at = at
        self._multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, at.settings().max_streams)

    def _new(self, *, stream: bool) -> Transfer:
        transfer = super()._new(stream=stream)
        self._at.configure(transfer.easy)
        return transfer


class BlockingWireFloor(BlockingFloor):
    """The same of the blocking colour."""

    def __init__(self, base_url: str, at: Front) -> None:
        super().__init__(base_url)
        at.configure(self._whole)
        at.configure(self._stream)


def setup(base_url: str, at: Front) -> Setup:
    """fairlead as it comes, but for the version."""
    usual = plain(base_url)
    return replace(usual, settings=replace(usual.settings, http=at.settings()))


def sides(colour: str, behind: str, at: Front) -> tuple[Side, Side]:
    """The floor and fairlead before one kind of answer."""
    base_url = at.base_url(behind)
    if colour == "async":
        return WireFloor(base_url, at), AsyncSubject(setup(base_url, at))
    return BlockingWireFloor(base_url, at), BlockingSubject(setup(base_url, at))


def call(
    server: Server, sizes: Sizes, version: str, colour: str, concurrency: int, limit: float
) -> Row:
    """A call that does not stream, through the whole stack."""
    usual = sizes.calls if concurrency == 1 else sizes.concurrent_calls
    count = max(concurrency, usual // _LONGER)
    with front(server, version) as at:
        floor, fairlead = _compared(
            sides(colour, server.url("call"), at),
            lambda side: cpu_microseconds(lambda: side.calls(count, concurrency), count),
            sizes,
        )
    name = f"call, {version}, {colour}, {concurrency} at a time"
    return Row(name, "us/call", floor, fairlead, "ratio", limit)


def paced(server: Server, sizes: Sizes, version: str, colour: str, limit: float) -> Row:
    """Events 300 us apart; the server in front may join some of them."""
    events = sizes.paced_events
    with front(server, version) as at:
        floor, fairlead = _compared(
            sides(colour, server.url("paced", events), at),
            lambda side: cpu_microseconds(lambda: _read(side, events), events),
            sizes,
        )
    return Row(f"paced, {version}, {colour}", "us/event", floor, fairlead, "ratio", limit)


def _read(side: Side, events: int) -> None:
    if (pieces := side.stream()) != events:
        raise RuntimeError(f"{events} events were sent and {pieces} came")


def _compared(
    both: tuple[Side, Side], cost: Callable[[Side], float], sizes: Sizes
) -> tuple[float, float]:
    floor, fairlead = both
    try:
        return taking_turns(lambda: cost(floor), lambda: cost(fairlead), sizes.rounds)
    finally:
        floor.close()
        fairlead.close()


def first_event(server: Server, sizes: Sizes, version: str, limit: float) -> Row:
    """Time to the first event of a client's first stream: after `preconnect`, beside without."""
    with front(server, version) as at:
        made = setup(at.base_url(server.url("burst", 1)), at)
        cold, warm = taking_turns(
            lambda: _milliseconds(made, warm=False),
            lambda: _milliseconds(made, warm=True),
            sizes.rounds,
        )
    return Row(f"first event, {version}, warm", "ms", cold, warm, "ratio", limit)


def _milliseconds(made: Setup, *, warm: bool) -> float:
    with Client(made.settings) as client:
        if warm:
            client.preconnect("bench")
        begun = time.perf_counter_ns()
        with client.stream(made.model, payloads.PROMPT) as stream:
            next(iter(stream))
            taken = time.perf_counter_ns() - begun
    return taken / 1e6
