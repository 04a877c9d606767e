"""CPU time of looking a model up in the table, beside a call over bare pycurl."""

from __future__ import annotations

from bench.floor_blocking import BlockingFloor
from bench.measure import cpu_microseconds, taking_turns
from bench.server import Server
from bench.sizes import Sizes
from bench.table import Row
from fairlead import models

_NAMES = (
    "anthropic/claude-sonnet-4-5",
    "openai:gpt-4o",
    "gemini/gemini-2.5-flash",
    "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0",
    "openai/gpt-4o-2031-01-01",  # a date that the table does not know
    "gpt-4o-mini",
    "openai/nobody-knows-it",
)
_KNOWN = 6


def lookup(server: Server, sizes: Sizes, limit: float) -> Row:
    """Names in every form, in turn, after each has been looked up once."""
    floor_side = BlockingFloor(server.url("call"))
    assert sum(models.find(name) is not None for name in _NAMES) == _KNOWN

    def look() -> None:
        for _ in range(sizes.lookups):
            for name in _NAMES:
                models.find(name)

    floor, fairlead = taking_turns(
        lambda: cpu_microseconds(lambda: floor_side.calls(sizes.calls, 1), sizes.calls),
        lambda: cpu_microseconds(look, sizes.lookups * len(_NAMES)),
        sizes.rounds,
    )
    floor_side.close()
    return Row("a model looked up", "us/call", floor, fairlead, "ratio", limit)
