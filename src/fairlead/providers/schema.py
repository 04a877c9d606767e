"""The vocabulary of a provider's TOML table. It is closed: unknown keys are refused.

Addresses and paths may hold words in braces: see `templates.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from fairlead.dialects.registry import CHAT_DIALECTS, COMPLETION_DIALECTS, OPERATION_DIALECTS
from fairlead.providers.cloud_files import CloudFile
from fairlead.types.targets import DialectName, Quirks

FOLDER = Path(__file__).parent
Kind = Literal["cloud", "gateway", "local", "embedded", "custom"]


class KeyVariable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An environment variable whose key is written in another way than the provider's others."""

    name: str
    kind: Literal["bearer", "header"]


class Auth(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a request is authorised, and which variables hold the key, first one first.

    `file` is tried after them; it is a path, or a variable that holds one, as in `$NAME`. An
    `optional` key is sent where there is one. `kind` beside `bearer`, `header` and `none` names a
    credential that is computed or renewed; `fallback` what is used where there is no key: tokens of
    Microsoft Entra, or the login to a service.
    """

    kind: Literal["bearer", "header", "none", "aws", "google", "copilot"] = "bearer"
    header: str = "authorization"
    env: tuple[str | KeyVariable, ...] = ()
    file: str | None = None
    optional: bool = False
    fallback: Literal["", "entra", "google", "openrouter"] = ""


class AddressVariable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An environment variable that may hold less than a whole base URL.

    `path` is added where the value has none, or completes it where it has only the beginning; with
    `below`, it is added to every value that does not end in it. `port` is added where the value has
    no scheme, only a host. `without` is a path that many write and that is taken off the end.
    """

    name: str
    path: str = ""
    below: bool = False
    without: str = ""
    port: int | None = None


class Variable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A word that stands as `{name}` in addresses and paths, such as a region or an account.

    The first variable of `env` that is set holds it, else the cloud's own `file` may tell it, else
    it is `default`; `[providers.<name>] variables` stand above all. What mentions a variable
    without a value cannot be used. `known` lists its values where they are few, and helps against
    typing errors: others are refused.

    With `of`, it follows from another variable instead: by its value in `values`, else `default`,
    which may mention that variable.
    """

    env: tuple[str, ...] = ()
    file: CloudFile | None = None
    default: str | None = None
    known: tuple[str, ...] = ()
    of: str | None = None
    values: dict[str, str] = {}


class Place(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where something is asked for, if not at the base URL.

    `base_path` stands in place of the base URL's own path, on the same host; `base_url` in place of
    all of it, and then keys go there too: only a table that ships with fairlead may say so.
    """

    base_path: str | None = None
    base_url: str | None = None


class Alternate(Place, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another dialect that a provider speaks for chat; the key of its table names the dialect.

    `path` is added to the base URL; unset, it is the dialect's. `stream_path` is that of streams
    where they have one of their own.
    """

    path: str | None = None
    stream_path: str | None = None
    quirks: Quirks = Quirks()
    headers: dict[str, str] = {}


class Route(Alternate, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one operation is asked for."""

    dialect: str


class Variant(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Other routes for some models (by the beginnings of their names) or some settings.

    It applies where a prefix of `models` fits, or none is given, and the variable `when`, if one is
    named, has a value. The first one that applies wins, operation by operation; of chat its
    `alternates` stand in place of the table's too.
    """

    models: tuple[str, ...] = ()
    when: str | None = None
    operations: dict[str, str | Route] = {}
    alternates: dict[DialectName, Alternate] = {}

    def __post_init__(self) -> None:
        check_dialects(self.operations)

    def applies(self, model: str, variables: Collection[str]) -> bool:
        """Whether it is about `model`; `variables` are the ones that have a value."""
        if self.when is not None and self.when not in variables:
            return False
        return not self.models or model.lower().startswith(tuple(p.lower() for p in self.models))


class Check(Place, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cheapest call that tests the connection, such as `GET /models`, and its JSON `body`.

    `tests_key` is false for a public one.
    """

    call: str
    body: dict[str, object] | None = None
    tests_key: bool = True


class Listing(Place, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where models are listed."""

    path: str


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
    `operations` may hold `infill`: completions that have a suffix, where they have their own route.
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
    models: str | Listing | None = None
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

    def __post_init__(self) -> None:
        check_dialects(self.operations)

    def routes(
        self, operation: str, model: str = "", variables: Collection[str] = ()
    ) -> tuple[Route, ...]:
        """The ways to ask for `operation` on `model`, the default one first; none if not offered.

        `variables` are the ones that have a value.
        """
        given, alternates, quirks = self.operations.get(operation), self.alternates, self.quirks
        for variant in self.variants:
            if operation in variant.operations and variant.applies(model, variables):
                given, alternates = variant.operations[operation], variant.alternates
                break
        if given is None:
            return ()
        if operation != "chat":
            return (Route(dialect=given) if isinstance(given, str) else given,)
        default = Route(dialect=given, quirks=quirks) if isinstance(given, str) else given
        others = [_route(n, a) for n, a in alternates.items() if n != default.dialect]
        return (default, *others)

    def places(self) -> Iterator[Place]:
        """Every place that the table names."""
        tables: list[ProviderTable | Variant] = [self, *self.variants]
        for table in tables:
            yield from (route for route in table.operations.values() if isinstance(route, Route))
            yield from table.alternates.values()
        yield from (place for place in (self.check, self.models) if isinstance(place, Place))


def table_of(name: str) -> ProviderTable:
    """The table of the built-in provider `name`."""
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=ProviderTable)


def check_dialects(operations: Mapping[str, str | Route]) -> None:
    """Raises `ValueError` for an operation or a dialect that there is not."""
    for operation, route in operations.items():
        known = _dialects_of(operation)
        name = route if isinstance(route, str) else route.dialect
        if name not in known:
            raise ValueError(f"there is no dialect {name!r} for {operation}: {', '.join(known)}")


def _dialects_of(operation: str) -> tuple[str, ...]:
    if operation == "chat":
        return CHAT_DIALECTS
    if operation in ("completion", "infill"):
        return COMPLETION_DIALECTS
    if operation not in OPERATION_DIALECTS:
        raise ValueError(f"there is no operation {operation!r}")
    return OPERATION_DIALECTS[operation]


def _route(dialect: DialectName, alternate: Alternate) -> Route:
    return Route(dialect=dialect, **structs.asdict(alternate))
