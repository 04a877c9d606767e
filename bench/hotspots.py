"""Where the time goes: the functions of one fairlead benchmark by their own time."""

from __future__ import annotations

import cProfile
import pstats

from bench.exchanges import Colour, Pair, Side
from bench.server import Server
from bench.sizes import Sizes

_SHOWN = 40


def show(server: Server, sizes: Sizes, kind: str, colour: Colour) -> None:
    """Print the hot spots of `call` or `burst`. The profiler makes small functions look dearer."""
    pair = Pair(colour, server.url(kind, sizes.burst_events))
    _work(pair.fairlead, sizes, kind)
    profiler = cProfile.Profile()
    profiler.enable()
    _work(pair.fairlead, sizes, kind)
    profiler.disable()
    pair.close()
    print(f"{kind}, {colour}: {_units(sizes, kind)} units")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(_SHOWN)


def _work(side: Side, sizes: Sizes, kind: str) -> None:
    if kind == "call":
        side.calls(sizes.calls, 1)
    else:
        for _ in range(sizes.bursts):
            side.stream()


def _units(sizes: Sizes, kind: str) -> int:
    return sizes.calls if kind == "call" else sizes.bursts * sizes.burst_events
