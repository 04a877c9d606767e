"""How many requests may be under way at once: a fixed number, or one that finds itself.

Additive increase, multiplicative decrease (AIMD) as TCP does it: a refusal for want of capacity
takes a tenth off, at most once a round trip; a round trip without one, in which at least half was
used, adds one. Durations are never looked at, since a model's depend on how much it writes.
"""

from __future__ import annotations

FIRST, LEAST, MOST = 64, 4, 512
_DECREASE = 0.9


class Concurrency:
    """Not locked: its gate is. Instants are seconds of any clock."""

    __slots__ = ("_adaptive", "_changed", "_least", "_most", "_successes", "in_use", "limit")

    def __init__(self, most: int | None, *, adaptive: bool = False) -> None:
        """At most `most` at once, None for any number; with `adaptive` it begins lower."""
        self._adaptive = adaptive
        self._most = min(most or MOST, MOST) if adaptive else most
        self._least = min(LEAST, self._most or LEAST)
        self.limit = min(FIRST, self._most or FIRST) if adaptive else most
        """None: there is none."""
        self.in_use = 0
        self._changed = float("-inf")
        self._successes = 0

    def follow(self, other: Concurrency) -> None:
        """Go by the other's bound from now on; what is under way counts against it.

        What an adaptive number has found stays, as far as the bound allows.
        """
        found = self.limit if other._adaptive and self._adaptive else None
        self._adaptive, self._most, self._least = other._adaptive, other._most, other._least
        self.limit = other.limit
        if found is not None:
            self.limit = max(self._least, min(found, self._most or MOST))

    @property
    def full(self) -> bool:
        return self.limit is not None and self.in_use >= self.limit

    def give_back(self, began: float, now: float, *, throttled: bool | None) -> None:
        """One that began at `began` has ended.

        `throttled` says that it was refused for want of capacity, None that it proves nothing.
        """
        used = self.in_use
        self.in_use = used - 1
        if not self._adaptive or throttled is None or self.limit is None or began <= self._changed:
            return  # what began before the last change says nothing about the limit that holds now
        if throttled:
            self.limit = max(self._least, int(self.limit * _DECREASE))
            self._changed, self._successes = now, 0
        elif used * 2 >= self.limit:
            self._successes += 1
            if self._successes >= self.limit and self.limit < (self._most or MOST):
                self.limit += 1
                self._successes = 0
