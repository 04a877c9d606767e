"""A histogram of durations in fixed memory: sixteen buckets to each doubling.

Durations from a microsecond to 87 minutes fall into 464 buckets, less than 4 KB. What it says of a
percentile is off by at most a thirty-second of it. Ten milliseconds, and all their doublings, are
edges of buckets: the bounds that OpenTelemetry's conventions give for durations.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

UNITS_PER_SECOND = 819_200
"""So that ten milliseconds are two to the power of thirteen units."""
_BITS = 4
_LINEAR = 2 << _BITS
_MOST_BITS = 32
_LARGEST = (1 << _MOST_BITS) - 1
_MOST_SECONDS = _LARGEST / UNITS_PER_SECOND
BUCKETS = ((_MOST_BITS - _BITS) << _BITS) + (1 << _BITS)


class Histogram:
    """Not safe for threads: whoever shares one holds a lock."""

    __slots__ = ("_counts", "count", "longest", "total")

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * BUCKETS))
        self.count = 0
        self.total = 0.0
        """The sum of all durations, in seconds."""
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration. What is none, such as NaN or less than nothing, counts as 0."""
        self.count += 1
        if not seconds > 0:
            self._counts[0] += 1
            return
        units = int(seconds * UNITS_PER_SECOND) if seconds < _MOST_SECONDS else _LARGEST
        if units >= _LINEAR:
            shift = units.bit_length() - _BITS - 1
            units = (shift << _BITS) + (units >> shift)
        self._counts[units] += 1
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds

    def percentile(self, percent: float) -> float:
        """The duration, in seconds, that `percent` of all do not pass; 0 where there are none."""
        wanted = max(1.0, self.count * percent / 100)
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                low, width = _bucket(index)
                middle = low + width / 2 if width > 1 else low
                return min(middle / UNITS_PER_SECOND, self.longest)
        return self.longest if self.count else 0.0

    def up_to(self, bounds: Sequence[float]) -> list[int]:
        """How many lie below each bound; exact for ten milliseconds and its doublings."""
        found, seen, index = [], 0, 0
        for bound in bounds:
            edge = bound * UNITS_PER_SECOND
            while index < BUCKETS and sum(_bucket(index)) <= edge + 1e-6:
                seen += self._counts[index]
                index += 1
            found.append(seen)
        return found

    def merge(self, other: Histogram) -> None:
        """Count all that `other` has counted."""
        for index, count in enumerate(other._counts):
            if count:
                self._counts[index] += count
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)


def _bucket(index: int) -> tuple[int, int]:
    """Lower edge and width of a bucket, in units."""
    if index < _LINEAR:
        return index, 1
    shift = (index >> _BITS) - 1
    return ((1 << _BITS) + (index & ((1 << _BITS) - 1))) << shift, 1 << shift
