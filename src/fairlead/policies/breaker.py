"""A circuit breaker: stops sending to a target that fails, and tries it again with care.

closed → open after failures in a row or too many of the last minute's; open → half open when its
time is over; half open → closed after successful probes, one at a time, or open again for longer.
Instants are seconds of any clock; one that goes back is taken to stand still.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from threading import Lock

from msgspec import Struct

from fairlead.errors import ConfigError
from fairlead.policies.outcomes import Outcome
from fairlead.types.health import BreakerState

TRANSITIONS = frozenset(
    {
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
        ("half_open", "open"),
    }
)
"""All that it makes by itself."""
BY_HAND = TRANSITIONS | {("closed", "closed"), ("open", "open"), ("open", "closed")}
"""With those that somebody may ask for."""

_BUCKETS = 12
_JITTER = 0.1
_LEAST_WINDOW = 0.01
_PROBE_SECONDS = 1.0
"""What who comes while a probe is under way is told to wait."""


class BreakerPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[breaker]`, also of one provider or one target. Times in seconds.

    It opens after `failures` in a row, or when `failure_percent` of at least `least_calls` attempts
    of the last `window` failed; for `open` seconds, 10 % more or less, doubling up to `open_most`
    while it keeps failing, until it has been closed for `forget`. It closes after `probes`
    successes. `enabled = false` leaves it out. `adaptive_throttle` refuses, here and at random, a
    growing share of the calls to a provider that refuses most of them for want of capacity.
    """

    enabled: bool = True
    failures: int = 5
    failure_percent: float = 50
    least_calls: int = 20
    window: float = 60
    open: float = 60
    open_most: float = 300
    forget: float = 300
    probes: int = 2
    adaptive_throttle: bool = False

    def __post_init__(self) -> None:
        for name in ("failures", "least_calls", "probes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"breaker.{name} must be at least 1")
        for name in ("window", "open", "open_most", "forget", "failure_percent"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"breaker.{name} must be above 0")
        if self.window < _LEAST_WINDOW:
            raise ConfigError(f"breaker.window must be at least {_LEAST_WINDOW:g} seconds")
        if self.failure_percent > 100:
            raise ConfigError("breaker.failure_percent must be at most 100")
        if self.open_most < self.open:
            raise ConfigError(
                f"breaker: open_most ({self.open_most:g}) is below open ({self.open:g}); "
                "raise the one or lower the other"
            )


class Breaker:
    """Safe to share between threads."""

    __slots__ = (
        "_buckets",
        "_changed",
        "_failed",
        "_generation",
        "_in_a_row",
        "_lock",
        "_openings",
        "_passed",
        "_policy",
        "_probing",
        "_random",
        "_state",
        "_successes",
        "_until",
        "_width",
        "tripped",
    )

    def __init__(self, policy: BreakerPolicy, *, random: Callable[[], float]) -> None:
        self._policy = policy
        self._random = random
        self._lock = Lock()
        self._width = policy.window / _BUCKETS
        self._buckets: deque[list[int]] = deque()
        self._passed = self._failed = self._in_a_row = 0
        self._state: BreakerState = "closed"
        self._generation = 0
        self._changed = float("-inf")
        self._openings = 0
        self._until = float("-inf")
        self._probing = False
        self._successes = 0
        self.tripped = False
        """Whether it is open because somebody wants it so."""

    def enter(self, now: float) -> int | None:
        """Admits an attempt: what `leave` must be given exactly once. None: it is refused."""
        generation = self._generation  # read first: a later one may be that of a probe
        if self._state == "closed":
            return generation
        with self._lock:
            if self._state == "open" and now >= self._until:
                self._become("half_open", now)
            if self._state == "half_open" and not self._probing:
                self._probing = True
                return self._generation
            return self._generation if self._closed else None

    def leave(self, generation: int, result: Outcome, now: float) -> None:
        """An attempt has ended. One that began in an earlier state says nothing any more."""
        with self._lock:
            if generation != self._generation:
                return
            if self._state == "half_open":
                self._probed(result, now)
            elif self._state == "closed" and result != "neutral":
                self._sampled(result, now)

    def broke(self, generation: int, now: float) -> None:
        """What counted as a success when it began to answer has failed before its end."""
        with self._lock:
            if generation != self._generation or self._state != "closed":
                return
            newest = self._buckets[-1] if self._buckets else None
            if newest is not None and newest[1]:
                newest[1] -= 1
                self._passed -= 1
            self._sampled("failure", now)

    def retry_after(self, now: float) -> float | None:
        """Seconds until it is worth trying again; None where it is now."""
        if self._state == "open":
            return None if self._until == inf else max(0.0, self._until - now) or None
        return _PROBE_SECONDS if self._state == "half_open" and self._probing else None

    def state(self, now: float) -> BreakerState:
        """The state as the next attempt would find it."""
        state = self._state
        return "half_open" if state == "open" and now >= self._until else state

    @property
    def _closed(self) -> bool:
        return self._state == "closed"

    @property
    def in_a_row(self) -> int:
        """Failures since the last success."""
        return self._in_a_row

    # -- by hand ---------------------------------------------------------------------------------

    def trip(self, now: float, seconds: float | None) -> None:
        """Open for so long, or until `reset`. What is under way says nothing any more."""
        with self._lock:
            self._until = inf if seconds is None else now + seconds
            self._become("open", now, by_hand=True)
            self.tripped = True

    def reset(self, now: float) -> None:
        """Close, and forget what failed."""
        with self._lock:
            self._openings = 0
            self._become("closed", now, by_hand=True)

    def retune(self, policy: BreakerPolicy) -> None:
        """Go by `policy` from now on. The state stays; counts do where the window is the same."""
        with self._lock:
            if policy.window != self._policy.window:
                self._buckets.clear()
                self._passed = self._failed = 0
                self._width = policy.window / _BUCKETS
            self._policy = policy

    # -- under the lock --------------------------------------------------------------------------

    def _sampled(self, result: Outcome, now: float) -> None:
        buckets = self._buckets
        index = int(now // self._width)
        bucket = buckets[-1] if buckets and index <= buckets[-1][0] else self._bucket(index)
        if result == "success":
            bucket[1] += 1
            self._passed += 1
            self._in_a_row = 0
            return
        bucket[2] += 1
        self._failed += 1
        self._in_a_row += 1
        if self._in_a_row >= self._policy.failures or self._too_many():
            self._open(now)

    def _too_many(self) -> bool:
        total = self._passed + self._failed
        enough = total >= self._policy.least_calls
        return enough and self._failed * 100 >= total * self._policy.failure_percent

    def _probed(self, result: Outcome, now: float) -> None:
        self._probing = False
        if result == "failure":
            self._in_a_row += 1
            self._open(now)
        elif result == "success":
            self._successes += 1
            if self._successes >= self._policy.probes:
                self._become("closed", now)

    def _open(self, now: float) -> None:
        policy = self._policy
        lately = self._state == "half_open" or now - self._changed < policy.forget
        self._openings = self._openings + 1 if lately and self._openings else 1
        seconds = min(policy.open * 2.0 ** min(self._openings - 1, 64), policy.open_most)
        self._until = now + seconds * (1 - _JITTER + 2 * _JITTER * self._random())
        self._become("open", now)

    def _become(self, state: BreakerState, now: float, *, by_hand: bool = False) -> None:
        assert (self._state, state) in (BY_HAND if by_hand else TRANSITIONS)
        self._state = state
        self._generation += 1
        self._changed = now
        self._probing = self.tripped = False
        self._successes = 0
        if state == "closed":
            self._buckets.clear()
            self._passed = self._failed = self._in_a_row = 0

    def _bucket(self, index: int) -> list[int]:
        """A new bucket, after those that have left the window are dropped."""
        buckets = self._buckets
        while buckets and buckets[0][0] <= index - _BUCKETS:
            _, passed, failed = buckets.popleft()
            self._passed -= passed
            self._failed -= failed
        buckets.append([index, 0, 0])
        return buckets[-1]
