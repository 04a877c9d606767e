"""What a client remembers of one target: how quick it was, what is under way, when it may be asked.

Arithmetic only; every `now` is an instant of the same clock, which never goes back.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from threading import Lock

from fairlead.policies.per_target import PerTarget
from fairlead.policies.retry_budget import RetryBudget

_SMOOTHING = 0.3
_FORGOTTEN_AFTER = 300.0
_KEPT = 128
HEDGED_SHARE = 0.05
_HEDGE_WINDOW = 600


class Times:
    """Seconds to the first event, of one way of asking: a moving mean, and the last ones."""

    __slots__ = ("_at", "_last", "_mean")

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=_KEPT)
        self._mean = 0.0
        self._at = 0.0

    def add(self, seconds: float, now: float) -> None:
        if self.usual(now) is None:
            self._mean = seconds
        else:
            self._mean += _SMOOTHING * (seconds - self._mean)
        self._at = now
        self._last.append(seconds)

    def usual(self, now: float) -> float | None:
        """The moving mean; None where nothing was measured for five minutes."""
        fresh = self._last and now - self._at <= _FORGOTTEN_AFTER
        return self._mean if fresh else None

    def percentile(self, share: float, least: int) -> float | None:
        """What `share` of the last answers stayed within; None for fewer than `least` answers."""
        if len(self._last) < least:
            return None
        return sorted(self._last)[ceil(share * len(self._last)) - 1]


class TargetRecord:
    """Safe to share between threads. `stream` tells the two ways of asking apart."""

    __slots__ = ("_load", "_lock", "_rests_until", "_times", "hedges")

    def __init__(self) -> None:
        self._lock = Lock()
        self._times = (Times(), Times())
        self._load = 0
        self._rests_until = 0.0
        self.hedges = RetryBudget(ratio=HEDGED_SHARE, floor=0, window=_HEDGE_WINDOW)
        """What may be sent twice: one in twenty of the calls of the last ten minutes."""

    def begun(self) -> None:
        with self._lock:
            self._load += 1

    def ended(self) -> None:
        with self._lock:
            self._load -= 1

    def answered(self, seconds: float, now: float, *, stream: bool) -> None:
        """The first event came `seconds` after the target was asked."""
        with self._lock:
            self._times[stream].add(seconds, now)

    def rest(self, until: float) -> None:
        """Leave it alone until then. A rest is never shortened."""
        with self._lock:
            self._rests_until = max(self._rests_until, until)

    def wake(self) -> None:
        """Whatever it rested for is over, such as by another key."""
        with self._lock:
            self._rests_until = 0.0

    def rests(self, now: float) -> float:
        """The seconds that are left of its rest; 0 for none."""
        return max(0.0, self._rests_until - now)

    @property
    def load(self) -> int:
        """The calls under way."""
        return self._load

    def usual(self, now: float, *, stream: bool) -> float | None:
        with self._lock:
            return self._times[stream].usual(now)

    def percentile(self, share: float, least: int, *, stream: bool) -> float | None:
        with self._lock:
            return self._times[stream].percentile(share, least)


class TargetRecords(PerTarget[TargetRecord]):
    """A record for each target."""

    def wake(self, provider: str) -> None:
        """No target of `provider` rests any longer."""
        for target, record in self.known():
            if target.startswith(f"{provider}/"):
                record.wake()

    def _fresh(self) -> TargetRecord:
        return TargetRecord()
