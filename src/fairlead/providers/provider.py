"""A provider as it stands: its table, with what the settings and the environment change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fairlead.auth.api_key import Credential, HeaderForm
from fairlead.errors import ConfigError, ProviderRetired, UnsupportedFeature
from fairlead.providers.credentials import credential_for, form_of
from fairlead.providers.endpoints import DEFAULT_HEADERS, DEFAULT_PATHS, Endpoint, endpoint_for
from fairlead.providers.schema import Alternate, Auth, Check, ProviderTable, Route
from fairlead.types.targets import Quirks, Target

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.ports import Timeouts
    from fairlead.settings import ProviderSettings, Settings

_PINNED = (
    "{name}: the project's fairlead.toml sends it to {origin}; "
    "name that address in your own settings file before you give it a key"
)


class CheckCall(Struct, frozen=True):
    """The cheapest call to a provider; `tests_key` is false where it works without a key too."""

    method: str
    url: str
    tests_key: bool


class Provider(Struct, frozen=True, kw_only=True):
    """Everything about one provider. `headers` go with every request to it.

    `credential` is None where the provider takes no key, and for the embedded one.
    """

    name: str
    table: ProviderTable
    endpoint: Endpoint
    credential: Credential | None
    timeouts: Timeouts
    headers: tuple[tuple[str, str], ...]
    own: ProviderSettings | None = None

    def __repr__(self) -> str:
        return f"Provider({self.name!r}, {str(self.endpoint.origin)!r})"

    @property
    def title(self) -> str:
        return self.table.title

    @property
    def semconv(self) -> str:
        """The provider's name in OpenTelemetry's conventions, its own where they have none."""
        return self.table.semconv or self.name

    @property
    def embedded(self) -> bool:
        """Whether the local server serves it, at an address that is known once it runs."""
        return self.table.kind == "embedded"

    @property
    def key_form(self) -> HeaderForm:
        """The header that carries the provider's key."""
        return form_of(self.table.auth, self.own)

    @property
    def retired(self) -> bool:
        """Whether the service has shut down, and no address of the user's stands in for it."""
        return self.table.status == "retired" and self.endpoint.given_by != "settings"

    @property
    def check(self) -> CheckCall | None:
        """The call that tests the connection; None where only a chat would."""
        given = self.table.check
        if given is None:
            return None
        check = Check(call=given) if isinstance(given, str) else given
        method, _, path = check.call.partition(" ")
        return CheckCall(method, self.endpoint.url(path, check.base_path), check.tests_key)

    @property
    def models_url(self) -> str | None:
        """Where the provider lists its models; None where it does not."""
        return None if self.table.models is None else self.endpoint.url(self.table.models)

    @property
    def dialects(self) -> tuple[str, ...]:
        """The dialects for chat, the default one first."""
        return tuple(route.dialect for route in self.table.routes("chat"))

    def target(self, model: str, operation: str, dialect: str | None) -> Target:
        """Where a request for `model` goes. Raises `ProviderRetired` or `UnsupportedFeature`."""
        if self.retired:
            raise ProviderRetired(
                f"{self.title} was shut down on {self.table.retired}; {self.table.successor}"
            )
        route = self._route(operation, dialect)
        path = DEFAULT_PATHS[route.dialect] if route.path is None else route.path
        headers = DEFAULT_HEADERS.get(route.dialect, {}) | route.headers | dict(self.headers)
        return Target(
            provider=self.name,
            model=model,
            operation=operation,
            dialect=route.dialect,
            url=self.endpoint.url(path, route.base_path),
            quirks=self._quirks(route.quirks),
            headers=tuple(headers.items()),
        )

    def _route(self, operation: str, dialect: str | None) -> Route:
        routes = self.table.routes(operation)
        if not routes:
            offered = ", ".join(self.table.operations)
            raise UnsupportedFeature(operation, self.name, f"it offers {offered}")
        wanted = dialect or (self.own.dialect if self.own is not None else None)
        for route in routes:
            if wanted in (None, route.dialect):
                return route
        offered = ", ".join(route.dialect for route in routes)
        raise UnsupportedFeature(f"the dialect {wanted}", self.name, f"it speaks {offered}")

    def _quirks(self, quirks: Quirks) -> Quirks:
        if self.own is None or not self.own.quirks:
            return quirks
        return msgspec.convert(msgspec.to_builtins(quirks) | self.own.quirks, Quirks)


def provider_of(
    name: str, table: ProviderTable, settings: Settings, environment: Environment
) -> Provider:
    """The provider `name` under these settings. Raises `ConfigError` for a broken address."""
    own = settings.providers.get(name)
    if table.kind == "embedded" and own is not None and (own.base_url or own.has_key):
        raise ConfigError(
            f"[providers.{name}] takes no address and no key: it runs in here; "
            "choose another name for an endpoint of your own"
        )
    endpoint = endpoint_for(
        name, table, own, environment, allow_insecure_http=settings.http.allow_insecure_http
    )
    credential = None
    if table.kind != "embedded":
        credential = credential_for(name, table, own, endpoint, environment)
        if credential is not None and name in settings.project_addresses:
            credential.pin(_PINNED.format(name=name, origin=endpoint.origin))
    return Provider(
        name=name,
        table=table,
        endpoint=endpoint,
        credential=credential,
        timeouts=settings.timeouts_for(name),
        headers=_headers(table, own, endpoint, environment),
        own=own,
    )


def custom_table(name: str, own: ProviderSettings) -> ProviderTable:
    """The table of an endpoint that only the settings know. Raises `ConfigError` without a URL."""
    if not own.base_url:
        raise ConfigError(f"[providers.{name}] needs a base_url")
    dialect = own.dialect or "openai_chat"
    messages = dialect == "anthropic_messages"
    return ProviderTable(
        title=name,
        kind="custom",
        auth=Auth(kind="header", header="x-api-key", optional=True)
        if messages
        else Auth(optional=True),
        check="GET /v1/models" if messages else "GET /models",
        models="/v1/models" if messages else "/models",
        headers=DEFAULT_HEADERS.get(dialect, {}),
        operations={"chat": dialect},
        alternates={
            "openai_chat": Alternate(),
            "openai_responses": Alternate(),
            "anthropic_messages": Alternate(),
        },
    )


def _headers(
    table: ProviderTable,
    own: ProviderSettings | None,
    endpoint: Endpoint,
    environment: Environment,
) -> tuple[tuple[str, str], ...]:
    """The table's headers, those that variables fill, then the settings' own."""
    found = dict(table.headers)
    if endpoint.given_by != "settings":
        for header, variables in table.header_env.items():
            values = (environment.get(variable) for variable in variables)
            value = next((value for value in values if value), None)
            if value:
                found[header] = value
    if own is not None:
        found.update(own.headers)
    return tuple((header.lower(), value) for header, value in found.items())
