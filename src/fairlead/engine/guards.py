"""What stands before each target, shared by all calls of a client: its breaker and its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from msgspec import Struct

from fairlead.engine.guard import Guard
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.gate import Gate
from fairlead.policies.rate_headers import HeaderNames
from fairlead.policies.rate_limits import RateLimits
from fairlead.types.health import LimitHealth, TargetHealth

K_ = TypeVar("K_")
V_ = TypeVar("V_")

_MOST = 4096
"""Labels may come from strangers; the oldest is forgotten."""


class LimitNames(Struct, frozen=True):
    """The provider's headers that tell what is left of requests and of tokens."""

    requests: HeaderNames | None = None
    tokens: HeaderNames | None = None


class TargetRules(Protocol):
    """What is set for each target, by its label."""

    def rate_limits(self, label: str) -> RateLimits: ...
    def breaker(self, label: str) -> BreakerPolicy: ...
    def limit_names(self, label: str) -> LimitNames: ...


class Entry(Struct, frozen=True):
    """A gate, and what feeds it; `names` is None where no headers do."""

    gate: Gate
    names: LimitNames | None


class Gates:
    """The gates of all targets and keys. Those of a provider's targets may be one and the same."""

    __slots__ = ("_found", "_rules", "_shared")

    def __init__(self, rules: TargetRules) -> None:
        self._rules = rules
        self._found: dict[tuple[str, str | None], Entry | None] = {}
        self._shared: dict[tuple[str, str | None], Gate] = {}

    def of(self, target: str, key_name: str | None) -> Entry | None:
        """What the call must pass; None where nothing is limited."""
        try:
            return self._found[target, key_name]
        except KeyError:
            return self._made(target, key_name)

    def health(self, target: str) -> tuple[LimitHealth, ...]:
        """One for each key of a pool that was used for `target`, else one alone."""
        return tuple(
            LimitHealth(
                key_name=key,
                in_use=entry.gate.in_use,
                waiting=entry.gate.waiting,
                concurrency=entry.gate.concurrency,
            )
            for (label, key), entry in tuple(self._found.items())
            if label == target and entry is not None
        )

    def _made(self, target: str, key_name: str | None) -> Entry | None:
        limits = self._rules.rate_limits(target)
        entry: Entry | None = None
        if limits.active:
            names = self._rules.limit_names(target) if limits.follow_headers else LimitNames()
            fed = names if names != LimitNames() else None
            entry = Entry(self._gate(target, key_name, limits), fed)
        _make_room(self._found)
        return self._found.setdefault((target, key_name), entry)

    def _gate(self, target: str, key_name: str | None, limits: RateLimits) -> Gate:
        if limits.per == "model":
            return Gate(limits)
        place = target.partition("/")[0], key_name if limits.per == "key" else None
        return self._shared.setdefault(place, Gate(limits))


class Breakers:
    """The guards of all targets."""

    __slots__ = ("_found", "_random", "_rules")

    def __init__(self, rules: TargetRules, *, random: Callable[[], float]) -> None:
        self._rules = rules
        self._random = random
        self._found: dict[str, Guard] = {}

    def of(self, target: str) -> Guard:
        """The guard of `target`, which is made when it is first asked for."""
        try:
            return self._found[target]
        except KeyError:
            _make_room(self._found)
            guard = Guard(target, self._rules.breaker(target), random=self._random)
            return self._found.setdefault(target, guard)


class Guards(Struct, frozen=True):
    """Both; None where nothing at all is set."""

    breakers: Breakers | None = None
    gates: Gates | None = None

    def health(self, target: str, now: float) -> TargetHealth:
        """How `target` is doing at the instant `now`; one that was never used is well."""
        limits = () if self.gates is None else self.gates.health(target)
        if self.breakers is None:
            return TargetHealth(target=target, limits=limits)
        return self.breakers.of(target).health(now, limits)


def _make_room(found: dict[K_, V_]) -> None:
    if len(found) >= _MOST:
        found.pop(next(iter(found)), None)
