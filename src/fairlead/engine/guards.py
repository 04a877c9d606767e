"""What stands before each target, shared by all calls of a client: its breaker and its limits."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from threading import Lock
from typing import Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from fairlead.engine.guard import Guard
from fairlead.engine.shared_gates import SharedGates
from fairlead.errors import ConfigError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.gate import Gate
from fairlead.policies.rate_headers import HeaderNames
from fairlead.policies.rate_limits import RateLimits, provider_of
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

    __slots__ = ("_found", "_making", "_rules", "_shared")

    def __init__(self, rules: TargetRules) -> None:
        self._making = Lock()
        self._rules = rules
        self._found: dict[tuple[str, str | None], Entry | None] = {}
        self._shared: dict[tuple[str, str | None], Gate] = {}

    def of(self, target: str, key_name: str | None) -> Entry | None:
        """What the call must pass; None where nothing is limited."""
        try:
            return self._found[target, key_name]
        except KeyError:
            with self._making:
                return self._made(target, key_name)

    def retune(self, rules: TargetRules, now: float) -> None:
        """Go by `rules` from now on, with the gates that there are and all that they count.

        Where `per` is another, those who share a gate are others too, and are counted anew.
        """
        with self._making:
            fresh = copy(self)
            fresh._rules, fresh._found, fresh._shared = rules, {}, {}
            for place, entry in self._found.items():
                try:
                    made = fresh._made(*place)
                except ConfigError:
                    made = None  # the target is gone
                if entry is not None:
                    fresh._found[place] = _kept(entry, made, fresh._shared, now)
            self._rules, self._shared, self._found = rules, fresh._shared, fresh._found

    def health(self, target: str, shared: SharedGates | None = None) -> tuple[LimitHealth, ...]:
        """One for each key of a pool that was used for `target`, else one alone."""
        found = tuple(self._found.items())
        return tuple(
            _health(place, entry.gate, shared)
            for place, entry in found
            if place[0] == target and entry is not None
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
            return Gate(limits, counts=not limits.shared)
        place = provider_of(target), key_name if limits.per == "key" else None
        found = self._shared.get(place)
        if found is None:
            _make_room(self._shared)
            found = self._shared[place] = Gate(limits, counts=not limits.shared)
        return found


def _kept(
    entry: Entry, made: Entry | None, shared: dict[tuple[str, str | None], Gate], now: float
) -> Entry | None:
    """`made`, but with the gate of `entry`, which goes by the new limits."""
    gate = entry.gate
    if made is None:
        gate.follow(Gate(RateLimits()), now)  # who waits there still is let in
        return None
    same = gate.limits.per == made.gate.limits.per
    gate.follow(made.gate, now)
    if not same:
        return made
    for place, other in shared.items():
        if other is made.gate:
            shared[place] = gate
    return replace(made, gate=gate)


def _health(place: tuple[str, str | None], gate: Gate, shared: SharedGates | None) -> LimitHealth:
    """Of shared limits, what this process has under way, and of them all the most there may be."""
    beyond, most = 0, gate.concurrency
    if gate.limits.shared and shared is not None:
        beyond, most = shared.of(*place, gate.limits).waiting, gate.limits.concurrency
    return LimitHealth(
        key_name=place[1],
        in_use=max(0, gate.in_use - beyond),
        waiting=gate.waiting + beyond,
        concurrency=most,
    )


class Breakers:
    """The guards of all targets."""

    __slots__ = ("_found", "_making", "_random", "_rules")

    def __init__(self, rules: TargetRules, *, random: Callable[[], float]) -> None:
        self._making = Lock()
        self._rules = rules
        self._random = random
        self._found: dict[str, Guard] = {}

    def of(self, target: str) -> Guard:
        """The guard of `target`, which is made when it is first asked for."""
        try:
            return self._found[target]
        except KeyError:
            with self._making:
                _make_room(self._found)
                guard = Guard(target, self._rules.breaker(target), random=self._random)
                return self._found.setdefault(target, guard)

    def retune(self, rules: TargetRules) -> None:
        """Go by `rules` from now on; what is known of the targets stays."""
        with self._making:
            self._rules = rules
            for target, guard in tuple(self._found.items()):
                try:
                    guard.retune(rules.breaker(target))
                except ConfigError:
                    del self._found[target]  # it is gone


class Guards(Struct, frozen=True):
    """All of them; None where nothing at all is set."""

    breakers: Breakers | None = None
    gates: Gates | None = None
    shared: SharedGates | None = None

    def guard(self, target: str) -> Guard:
        """What stands before `target`. Raises `ConfigError` where all breakers are off."""
        if self.breakers is None:
            raise ConfigError(
                "no target has a breaker, because the settings turn it off (breaker.enabled); "
                "turn it on to open and close one by hand"
            )
        return self.breakers.of(target)

    def followed_by(self, other: Guards, rules: TargetRules, now: float) -> Guards:
        """`other`, but with the gates and breakers that there are, which go by `rules` now."""
        if self.gates is not None:
            self.gates.retune(rules, now)
        if self.breakers is not None:
            self.breakers.retune(rules)
        return Guards(
            breakers=self.breakers or other.breakers,
            gates=self.gates or other.gates,
            shared=other.shared,
        )

    def health(self, target: str, now: float) -> TargetHealth:
        """How `target` is doing at the instant `now`; one that was never used is well."""
        limits = () if self.gates is None else self.gates.health(target, self.shared)
        if self.breakers is None:
            return TargetHealth(target=target, limits=limits)
        return self.breakers.of(target).health(now, limits)


def _make_room(found: dict[K_, V_]) -> None:
    if len(found) >= _MOST:
        found.pop(next(iter(found)), None)
