"""Puts money into a client: its budgets, their store, and what its calls may cost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from fairlead.engine.budgets import check_name, limit_of
from fairlead.engine.ledger import Ledger, Rule
from fairlead.errors import ConfigError, InvalidRequest
from fairlead.models.advice import asked_of, is_paid, pricer_of
from fairlead.types.permits import LimitsWhenDown
from fairlead.types.spending import PERIODS, Scope, StoreKind, Unpriced, WhenDown

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.models.billing import Billing, Tariff
    from fairlead.policies.own_prices import OwnPrices
    from fairlead.ports import Codec, LedgerStore, Runtime
    from fairlead.providers.registry import Resolved
    from fairlead.settings import Settings
    from fairlead.settings.values import BudgetSettings, StoreSettings
    from fairlead.stores.journal import Journal

FILE_NAME = "ledger.db"
JOURNAL_NAME = "spent.db"
_LONGEST_TIMEOUT = 60
_WORDS: dict[str, tuple[str, ...]] = {
    "kind": get_args(StoreKind),
    "per": PERIODS,
    "scope": get_args(Scope),
    "unpriced": get_args(Unpriced),
    "when_down": get_args(WhenDown),
    "limits_when_down": get_args(LimitsWhenDown),
}
_CACHE_SIZE = 1024  # names may come from strangers
_FREE = ("embedded", "local")


def open_ledger(settings: Settings, runtime: Runtime) -> Ledger:
    """The ledger of a client. Raises `ConfigError` for budgets and stores that cannot be."""
    rules, own = _rules(settings), settings.store
    check_store(own)
    kind = store_kind(settings)
    return Ledger(_store(kind, own), runtime, rules=rules, when_down=own.when_down)


def next_ledger(before: Ledger, earlier: Settings, settings: Settings, runtime: Runtime) -> Ledger:
    """The ledger under new settings: of the same store, unless they name another.

    Raises like `open_ledger`.
    """
    if (earlier.store, store_kind(earlier)) != (settings.store, store_kind(settings)):
        return open_ledger(settings, runtime)
    return before.renewed(_rules(settings), settings.store.when_down)


def check_store(own: StoreSettings) -> None:
    """Raises `ConfigError` for what no store could keep to."""
    _check_words("store", own)
    if not 0 < own.timeout <= _LONGEST_TIMEOUT:
        raise ConfigError(
            f"store.timeout must be above 0 and at most {_LONGEST_TIMEOUT} seconds, "
            f"not {own.timeout:g}"
        )
    if own.path is not None and Path(own.path).name in ("", ".."):
        raise ConfigError(f"store.path must name a file, not {own.path!r}")
    if own.replicas < 1:
        raise ConfigError(f"store.replicas must be at least 1, not {own.replicas}")


def store_kind(settings: Settings) -> StoreKind:
    """Where spending is kept: as set, else on this machine as soon as there are budgets."""
    return settings.store.kind or ("sqlite" if settings.budgets else "memory")


def ledger_path(own: StoreSettings, environment: Environment | None = None) -> Path:
    """The SQLite file: as set, else in the folder where the platform keeps state."""
    from fairlead.auth.sources import Environment

    environment = environment or Environment(os.environ)
    if own.path is not None:
        path = Path(own.path)
        return environment.home() / path.relative_to("~") if path.parts[:1] == ("~",) else path
    return _state_folder(environment) / "fairlead" / FILE_NAME


def billing_of(
    resolved: Resolved | None, codec: Codec[Any, Any], options: Mapping[str, object]
) -> Billing | None:
    """What a request may cost; None where nobody is paid for it."""
    if resolved is not None and is_paid(resolved):
        target = resolved.target
        tariff = _tariff(target.provider, target.model, resolved.prices)
        return tariff.billing(asked_of(options), codec)
    if resolved is not None and resolved.provider.table.kind in _FREE:
        return None
    from fairlead.models.billing import Billing

    return Billing(None, None, codec)


@lru_cache(_CACHE_SIZE)
def _tariff(provider: str, model: str, own: OwnPrices | None) -> Tariff:
    from fairlead.models.billing import Tariff

    return Tariff(pricer_of(provider, model, own))


def _rules(settings: Settings) -> tuple[Rule, ...]:
    return tuple(_rule(name, own) for name, own in settings.budgets.items())


def _check_words(place: str, own: StoreSettings | BudgetSettings) -> None:
    """Settings that a program makes itself have been held against nothing before."""
    for field, words in _WORDS.items():
        given = getattr(own, field, None)
        if given is not None and given not in words:
            raise ConfigError(f"{place}.{field} must be one of {', '.join(words)}, not {given!r}")


def _rule(name: str, own: BudgetSettings) -> Rule:
    _check_words(f"budgets.{name}", own)
    try:
        check_name(name)
        if own.usd is None:
            raise InvalidRequest("usd is missing: the most that may be spent, in dollars")
        limit = limit_of(own.usd, "usd")
    except InvalidRequest as error:
        problem = str(error)
    else:
        return Rule(name, limit, own.per, own.scope, own.unpriced)
    raise ConfigError(f"budgets.{name}: {problem}")


def _store(kind: str, own: StoreSettings) -> LedgerStore:
    if kind == "sqlite":
        from fairlead.stores.sqlite import SqliteLedger

        return SqliteLedger(ledger_path(own), timeout=own.timeout)
    if kind == "redis":
        from fairlead.stores.redis import RedisLedger

        if own.url is None:
            raise ConfigError('store.url is missing: where the Redis is, "redis://host:6379/0"')
        journal = _journal(own)
        return RedisLedger(own.url, timeout=own.timeout, prefix=own.prefix, journal=journal)
    from fairlead.stores.memory import shared_ledger

    return cast("LedgerStore", shared_ledger())


def _journal(own: StoreSettings) -> Callable[[], Journal]:
    """What this machine has spent, in case the Redis loses it; in memory where no file can be.

    Raises `ConfigError` where the settings name a file that cannot.
    """
    from fairlead.stores.journal import Journal

    if own.path is not None:
        made = Journal(ledger_path(own), timeout=own.timeout)
        return lambda: made
    path = ledger_path(own).with_name(JOURNAL_NAME)

    def opened() -> Journal:
        try:
            return Journal(path, timeout=own.timeout)
        except ConfigError:
            return Journal()

    return opened


def _state_folder(environment: Environment) -> Path:
    home = environment.home()
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) if local else home / "AppData" / "Local"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    # The XDG specification says that a relative path is to be ignored.
    given = Path(environment.get("XDG_STATE_HOME") or "")
    return given if given.is_absolute() else home / ".local" / "state"
