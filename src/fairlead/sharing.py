"""Opens the store in which a client's limits are shared with other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.accounting import check_store, ledger_path
from fairlead.engine.limit_talk import LimitTalk
from fairlead.engine.shared_gates import SharedGates
from fairlead.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from fairlead.ports import LimitStore, Runtime
    from fairlead.settings import Settings
    from fairlead.settings.values import StoreSettings


def open_sharing(settings: Settings, runtime: Runtime, *, wanted: bool) -> SharedGates | None:
    """The shared gates of a client; None where no limit is shared.

    Raises `ConfigError` for a store that cannot be.
    """
    if not wanted:
        return None
    own = settings.store
    check_store(own)
    talk = LimitTalk(_store(own), runtime, replicas=own.replicas, when_down=own.limits_when_down)
    return SharedGates(talk)


def next_sharing(
    before: SharedGates | None,
    earlier: Settings,
    settings: Settings,
    runtime: Runtime,
    *,
    wanted: bool,
) -> SharedGates | None:
    """The same under new settings: those that there are, unless the store is another."""
    if before is not None and earlier.store == settings.store:
        return before
    return open_sharing(settings, runtime, wanted=wanted)


def limits_path(own: StoreSettings) -> Path:
    """The SQLite file of limits, beside the one of spending."""
    path = ledger_path(own)
    return path.with_name(f"{path.stem}-limits{path.suffix}")


def _store(own: StoreSettings) -> LimitStore:
    if own.kind == "memory":
        raise ConfigError(
            'rate_limits.shared: store.kind is "memory", which no other process can see; '
            'set it to "sqlite" or "redis"'
        )
    if own.kind == "redis":
        from fairlead.stores.redis_limits import RedisLimits

        if own.url is None:
            raise ConfigError('store.url is missing: where the Redis is, "redis://host:6379/0"')
        return RedisLimits(own.url, timeout=own.timeout, prefix=own.prefix)
    from fairlead.stores.sqlite_limits import SqliteLimits

    return SqliteLimits(limits_path(own), timeout=own.timeout)
