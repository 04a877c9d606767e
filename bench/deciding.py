"""CPU time of one decision of a limiter, beside a call over bare pycurl."""

from __future__ import annotations

import time

from bench.floor_blocking import BlockingFloor
from bench.layers import LIMITS
from bench.measure import cpu_microseconds, taking_turns
from bench.server import Server
from bench.sizes import Sizes
from bench.table import Row
from fairlead.policies.gate import Gate

_TOKENS = 40


def limiter(server: Server, sizes: Sizes, limit: float) -> Row:
    """Requests, tokens and places: one is let in and, when it has ended, gives back its place."""
    floor_side = BlockingFloor(server.url("call"))
    gate, count = Gate(LIMITS), sizes.decisions

    def decide() -> None:
        for _ in range(count):
            permit = gate.enter(time.monotonic(), _TOKENS)
            assert permit is not None, "these limits are never in the way"
            permit.give_back(time.monotonic(), throttled=False, used=_TOKENS)

    floor, fairlead = taking_turns(
        lambda: cpu_microseconds(lambda: floor_side.calls(sizes.calls, 1), sizes.calls),
        lambda: cpu_microseconds(decide, count),
        sizes.rounds,
    )
    floor_side.close()
    return Row("a limiter decides", "us/call", floor, fairlead, "ratio", limit)
