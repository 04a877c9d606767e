"""One target's breaker and adaptive throttle: whether an attempt may begin, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.errors import ApiError, BreakerOpen, LimitExceeded
from fairlead.policies.breaker import Breaker, BreakerPolicy
from fairlead.policies.outcomes import cause_of, outcome, throttled
from fairlead.policies.throttle import Throttle
from fairlead.types.health import LimitHealth, TargetHealth

_NOT_ENTERED = -1
"""No generation of a breaker: the attempt began while there was none."""


class Guard:
    """Instants are seconds of the runtime's clock. One that is not `active` admits everything."""

    __slots__ = ("_breaker", "_breaks", "_last", "_policy", "_random", "_target", "_throttle")

    def __init__(self, target: str, policy: BreakerPolicy, *, random: Callable[[], float]) -> None:
        self._target = target
        self._random = random
        self._policy = policy
        # One for good: what began under another would count its generations anew.
        self._breaker = Breaker(policy, random=random)
        self._breaks = policy.enabled
        self._throttle = Throttle() if policy.adaptive_throttle else None
        self._last = ""

    @property
    def active(self) -> bool:
        return self._breaks or self._throttle is not None

    # -- by hand, and by new settings ------------------------------------------------------------

    def retune(self, policy: BreakerPolicy) -> None:
        """Go by `policy` from now on; what is known of the target stays."""
        if policy == self._policy:
            return
        self._policy = policy
        self._breaker.retune(policy)
        self._breaks = policy.enabled
        if not policy.adaptive_throttle:
            self._throttle = None
        elif self._throttle is None:
            self._throttle = Throttle()

    def trip(self, now: float, seconds: float | None) -> None:
        """Refuse everything for so long, or until `reset`.

        A target whose breaker is off has one until then: somebody wants it.
        """
        self._breaker.trip(now, seconds)
        self._breaks = True

    def reset(self, now: float) -> None:
        """Let everything through again, and forget what failed."""
        self._breaker.reset(now)
        self._breaks = self._policy.enabled

    # -- an attempt ------------------------------------------------------------------------------

    def enter(self, now: float) -> int:
        """Admits an attempt, which must be given back exactly once, by `begun` or by `failed`.

        Raises `BreakerOpen`, or `LimitExceeded` where the throttle refuses.
        """
        entered, throttle = _NOT_ENTERED, self._throttle
        if self._breaks:
            found = self._breaker.enter(now)
            if found is None:
                raise self._refusal(now)
            entered = found
        if throttle is not None and not throttle.admit(now, self._random()):
            self._breaker.leave(entered, "neutral", now)
            raise LimitExceeded(
                f"{self._target}: held back here, because the provider refuses most requests for "
                "want of capacity; try again later, or use another target",
                target=self._target,
            )
        return entered

    def begun(self, entered: int, now: float) -> None:
        """The answer has begun: a success, unless it `broke` later."""
        throttle = self._throttle
        if entered != _NOT_ENTERED:
            self._breaker.leave(entered, "success", now)
        if throttle is not None:
            throttle.answered(now, accepted=True)

    def failed(
        self, entered: int, error: BaseException, now: float, *, waited: float, patience: float
    ) -> None:
        """The attempt ended before its answer began. `waited` and `patience` as in `outcome`."""
        throttle = self._throttle
        if entered != _NOT_ENTERED:
            result = outcome(error, waited=waited, patience=patience)
            if result == "failure":
                self._remember(error)
            self._breaker.leave(entered, result, now)
        # What had no answer, such as a call that was cancelled, says nothing of capacity.
        if throttle is not None and isinstance(error, ApiError):
            throttle.answered(now, accepted=not throttled(error))

    def ended(self, entered: int, error: BaseException | None, now: float) -> None:
        """The answer that had begun has come to its end, or broke in `error`."""
        if error is None or entered == _NOT_ENTERED:
            return
        if outcome(error, waited=0.0, patience=1.0) == "failure":
            self._remember(error)
            self._breaker.broke(entered, now)

    def health(self, now: float, limits: tuple[LimitHealth, ...]) -> TargetHealth:
        """What others may see of it."""
        throttle = self._throttle
        share = 0.0 if throttle is None else throttle.share(now)
        if not self._breaks:
            return TargetHealth(target=self._target, throttled=share, limits=limits)
        return TargetHealth(
            target=self._target,
            breaker=self._breaker.state(now),
            retry_after=self._breaker.retry_after(now),
            failures=self._breaker.in_a_row,
            throttled=share,
            limits=limits,
        )

    def _remember(self, error: BaseException) -> None:
        error = cause_of(error) or error
        status = f", HTTP {error.status}" if isinstance(error, ApiError) else ""
        self._last = f"{type(error).__name__}{status}"

    def _refusal(self, now: float) -> BreakerOpen:
        seconds = self._breaker.retry_after(now)
        when = "" if seconds is None else f" in {seconds:.1f} s"
        why = f"left alone after too many failures (the last: {self._last})"
        if self._breaker.tripped:
            why, when = "its breaker was opened by hand", when or " when it is closed again"
        return BreakerOpen(
            f"{self._target}: {why}; try again{when}, or use another target",
            target=self._target,
            retry_after=seconds,
        )
