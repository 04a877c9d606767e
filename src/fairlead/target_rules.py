"""What the settings and the providers' tables say of each target: its limits and its breaker.

A target's values stand above its provider's, and those above the general ones, key by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from fairlead.auth.origin import origin_of
from fairlead.engine.guards import Breakers, Gates, Guards, LimitNames
from fairlead.engine.shared_gates import SharedGates
from fairlead.errors import ConfigError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_headers import HeaderNames
from fairlead.policies.rate_limits import RateLimits
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings
from fairlead.settings.values import TargetSettings

S_ = TypeVar("S_", bound=Struct)

_OFF = BreakerPolicy(enabled=False)

_Table = Mapping[str, object]

_RATES = ("requests_per_second", "requests_per_minute")
_REPLACED: dict[str, tuple[str, ...]] = {
    "requests_per_second": (*_RATES, "burst"),
    "requests_per_minute": (*_RATES, "burst"),
    "burst": ("strict",),
    "strict": ("burst",),
}
"""What a value of a nearer table takes the place of, beside the same key."""


class SettingsRules:
    """Satisfies `engine.guards.TargetRules`. All tables are tried when it is made.

    Raises `ConfigError` for values that contradict each other, `UnknownProvider` for a target of
    nobody's.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._providers = {registry.name_of(n): own for n, own in settings.providers.items()}
        self._targets = {_label(n, registry): own for n, own in settings.targets.items()}
        labels = ["", *(f"{name}/" for name in self._providers), *self._targets]
        self._limits = [self.rate_limits(label) for label in labels]
        self._breakers = [self._breaker(label) for label in labels]
        for label in self._targets:
            self._check_scope(label)

    def rate_limits(self, label: str) -> RateLimits:
        """The limits of the target `label`."""
        provider, target = self._of(label)
        tables = [own.rate_limits for own in (provider, target) if own is not None]
        return _merged(self._settings.rate_limits, tables, label)

    def breaker(self, label: str) -> BreakerPolicy:
        """The breaker of the target `label`.

        What runs on this machine has none unless something is set: who starts a server wants to use
        it at once, and nobody else is spared by waiting.
        """
        policy = self._breaker(label)
        return _OFF if policy == BreakerPolicy() and self._on_this_machine(label) else policy

    def _breaker(self, label: str) -> BreakerPolicy:
        provider, target = self._of(label)
        tables = [own.breaker for own in (provider, target) if own is not None]
        return _merged(self._settings.breaker, tables, label)

    def limit_names(self, label: str) -> LimitNames:
        """The headers in which the provider of `label` tells what is left."""
        if "://" in label:
            return LimitNames()  # a server that was named by its address
        headers = self._registry.get(label.partition("/")[0]).table.rate_limit_headers
        return LimitNames(
            _names(headers.remaining_requests, headers.reset_requests),
            _names(headers.remaining_tokens, headers.reset_tokens),
        )

    @property
    def shares(self) -> bool:
        """Whether some limit is shared with other processes."""
        return any(limits.active and limits.shared for limits in self._limits)

    def guards(self, *, random: Callable[[], float], shared: SharedGates | None = None) -> Guards:
        """What stands before the targets; a part that nobody has asked for is left out."""
        limited = any(limits.active for limits in self._limits)
        guarded = any(p.enabled or p.adaptive_throttle for p in self._breakers)
        return Guards(
            breakers=Breakers(self, random=random) if guarded else None,
            gates=Gates(self) if limited else None,
            shared=shared,
        )

    def _of(self, label: str) -> tuple[ProviderSettings | None, TargetSettings | None]:
        return self._providers.get(label.partition("/")[0]), self._targets.get(label)

    def _on_this_machine(self, label: str) -> bool:
        if "://" in label:
            return origin_of(label).loopback
        endpoint = self._registry.get(label.partition("/")[0]).endpoint
        return endpoint.origin is None or endpoint.origin.loopback

    def _check_scope(self, label: str) -> None:
        if self.rate_limits(label).active and self.rate_limits(label).per != "model":
            raise ConfigError(
                f'[targets."{label}".rate_limits]: limits that count for a whole provider or key '
                "cannot differ by model; set them at the provider"
            )


def _label(name: str, registry: Registry) -> str:
    """A target's name with the provider's own in place of an alias."""
    provider, _, model = name.partition("/")
    return f"{registry.name_of(provider)}/{model}"


def _merged(base: S_, tables: Sequence[_Table], label: str) -> S_:
    if not any(tables):
        return base
    values: dict[str, object] = msgspec.structs.asdict(base)
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(base))}
    for table in tables:
        for key in table:
            values |= {other: defaults[other] for other in _REPLACED.get(key, ())}
        values |= table
    try:
        return type(base)(**values)
    except ConfigError as error:
        where = f'[targets."{label}"]' if label[-1] != "/" else f"[providers.{label[:-1]}]"
        raise ConfigError(f"{where} {error}") from None


def _names(remaining: str | None, reset: str | None) -> HeaderNames | None:
    return None if remaining is None or reset is None else HeaderNames(remaining, reset)
