"""Whether many cost more than few: a crowd of streams beside one, four times the calls."""

from __future__ import annotations

from bench.layers import LAYERS, bare
from bench.machine import allow_many_files
from bench.measure import cpu_microseconds, side_by_side
from bench.server import DRIP_PIECES, Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject
from bench.table import Row

_EVENTS = 20 * DRIP_PIECES
_SHARE = 20
"""For so many streams of the crowd one is read alone, after another."""
_TASKS = 16
_TIMES = 4


def streams(server: Server, sizes: Sizes, limit: float) -> Row:
    """Streams of all layers in one process, a few events at a time: all at once, or one alone.

    The one alone is as quick as a core allows without being idle for long: a core that was idle
    works slower, and would flatter the crowd.
    """
    allow_many_files()
    layer = LAYERS["all but cache"]
    one = AsyncSubject(layer(bare(server.url("quickly", _EVENTS))))
    crowd = AsyncSubject(layer(bare(server.url("slowly", _EVENTS))))

    few = max(1, sizes.crowd // _SHARE)

    def alone() -> None:
        for _ in range(few):
            _check(one.stream(), 1)

    floor, fairlead = side_by_side(
        lambda: cpu_microseconds(alone, _EVENTS * few),
        lambda: cpu_microseconds(
            lambda: _check(crowd.streams(sizes.crowd), sizes.crowd), _EVENTS * sizes.crowd
        ),
        sizes.crowd_rounds,
    )
    one.close()
    crowd.close()
    return Row(f"{sizes.crowd} streams at once", "us/event", floor, fairlead, "ratio", limit)


def _check(pieces: int, streams: int) -> None:
    if pieces != _EVENTS * streams:
        raise RuntimeError(f"{_EVENTS * streams} events were sent and {pieces} came")


def calls(server: Server, sizes: Sizes, limit: float) -> Row:
    """Four times the calls of all layers, beside four times what the calls cost."""
    side = AsyncSubject(LAYERS["all but cache"](bare(server.url("telling"))))
    few = sizes.concurrent_calls // _TIMES
    floor, fairlead = side_by_side(
        lambda: cpu_microseconds(lambda: side.calls(few, _TASKS), few),
        lambda: cpu_microseconds(lambda: side.calls(few * _TIMES, _TASKS), few),
        sizes.crowd_rounds,
    )
    side.close()
    name = f"{_TIMES} times the calls"
    return Row(name, "us/call", floor * _TIMES, fairlead, "ratio", limit)
