"""CPU time of calls and of streamed events, in both colours."""

from __future__ import annotations

from typing import Literal, Protocol

from bench.floor_asyncio import AsyncFloor
from bench.floor_blocking import BlockingFloor
from bench.measure import cpu_microseconds, taking_turns
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject, BlockingSubject, plain
from bench.table import Row

Colour = Literal["async", "blocking"]


class Side(Protocol):
    """The floor or fairlead, in one colour."""

    def calls(self, count: int, concurrency: int) -> None: ...

    def stream(self) -> int:
        """Read one stream and return how many pieces of text it had."""
        ...

    def close(self) -> None: ...


class Pair:
    """The floor and fairlead in one colour, in front of one kind of answer."""

    def __init__(self, colour: Colour, base_url: str) -> None:
        self.floor: Side
        self.fairlead: Side
        if colour == "async":
            self.floor, self.fairlead = AsyncFloor(base_url), AsyncSubject(plain(base_url))
        else:
            self.floor, self.fairlead = BlockingFloor(base_url), BlockingSubject(plain(base_url))

    def close(self) -> None:
        self.floor.close()
        self.fairlead.close()


def call(server: Server, sizes: Sizes, colour: Colour, concurrency: int, limit: float) -> Row:
    """A call that does not stream, through the whole stack."""
    count = sizes.calls if concurrency == 1 else sizes.concurrent_calls
    pair = Pair(colour, server.url("call"))

    def cost(side: Side) -> float:
        return cpu_microseconds(lambda: side.calls(count, concurrency), count)

    floor, fairlead = taking_turns(
        lambda: cost(pair.floor), lambda: cost(pair.fairlead), sizes.rounds
    )
    pair.close()
    name = f"call, {colour}, {concurrency} at a time"
    return Row(name, "us/call", floor, fairlead, "ratio", limit)


def burst(server: Server, sizes: Sizes, colour: Colour, limit: float) -> Row:
    """Events that were all written at once: what the client itself does for each."""
    return _stream(server, sizes, colour, "burst", sizes.burst_events, sizes.bursts, limit)


def paced(server: Server, sizes: Sizes, colour: Colour, limit: float) -> Row:
    """Events 300 us apart: one wakeup for each, which no client can avoid."""
    return _stream(server, sizes, colour, "paced", sizes.paced_events, 1, limit)


def _stream(
    server: Server, sizes: Sizes, colour: Colour, kind: str, events: int, streams: int, limit: float
) -> Row:
    pair = Pair(colour, server.url(kind, events))

    def work(side: Side) -> None:
        for _ in range(streams):
            if (pieces := side.stream()) != events:
                raise RuntimeError(f"{events} events were sent and {pieces} came")

    def cost(side: Side) -> float:
        return cpu_microseconds(lambda: work(side), events * streams)

    floor, fairlead = taking_turns(
        lambda: cost(pair.floor), lambda: cost(pair.fairlead), sizes.rounds
    )
    pair.close()
    return Row(f"{kind}, {colour}", "us/event", floor, fairlead, "ratio", limit)
