"""How many retries a target may get: a share of its recent requests, and a floor for quiet times.

The shape is Finagle's `RetryBudget`; the bound is exact: in the 60 seconds up to any retry, what
was spent is at most 20 % of the requests made, plus 10.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class _Second:
    """What happened within one second of the clock."""

    __slots__ = ("index", "requests", "spent")

    def __init__(self, index: int) -> None:
        self.index = index
        self.requests = 0
        self.spent = 0


class RetryBudget:
    """Safe to share between threads; `now` is an instant of any clock, in seconds.

    Nothing is saved up: requests stop counting after the window, whether they were used or not.
    A clock that goes back is taken to stand still.
    """

    __slots__ = ("_floor", "_lock", "_ratio", "_seconds", "_window")

    def __init__(self, *, ratio: float = 0.2, floor: int = 10, window: int = 60) -> None:
        """`ratio` of the requests of the last `window` seconds, plus `floor` per window."""
        self._ratio = ratio
        self._floor = floor
        self._window = window
        self._seconds: deque[_Second] = deque()
        self._lock = Lock()

    def retune(self, *, ratio: float, floor: int) -> None:
        """Go by other numbers from now on; what was spent counts against them."""
        with self._lock:
            self._ratio, self._floor = ratio, floor

    def deposit(self, now: float) -> None:
        """Count a request that is not a retry, before it is sent."""
        with self._lock:
            self._at(now).requests += 1

    def try_withdraw(self, now: float, cost: int = 1) -> bool:
        """Pay for one retry. False: there is not enough, and nothing was taken."""
        with self._lock:
            current = self._at(now)
            if cost > self._available(current.index):
                return False
            current.spent += cost
            return True

    def available(self, now: float) -> float:
        """What could be withdrawn now; 0 or more."""
        with self._lock:
            return max(0.0, self._available(self._at(now).index))

    def _available(self, current: int) -> float:
        # Seconds are whole while the window slides: the oldest one, of which a part may lie
        # outside, counts for what was spent and not for what was earned.
        oldest = current - self._window
        earned = sum(second.requests for second in self._seconds if second.index > oldest)
        spent = sum(second.spent for second in self._seconds)
        return self._ratio * earned + self._floor - spent

    def _at(self, now: float) -> _Second:
        seconds = self._seconds
        index = int(now // 1)
        if seconds and index <= seconds[-1].index:
            return seconds[-1]
        while seconds and seconds[0].index < index - self._window:
            seconds.popleft()
        seconds.append(_Second(index))
        return seconds[-1]
