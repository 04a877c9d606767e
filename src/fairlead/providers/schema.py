"""The vocabulary of a provider's TOML table. It is closed: unknown keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from fairlead.types.targets import DialectName, Quirks

Kind = Literal["cloud", "gateway", "local", "embedded", "custom"]


class KeyVariable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An environment variable whose key is written in another way than the provider's others."""

    name: str
    kind: Literal["bearer", "header"]


class Auth(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a key is written and which variables hold it, first one first.

    `file` is tried after them. An `optional` key is sent where there is one.
    """

    kind: Literal["bearer", "header", "none"] = "bearer"
    header: str = "authorization"
    env: tuple[str | KeyVariable, ...] = ()
    file: str | None = None
    optional: bool = False


class AddressVariable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An environment variable that may hold less than a whole base URL.

    `path` is added where the value has none; `port` where it has no scheme, only a host.
    """

    name: str
    path: str = ""
    port: int | None = None


class Variable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A word that stands as `{name}` in addresses and paths, such as a region or an account.

    The first variable of `env` that is set holds it, else it is `default`; `[providers.<name>]
    variables` stand above both. Without any, the provider cannot be used. `known` lists its values
    where they are few, and helps against typing errors: others are refused.
    """

    env: tuple[str, ...] = ()
    default: str | None = None
    optional: bool = False
    known: tuple[str, ...] = ()


class Route(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one operation is asked for. `path` is added to the base URL; unset, it is the dialect's.

    `{model}` in a path is the percent-encoded model, other words are the table's variables.
    `stream_path` is that of streams where they have one of their own. `base_path` stands in place
    of the base URL's own path, on the same host; `base_url` in place of all of it, and then keys
    go there too: only a table that ships with fairlead may say so.
    """

    dialect: str
    path: str | None = None
    stream_path: str | None = None
    base_path: str | None = None
    base_url: str | None = None
    quirks: Quirks = Quirks()
    headers: dict[str, str] = {}


class Alternate(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another dialect that a provider speaks for chat; the key of its table names the dialect."""

    path: str | None = None
    stream_path: str | None = None
    base_path: str | None = None
    quirks: Quirks = Quirks()
    headers: dict[str, str] = {}


class Variant(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Other routes for some models (by the beginnings of their names) or some settings.

    It applies where a prefix of `models` fits, or none is given, and the variable `when`, if one is
    named, has a value. The first one that applies wins, operation by operation.
    """

    models: tuple[str, ...] = ()
    when: str | None = None
    operations: dict[str, Route] = {}


class Check(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cheapest call that tests the connection; `tests_key` is false for a public one."""

    call: str
    base_path: str | None = None
    tests_key: bool = True


class RateLimitHeaders(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The response headers that tell what is left, in lower case."""

    limit_requests: str | None = None
    remaining_requests: str | None = None
    reset_requests: str | None = None
    limit_tokens: str | None = None
    remaining_tokens: str | None = None
    reset_tokens: str | None = None


class ProviderTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One provider. `quirks` are those of the default chat dialect; an alternate has its own.

    `semconv` is the provider's name in OpenTelemetry's conventions, `header_env` maps headers to
    the variables that fill them, `model_prefixes` are the bare model names that mean this provider.
    A retired provider keeps its name: `retired` is the date, `successor` what to do instead.
    """

    title: str
    kind: Kind = "cloud"
    aliases: tuple[str, ...] = ()
    semconv: str = ""
    docs: str = ""
    status: Literal["active", "retired"] = "active"
    retired: str = ""
    successor: str = ""
    base_url: str = ""
    base_url_env: tuple[str | AddressVariable, ...] = ()
    auth: Auth = Auth()
    check: str | Check | None = None
    models: str | None = None
    variables: dict[str, Variable] = {}
    operations: dict[str, str | Route] = {}
    variants: tuple[Variant, ...] = ()
    alternates: dict[DialectName, Alternate] = {}
    quirks: Quirks = Quirks()
    headers: dict[str, str] = {}
    header_env: dict[str, tuple[str, ...]] = {}
    rate_limit_headers: RateLimitHeaders = RateLimitHeaders()
    request_id_header: str | None = None
    model_prefixes: tuple[str, ...] = ()
    default_model: str | None = None

    def routes(self, operation: str) -> tuple[Route, ...]:
        """The ways to ask for `operation`, the default one first; none where it is not offered."""
        given = self.operations.get(operation)
        if given is None:
            return ()
        default = Route(dialect=given, quirks=self.quirks) if isinstance(given, str) else given
        if operation != "chat":
            return (default,)
        others = [_route(n, a) for n, a in self.alternates.items() if n != default.dialect]
        return (default, *others)


def table_of(name: str) -> ProviderTable:
    """The table of the built-in provider `name`."""
    path = Path(__file__).with_name(f"{name}.toml")
    return msgspec.toml.decode(path.read_bytes(), type=ProviderTable)


def _route(dialect: DialectName, alternate: Alternate) -> Route:
    return Route(
        dialect=dialect,
        path=alternate.path,
        stream_path=alternate.stream_path,
        base_path=alternate.base_path,
        quirks=alternate.quirks,
        headers=alternate.headers,
    )
