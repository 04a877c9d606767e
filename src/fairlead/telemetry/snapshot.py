"""What statistics say at one moment; durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from fairlead.telemetry.histogram import Histogram

BOUNDS = tuple(0.01 * 2**step for step in range(14))
"""The edges in seconds that OpenTelemetry's GenAI conventions give for durations."""

FINE = ("ok", "cached", "closed", "cancelled")
"""Ways in which a call ends that did not fail."""


class Distribution(Struct, frozen=True):
    """Of durations: how many, their sum, percentiles, and how many lie below each of `BOUNDS`."""

    count: int
    total: float
    p50: float
    p90: float
    p99: float
    longest: float
    below: tuple[int, ...] = ()

    @classmethod
    def of(cls, histogram: Histogram) -> Distribution:
        percentile = histogram.percentile
        return cls(
            histogram.count,
            histogram.total,
            percentile(50),
            percentile(90),
            percentile(99),
            histogram.longest,
            tuple(histogram.up_to(BOUNDS)),
        )


class TargetSnapshot(Struct, frozen=True):
    """One target. `ended` counts calls by how they ended: `ok`, `cached` (nothing was sent, and
    `seconds` do not have it), `closed`, `cancelled`, or the name of an error. A call belongs to
    the target that ended it, an attempt to the one it went to.
    """

    target: str
    ended: Mapping[str, int]
    attempts: int
    under_way: int
    peak: int
    input_tokens: int
    output_tokens: int
    usd: Decimal
    seconds: Distribution
    phases: Mapping[str, Distribution]

    @property
    def calls(self) -> int:
        return sum(self.ended.values())

    @property
    def failed(self) -> int:
        """Calls that ended in an error; who cancels or closes one has not seen it fail."""
        return sum(count for how, count in self.ended.items() if how not in FINE)


class Snapshot(Struct, frozen=True):
    """All targets, by name. `peak` is the most calls that were under way at once."""

    targets: tuple[TargetSnapshot, ...]
    under_way: int
    peak: int
