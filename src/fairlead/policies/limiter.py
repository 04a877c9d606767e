"""The generic cell rate algorithm: so much per time, in whole numbers and therefore exact.

Of any two admissions i < j, `j - i + 1 <= burst + floor(count * (t_j - t_i) / period)`, with both
ends of the window. Instants are nanoseconds of any clock; one that goes back grants nothing.
"""

from __future__ import annotations

SECOND = 1_000_000_000
"""Nanoseconds."""


def nanoseconds(seconds: float) -> int:
    """An instant of the runtime's clock as the limiter counts it."""
    return int(seconds * SECOND)


class Gcra:
    """Not locked: its gate is.

    One number is kept, the theoretical arrival time. It is scaled by `count`, so that the interval
    between two units is the whole number `period` whatever the rate is.
    """

    __slots__ = ("_burst", "_count", "_period", "_reach", "_rebased", "_tat")

    def __init__(self, count: int, period: int, burst: int) -> None:
        """`count` units in `period` nanoseconds, of which `burst` may come at once."""
        self._count = count
        self._period = period
        self._burst = burst
        self._reach = burst * period
        self._tat = 0
        self._rebased = 0

    def wait(self, now: int, cost: int = 1, behind: int = 0) -> int:
        """Nanoseconds until `cost` units fit, behind `behind` others; 0 when they do now.

        What is larger than the burst goes when all of the burst is there, and the rest is owed.
        """
        # Comparisons rather than max and min: this is the way of every call.
        now *= self._count
        asked = behind + (cost if cost < self._burst else self._burst)  # noqa: FURB136
        start = self._tat if self._tat > now else now  # noqa: FURB136
        short = start + asked * self._period - self._reach - now
        return 0 if short <= 0 else -(-short // self._count)

    def take(self, now: int, cost: int = 1) -> int:
        """Spend `cost` units, which `wait` has allowed. Returns what `correct` asks for."""
        now *= self._count
        if self._tat < now:
            self._tat = now
            self._rebased += 1
        self._tat += cost * self._period
        return self._rebased

    def follow(self, other: Gcra, now: int) -> None:
        """Go by the other's rate from now on. The units that are owed stay owed."""
        owed = max(0, self._tat - now * self._count)
        self._tat = now * other._count + -(-owed * other._period // self._period)
        self._count, self._period, self._burst = other._count, other._period, other._burst
        self._reach = other._reach

    def correct(self, taken: int, difference: int) -> None:
        """What was taken turned out to cost `difference` more, or less if it is negative.

        More is owed. Less is given back only if the store has not been full since: else it has been
        forgiven already, and would be granted twice.
        """
        if difference > 0 or taken == self._rebased:
            self._tat += difference * self._period
