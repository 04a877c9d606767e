"""How a target is doing, as one client sees it: its breaker, and what is under way."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

BreakerState = Literal["closed", "open", "half_open"]


class LimitHealth(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The limits of one key. `concurrency` is how many may be under way now, None any number."""

    key_name: str | None = None
    in_use: int = 0
    waiting: int = 0
    concurrency: int | None = None


class TargetHealth(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The health of `target`, as `provider/model`, at one instant.

    `retry_after` are the seconds until a breaker that is open lets a probe through, `failures`
    those since the last success, `throttled` the share of calls that adaptive throttling refuses.
    `limits` has one entry for each key that was used; it is empty where nothing is limited.
    """

    target: str
    breaker: BreakerState = "closed"
    retry_after: float | None = None
    failures: int = 0
    throttled: float = 0.0
    limits: tuple[LimitHealth, ...] = ()

    @property
    def available(self) -> bool:
        """Whether the breaker would let a call through."""
        return self.breaker != "open"

    @property
    def in_use(self) -> int:
        """Requests under way, as far as limits count them."""
        return sum(limit.in_use for limit in self.limits)

    @property
    def waiting(self) -> int:
        """Requests that wait for a limit."""
        return sum(limit.waiting for limit in self.limits)
