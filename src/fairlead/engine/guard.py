"""One target's breaker and adaptive throttle: whether an attempt may begin, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.errors import ApiError, BreakerOpen, LimitExceeded
from fairlead.policies.breaker import Breaker, BreakerPolicy
from fairlead.policies.outcomes import cause_of, outcome, throttled
from fairlead.policies.throttle import Throttle
from fairlead.types.health import LimitHealth, TargetHealth


class Guard:
    """Instants are seconds of the runtime's clock. One that is not `active` admits everything."""

    __slots__ = ("_breaker", "_last", "_random", "_target", "_throttle", "active")

    def __init__(self, target: str, policy: BreakerPolicy, *, random: Callable[[], float]) -> None:
        self._target = target
        self._random = random
        self._breaker = Breaker(policy, random=random) if policy.enabled else None
        self._throttle = Throttle() if policy.adaptive_throttle else None
        self._last = ""
        self.active = self._breaker is not None or self._throttle is not None

    def enter(self, now: float) -> int:
        """Admits an attempt, which must be given back exactly once, by `begun` or by `failed`.

        Raises `BreakerOpen`, or `LimitExceeded` where the throttle refuses.
        """
        entered = 0
        if self._breaker is not None:
            found = self._breaker.enter(now)
            if found is None:
                raise self._refusal(self._breaker, now)
            entered = found
        if self._throttle is not None and not self._throttle.admit(now, self._random()):
            self._left(entered, now)
            raise LimitExceeded(
                f"{self._target}: held back here, because the provider refuses most requests for "
                "want of capacity; try again later, or use another target",
                target=self._target,
            )
        return entered

    def begun(self, entered: int, now: float) -> None:
        """The answer has begun: a success, unless it `broke` later."""
        if self._breaker is not None:
            self._breaker.leave(entered, "success", now)
        if self._throttle is not None:
            self._throttle.accepted(now)

    def failed(
        self, entered: int, error: BaseException, now: float, *, waited: float, patience: float
    ) -> None:
        """The attempt ended before its answer began. `waited` and `patience` as in `outcome`."""
        if self._breaker is not None:
            result = outcome(error, waited=waited, patience=patience)
            if result == "failure":
                self._remember(error)
            self._breaker.leave(entered, result, now)
        if self._throttle is not None and isinstance(error, ApiError) and not throttled(error):
            self._throttle.accepted(now)

    def ended(self, entered: int, error: BaseException | None, now: float) -> None:
        """The answer that had begun has come to its end, or broke in `error`."""
        if error is None or self._breaker is None:
            return
        if outcome(error, waited=0.0, patience=1.0) == "failure":
            self._remember(error)
            self._breaker.broke(entered, now)

    def health(self, now: float, limits: tuple[LimitHealth, ...]) -> TargetHealth:
        """What others may see of it."""
        share = 0.0 if self._throttle is None else self._throttle.share(now)
        if self._breaker is None:
            return TargetHealth(target=self._target, throttled=share, limits=limits)
        return TargetHealth(
            target=self._target,
            breaker=self._breaker.state(now),
            retry_after=self._breaker.retry_after(now),
            failures=self._breaker.in_a_row,
            throttled=share,
            limits=limits,
        )

    def _left(self, entered: int, now: float) -> None:
        if self._breaker is not None:
            self._breaker.leave(entered, "neutral", now)

    def _remember(self, error: BaseException) -> None:
        error = cause_of(error) or error
        status = f", HTTP {error.status}" if isinstance(error, ApiError) else ""
        self._last = f"{type(error).__name__}{status}"

    def _refusal(self, breaker: Breaker, now: float) -> BreakerOpen:
        seconds = breaker.retry_after(now)
        when = "" if seconds is None else f" in {seconds:.1f} s"
        return BreakerOpen(
            f"{self._target}: left alone after too many failures (the last: {self._last}); "
            f"try again{when}, or use another target",
            target=self._target,
            retry_after=seconds,
        )
