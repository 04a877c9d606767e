"""Guards for engine tests: the same limits and the same breaker before every target."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.engine.guards import Breakers, Gates, Guards, LimitNames
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.gate import Gate
from fairlead.policies.rate_headers import HeaderNames
from fairlead.policies.rate_limits import RateLimits

HEADERS = LimitNames(
    HeaderNames("x-remaining-requests", "x-reset-requests"),
    HeaderNames("x-remaining-tokens", "x-reset-tokens"),
)


class Rules:
    """Satisfies `engine.guards.TargetRules`."""

    def __init__(self, limits: RateLimits, breaker: BreakerPolicy) -> None:
        self._limits = limits
        self._breaker = breaker

    def rate_limits(self, label: str) -> RateLimits:
        return self._limits

    def breaker(self, label: str) -> BreakerPolicy:
        return self._breaker

    def limit_names(self, label: str) -> LimitNames:
        return HEADERS


def limited(**values: object) -> Guards:
    """Limits alone."""
    return Guards(gates=Gates(Rules(RateLimits(**values), BreakerPolicy())))


def guarded(
    limits: RateLimits | None = None,
    *,
    random: Callable[[], float] = lambda: 0.5,
    **values: object,
) -> Guards:
    """A breaker, and limits where they are given."""
    rules = Rules(limits or RateLimits(), BreakerPolicy(**values))
    gates = None if limits is None else Gates(rules)
    return Guards(breakers=Breakers(rules, random=random), gates=gates)


def gate(guards: Guards, target: str = "agent/run") -> Gate:
    entry = guards.gates.of(target, None)
    assert entry is not None
    return entry.gate
