"""What can be set: one Struct per table of fairlead.toml, with the defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.cache import CachePolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Drain, Limits, Timeouts
from fairlead.types.http import REDACTED, HttpSettings
from fairlead.types.permits import LimitsWhenDown
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.routes import Route
from fairlead.types.spending import Period, Scope, StoreKind, Unpriced, WhenDown
from fairlead.types.targets import DialectName


class RetrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Retries of one call, and the share of all calls to a target that may be retries.

    `budget_percent` of the last minute's calls, but always `budget_floor` a minute.
    """

    max_retries: int = 3
    budget_percent: float = 20
    budget_floor: int = 10


class ProviderSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table `[providers.<name>]`: changes to a built-in provider, or an endpoint of your own.

    A key and a `base_url` in one table belong together; see docs/decisions/0005. `key_header` is
    the header that carries the key where it is not `Authorization: Bearer`. `key_keyring` is
    "service/user" in the system's keyring; `key_command` prints the key on its first line, and a
    string is split as a shell would. With `key_pool` all keys of the table are used in turn, each
    resting by itself where the provider limits it; otherwise the first that is there is the one.
    `timeouts`, in seconds, `rate_limits` and `breaker` stand above the general ones, key by key.
    `variables` are parts of the provider's address, such as a region. `prices` are your own, by the
    model's name or a pattern of it, in the terms of `fairlead.models.Rates`.
    """

    base_url: str | None = None
    if TYPE_CHECKING:
        key: Secret | str | None = None
    else:  # what is kept, and what files are read as, is a secret
        key: Secret | None = None
    key_env: tuple[str, ...] | str | None = None
    key_file: str | None = None
    key_keyring: str | None = None
    key_command: tuple[str, ...] | str | None = None
    key_header: str | None = None
    key_pool: bool = False
    dialect: DialectName | None = None
    headers: dict[str, str] = {}
    quirks: dict[str, str | bool | int | tuple[str, ...]] = {}
    variables: dict[str, str] = {}
    allow_insecure_http: bool = False
    timeouts: dict[str, float] = {}
    rate_limits: dict[str, int | float | str | bool] = {}
    breaker: dict[str, int | float | bool] = {}
    if TYPE_CHECKING:
        prices: Mapping[str, Mapping[str, Decimal | float | str]] = {}
    else:  # what is kept is exact
        prices: dict[str, dict[str, Decimal]] = {}

    def __post_init__(self) -> None:
        """A key given as plain text hides itself too. Raises `ConfigError` like `Secret`."""
        given = self.key
        if isinstance(given, str):
            force_setattr(self, "key", None)
            try:
                force_setattr(self, "key", Secret(given))
            finally:
                del given  # a traceback that shows local variables must show no key

    def __repr__(self) -> str:
        """The values of headers are hidden: who sets one here often sets a token."""
        shown = replace(self, headers=dict.fromkeys(self.headers, REDACTED))
        return Struct.__repr__(shown)

    @property
    def has_key(self) -> bool:
        """Whether the table says where its key comes from."""
        plain = self.key or self.key_env or self.key_file
        return bool(plain or self.key_keyring or self.key_command)


class TargetSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table `[targets."<provider>/<model>"]`; it stands above its provider's, key by key."""

    rate_limits: dict[str, int | float | str | bool] = {}
    breaker: dict[str, int | float | bool] = {}


class BudgetSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table `[budgets.<name>]`: at most `usd` dollars in each `per`, or in all where it is unset.

    `per` is `hour`, `day`, `week` or `month`, in UTC. `scope` says for whose calls: `account` for
    those within `fairlead.budget("<name>")`, `all` for every call, `user` for those of each `user=`
    by itself. A call whose price is not known is refused, or with `unpriced = "allow"` counted as
    nothing.
    """

    usd: float | str | None = None
    per: Period | None = None
    scope: Scope = "account"
    unpriced: Unpriced = "refuse"


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where spending is kept.

    `kind` is `memory` (this process), `sqlite` (this machine, in the file `path`, which also feeds
    `fairlead cost`) or `redis` (all who share the one at `url`, under keys that begin with
    `prefix`). Unset it is `sqlite` where the settings have budgets, else `memory`. A store that
    does not answer within `timeout` seconds is down: `when_down` says whether calls under a budget
    are then refused, or allowed and counted later.

    Limits with `shared` are kept in the same place. While it is down, `limits_when_down` says
    whether each process keeps to its own part of them, one of `replicas`, or sends nothing. With
    `redis`, `path` is the file in which this machine notes what it has spent, in case the Redis
    loses it.
    """

    kind: StoreKind | None = None
    path: str | None = None
    url: Secret | None = None
    prefix: str = "fairlead"
    timeout: float = 0.05
    when_down: WhenDown = "refuse"
    limits_when_down: LimitsWhenDown = "local"
    replicas: int = 1


class LoginSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table `[logins.<name>]`: the OAuth client of your own that `fairlead login` signs in with.

    `client_file` is the JSON that Google's console gives; `host` is GitHub's own of a company.
    """

    client_id: str | None = None
    client_file: str | None = None
    host: str | None = None


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the command line keeps between runs. With `keep = false` it is nothing.

    That is a log of calls for `fairlead stats`, see telemetry/journal.py, and with `conversation`
    the last conversation for `--continue`. `FAIRLEAD_LOG=off` is `keep = false`.
    """

    keep: bool = True
    conversation: bool = True

    @property
    def keeps_conversation(self) -> bool:
        """Whether the last conversation is kept."""
        return self.keep and self.conversation


class StreamSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a stream that its consumer leaves before the end.

    With `on_close = "estimate"` the connection is closed at once, and what the answer cost is
    estimated. With `drain` it is read on to the usage at its end, for at most `drain_seconds` and
    `drain_bytes`; a task that was cancelled does not wait for that.
    """

    on_close: Literal["estimate", "drain"] = "estimate"
    drain_seconds: float = 2.0
    drain_bytes: int = 256 << 10

    @property
    def drain(self) -> Drain | None:
        """How far to read on; None: not at all."""
        wanted = self.on_close == "drain"
        return Drain(self.drain_seconds, self.drain_bytes) if wanted else None


class ReloadSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a client that reads settings files looks whether they are others: every `interval`
    seconds, and only when a call begins. 0: never.
    """

    interval: float = 5.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set.

    `warnings` are sentences for the user, such as for a key in a file that others may read.
    `project_addresses` are the providers whose address a project's file names.
    """

    model: str | None = None
    unsupported: UnsupportedPolicy = "error"
    aliases: dict[str, str] = {}
    timeouts: Timeouts = Timeouts()
    retry: RetrySettings = RetrySettings()
    http: HttpSettings = HttpSettings()
    limits: Limits = Limits()
    rate_limits: RateLimits = RateLimits()
    breaker: BreakerPolicy = BreakerPolicy()
    cache: CachePolicy = CachePolicy()
    targets: dict[str, TargetSettings] = {}
    providers: dict[str, ProviderSettings] = {}
    logins: dict[str, LoginSettings] = {}
    log: LogSettings = LogSettings()
    reload: ReloadSettings = ReloadSettings()
    streams: StreamSettings = StreamSettings()
    budgets: dict[str, BudgetSettings] = {}
    store: StoreSettings = StoreSettings()
    routes: dict[str, Route] = {}
    warnings: tuple[str, ...] = ()
    project_addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises `ConfigError` for a table that is a plain dictionary, which only `load` takes."""
        for name, kind in TABLES.items():
            _check_table(name, getattr(self, name), kind)
        for name, kind in _NAMED_TABLES.items():
            for key, table in getattr(self, name).items():
                _check_table(f"{name}[{key!r}]", table, kind)

    @classmethod
    def load(
        cls,
        *,
        path: Path | str | None = None,
        environ: Mapping[str, str] = os.environ,
        cwd: Path | str | None = None,
        **overrides: object,
    ) -> Settings:
        """Settings from everywhere: arguments, `FAIRLEAD_*`, fairlead.toml, defaults.

        `path` names the one file to read in place of the project's and the user's. Raises
        `ConfigError` with file and key for anything that is unknown or of the wrong type.
        """
        from fairlead.auth.sources import Environment
        from fairlead.settings.load import argument_layer, load

        environment, arguments = Environment(environ), argument_layer(overrides)
        # A traceback that shows local variables must show no keys.
        del environ, overrides
        return load(
            arguments,
            environment,
            path=Path(path) if path else None,
            cwd=Path(cwd) if cwd else None,
        )

    def timeouts_for(self, provider: str) -> Timeouts:
        """The general timeouts with those of `[providers.<provider>]` above them."""
        table = self.providers.get(provider)
        return replace(self.timeouts, **table.timeouts) if table else self.timeouts

    def transport_http(self) -> HttpSettings:
        """`http` for the transport, which lets plain http through where any provider may use it.

        Addresses are judged one by one before that: by the registry, and by `post()`.
        """
        allowed = any(own.allow_insecure_http for own in self.providers.values())
        return replace(self.http, allow_insecure_http=True) if allowed else self.http


TABLES: dict[str, type[Struct]] = {
    "timeouts": Timeouts,
    "retry": RetrySettings,
    "http": HttpSettings,
    "limits": Limits,
    "rate_limits": RateLimits,
    "breaker": BreakerPolicy,
    "cache": CachePolicy,
    "log": LogSettings,
    "reload": ReloadSettings,
    "streams": StreamSettings,
    "store": StoreSettings,
}
_NAMED_TABLES: dict[str, type[Struct]] = {
    "targets": TargetSettings,
    "providers": ProviderSettings,
    "logins": LoginSettings,
    "budgets": BudgetSettings,
    "routes": Route,
}


def _check_table(name: str, table: object, kind: type[Struct]) -> None:
    if not isinstance(table, kind):
        raise ConfigError(
            f"{name} must be a {kind.__name__}, not a {type(table).__name__}; "
            "Settings.load(...) takes dictionaries"
        )
