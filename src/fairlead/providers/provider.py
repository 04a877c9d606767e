"""A provider as it stands: its table, with what the settings and the environment change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fairlead.errors import ConfigError, ProviderRetired, UnsupportedFeature
from fairlead.providers.credentials import credential_for
from fairlead.providers.endpoints import Endpoint, address_is_given, endpoint_for
from fairlead.providers.key_sources import form_of
from fairlead.providers.paths import headers_of, paths_of
from fairlead.providers.schema import Check, Listing, Place, ProviderTable, Route
from fairlead.providers.templates import filled, model_word
from fairlead.providers.variables import Variables, variables_of_table
from fairlead.types.targets import Quirks, Target

if TYPE_CHECKING:
    from fairlead.auth.api_key import HeaderForm
    from fairlead.auth.sources import Environment
    from fairlead.ports import Timeouts
    from fairlead.providers.credentials import ProviderCredential
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
    body: dict[str, object] | None = None


class Provider(Struct, frozen=True, kw_only=True):
    """Everything about one provider. `headers` go with every request to it.

    `credential` is None where the provider takes no key, and for the embedded one.
    """

    name: str
    table: ProviderTable
    endpoint: Endpoint
    variables: Variables
    credential: ProviderCredential | None
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
        """The call that tests the connection; None where only a chat would.

        Raises `ConfigError` where the address is not known.
        """
        given = self.table.check
        check = Check(call=given) if isinstance(given, str) else given
        if check is None or self._absent(check):
            return None
        method, _, path = check.call.partition(" ")
        return CheckCall(method, self._url(path, check, ""), check.tests_key, check.body)

    @property
    def models_url(self) -> str | None:
        """Where the provider lists its models; None where it does not.

        Raises `ConfigError` where the address is not known.
        """
        given = self.table.models
        listing = Listing(path=given) if isinstance(given, str) else given
        if listing is None or self._absent(listing):
            return None
        return self._url(listing.path, listing, "")

    @property
    def dialects(self) -> tuple[str, ...]:
        """The dialects for chat, the default one first."""
        routes = self.table.routes("chat", "", self.variables.values)
        return tuple(route.dialect for route in routes)

    @property
    def operations(self) -> tuple[str, ...]:
        """What can be asked for, such as `chat` and `embeddings`."""
        return tuple(name for name in self.table.operations if name != "infill")

    def bare_target(self) -> Target:
        """The provider's address, with no model in view. Raises `ProviderRetired`."""
        self._require_active()
        url = self.endpoint.url("")
        model = self.table.default_model or "-"
        return Target(provider=self.name, model=model, operation="", dialect="", url=url)

    def target(self, model: str, operation: str, dialect: str | None) -> Target:
        """Where a request for `model` goes.

        `infill` is a completion that has a suffix. Raises `ProviderRetired`, `UnsupportedFeature`,
        or `ConfigError` where the address is not known.
        """
        self._require_active()
        route = self._route(model, operation, dialect)
        path, stream_path = paths_of(route, operation)
        headers = headers_of(route) | dict(self.headers)
        return Target(
            provider=self.name,
            model=model,
            operation="completion" if operation == "infill" else operation,
            dialect=route.dialect,
            url=self._url(path, route, model),
            quirks=self._quirks(route.quirks),
            headers=tuple(headers.items()),
            stream_url=None if stream_path is None else self._url(stream_path, route, model),
        )

    def _require_active(self) -> None:
        if self.retired:
            raise ProviderRetired(
                f"{self.title} was shut down on {self.table.retired}; {self.table.successor}"
            )

    def _route(self, model: str, operation: str, dialect: str | None) -> Route:
        routes = self.table.routes(operation, model, self.variables.values)
        if not routes and operation == "infill":
            operation = "completion"
            routes = self.table.routes(operation, model, self.variables.values)
        if not routes:
            raise UnsupportedFeature(operation, self.name, self._instead(operation))
        wanted = dialect
        if wanted is None and operation == "chat" and self.own is not None:
            wanted = self.own.dialect
        for route in routes:
            if wanted in (None, route.dialect):
                return self._here(route, operation)
        spoken = ", ".join(route.dialect for route in routes)
        raise UnsupportedFeature(f"the dialect {wanted}", self.name, f"it speaks {spoken}")

    def _instead(self, operation: str) -> str:
        """What can be asked for here, and who else offers `operation`."""
        from fairlead.providers.offers import offering

        hint = f"it offers {', '.join(self.operations)}"
        others = ", ".join(offering(operation))
        return f"{hint}; {operation} is offered by {others}" if others else hint

    def _here(self, route: Route, operation: str) -> Route:
        if self._elsewhere(route):
            raise UnsupportedFeature(
                operation,
                str(self.endpoint.origin),
                f"{self.name} has it on another host, so leave base_url out for it",
            )
        return route

    def _elsewhere(self, place: Place) -> bool:
        """Whether it lies on another host of a provider whose address the user has changed."""
        return place.base_url is not None and self.endpoint.moved

    def _absent(self, place: Place) -> bool:
        """Whether the address that the user has chosen does not lead there."""
        unknown = self.variables.gap_in(place.base_path or "") is not None
        return self._elsewhere(place) or (unknown and self.endpoint.moved)

    def _url(self, path: str, place: Place, model: str) -> str:
        """The whole URL, filled in. Raises `ConfigError` for what is not known."""
        if place.base_url is None:
            url = self.endpoint.url(self._filled(path, model), self._base(place.base_path, model))
        else:
            url = self._filled(place.base_url + path, model)
        return url

    def _base(self, base_path: str | None, model: str) -> str | None:
        return None if base_path is None else self._filled(base_path, model)

    def _filled(self, template: str, model: str) -> str:
        if "{" not in template:
            return template
        gap = self.variables.gap_in(template)
        if gap is not None:
            raise ConfigError(gap.sentence)
        values = self.variables.values
        return filled(template, lambda word: model_word(word, model) or values[word])

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
    any_value = address_is_given(table, own, environment)
    variables = variables_of_table(name, table, own, environment, any_value=any_value)
    endpoint = endpoint_for(
        name,
        table,
        own,
        environment,
        variables,
        allow_insecure_http=settings.http.allow_insecure_http,
        chosen_by_project=name in settings.project_addresses,
    )
    return Provider(
        name=name,
        table=table,
        endpoint=endpoint,
        variables=variables,
        credential=_credential(name, table, settings, endpoint, environment, variables),
        timeouts=settings.timeouts_for(name),
        headers=_headers(table, own, endpoint, environment),
        own=own,
    )


def _credential(
    name: str,
    table: ProviderTable,
    settings: Settings,
    endpoint: Endpoint,
    environment: Environment,
    variables: Variables,
) -> ProviderCredential | None:
    """The credential; one for an address of a project's takes no other key."""
    if table.kind == "embedded":
        return None
    found = credential_for(name, table, settings, endpoint, environment, variables)
    theirs = name in settings.project_addresses and endpoint.given_by == "settings"
    if found is not None and theirs:
        found.pin(_PINNED.format(name=name, origin=endpoint.origin))
    return found


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
