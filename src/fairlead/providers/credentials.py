"""Which keys may go to which address: the rules of docs/decisions/0005.

Keys out of settings and variables are read, and those of clouds and logins fetched; the rules are
the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from fairlead.auth.api_key import BEARER, Credential, HeaderForm
from fairlead.auth.origin import origin_of
from fairlead.ports import Authorizer
from fairlead.providers.key_sources import (
    Source,
    form_of,
    names_of,
    own_sources,
    path_of,
    table_sources,
    variables_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fairlead.auth.origin import Origin
    from fairlead.auth.secret import Secret
    from fairlead.auth.sources import Environment, KeySource
    from fairlead.providers.endpoints import Endpoint
    from fairlead.providers.schema import ProviderTable
    from fairlead.providers.variables import Variables
    from fairlead.settings import ProviderSettings, Settings


class ProviderCredential(Authorizer, Protocol):
    """What a provider's credential can do beside authorising requests."""

    @property
    def source_names(self) -> tuple[str, ...]:
        """The names of all places where the credential is looked for, in order."""
        ...

    @property
    def broken_source(self) -> str | None:
        """The name of the place whose credential cannot be used, where it stands before any."""
        ...

    @property
    def required(self) -> bool:
        """Whether requests without it are refused."""
        ...

    def pin(self, reason: str) -> None:
        """Take no other key from now on: a stranger chose the address. `reason` is the error."""
        ...

    def rotate(self, new: str | Secret) -> None:
        """Use the key `new` from the next request on. Raises `ConfigError` where it cannot."""
        ...


def credential_for(
    name: str,
    table: ProviderTable,
    settings: Settings,
    endpoint: Endpoint,
    environment: Environment,
    variables: Variables,
) -> ProviderCredential | None:
    """The provider's credential, bound to the endpoint's origin; None where it takes no key."""
    own = settings.providers.get(name)
    sources, usual = _sources(name, table, own, endpoint, environment)
    if table.auth.kind == "none" and not sources:
        return None
    optional = table.auth.optional and not (own is not None and own.has_key)
    making = Making(
        name=name,
        table=table,
        settings=settings,
        endpoint=endpoint,
        environment=environment,
        variables=variables,
        sources=sources,
        form=form_of(table.auth, own),
        missing="" if optional else _missing(name, table, own, endpoint),
    )
    return making.usual() if usual else making.plain()


def _sources(
    name: str,
    table: ProviderTable,
    own: ProviderSettings | None,
    endpoint: Endpoint,
    environment: Environment,
) -> tuple[tuple[Source, ...], bool]:
    """Where the key is looked for, and whether that is what the provider's table says."""
    form = form_of(table.auth, own)
    if own is not None and own.has_key:
        if endpoint.moved and not own.base_url:
            return (), False
        return tuple((source, form) for source in own_sources(name, own, environment)), False
    if endpoint.moved and endpoint.given_by != "environment":
        return (), False
    found = table_sources(table.auth, form, environment, with_file=not endpoint.moved)
    return tuple(found), True


class Making(Struct, frozen=True, kw_only=True):
    """What a credential is made of."""

    name: str
    table: ProviderTable
    settings: Settings
    endpoint: Endpoint
    environment: Environment
    variables: Variables
    sources: tuple[Source, ...]
    form: HeaderForm
    missing: str

    def plain(self) -> ProviderCredential:
        """Keys alone; several of them in turn, where the settings say so.

        A key file of Google's is one of its credentials files.
        """
        own = self.settings.providers.get(self.name)
        if self.table.auth.kind == "google" and own is not None and own.key_file:
            return self._google(path_of(own.key_file, self.environment))
        if own is not None and own.key_pool and len(self.sources) > 1:
            from fairlead.auth.pool import pool_of

            return pool_of([self._keys((source,)) for source in self.sources])
        return self._keys(self.sources)

    def usual(self) -> ProviderCredential:
        """What the provider's table says: for most, keys."""
        match self.table.auth.kind, self.table.auth.fallback:
            case "aws", _:
                return self._aws()
            case "google", _:
                return self._google()
            case "copilot", _:
                return self._copilot()
            case _, "entra":
                return self._entra()
            case _, "":
                return self.plain()
            case _, login:
                return self._login(login)

    def _keys(self, sources: tuple[Source, ...]) -> Credential:
        from fairlead.auth.renewed_key import key_credential

        return key_credential(
            self.endpoint.origin,
            sources,
            form=self.form,
            missing=self.missing,
            further=self.further,
        )

    def _aws(self) -> ProviderCredential:
        from fairlead.keys.clouds import aws_credential

        return aws_credential(
            self.endpoint.origin,
            self.environment,
            region=self.variables.values.get("region", ""),
            api_keys=self.sources,
            missing=self.missing,
            further=self.further,
        )

    def _google(self, file: Path | None = None) -> ProviderCredential:
        """The file, or else Google's chain; a login stands above what that finds by itself."""
        from fairlead.keys.clouds import google_credential

        named = file is not None or any(map(self.environment.get, variables_of(self.table.auth)))
        return google_credential(
            self.endpoint.origin,
            self.environment,
            api_keys=() if named or self.endpoint.moved else self._google_login(),
            credentials_file=file,
            missing=self.missing,
            further=self.further,
        )

    def _google_login(self) -> tuple[Source, ...]:
        return ((self._login_source("google"), BEARER),)

    def _entra(self) -> ProviderCredential:
        from fairlead.keys.clouds import entra_credential

        return entra_credential(
            self.endpoint.origin,
            self.environment,
            api_keys=self.sources,
            form=self.form,
            missing=self.missing,
            further=self.further,
        )

    def _copilot(self) -> ProviderCredential:
        from fairlead.auth.github_copilot import copilot_credential
        from fairlead.auth.login_providers import GITHUB_HOST
        from fairlead.keys.editor_token import EditorTokenSource
        from fairlead.settings.logins import login_store

        login = self.settings.logins.get("github-copilot")
        host = (login.host if login is not None else None) or GITHUB_HOST
        moved = self.endpoint.moved
        return copilot_credential(
            self.endpoint.origin,
            None if moved else login_store(self.environment),
            sources=[source for source, _ in self.sources],
            after=() if moved else [EditorTokenSource(self.environment, host)],
            missing=self.missing,
            host=host,
            discover=not moved and self.endpoint.given_by == "table",
        )

    def _login(self, service: str) -> ProviderCredential:
        if self.endpoint.moved:
            return self.plain()  # a login is for its own service, whoever names another address
        return self._keys((*self.sources, (self._login_source(service), BEARER)))

    def _login_source(self, service: str) -> KeySource:
        from fairlead.auth.login_providers import login_service
        from fairlead.auth.login_source import LoginSource
        from fairlead.settings.logins import login_store

        return LoginSource(login_service(service), login_store(self.environment))

    @property
    def further(self) -> frozenset[Origin]:
        """The other hosts that a built-in table names, where the provider is at its usual one."""
        if self.endpoint.moved or self.endpoint.gap is not None:
            return frozenset()
        given = (place.base_url for place in self.table.places())
        known = (url for url in given if url and self.variables.gap_in(url) is None)
        return frozenset(origin_of(self.variables.fill(url)) for url in known)


def _missing(
    name: str, table: ProviderTable, own: ProviderSettings | None, endpoint: Endpoint
) -> str:
    """The sentence for a request without a key."""
    kept = own is not None and own.has_key and not own.base_url
    if endpoint.moved and (endpoint.given_by == "settings" or kept):
        return (
            f"{name}: its usual key is not sent to {endpoint.origin}, which {endpoint.source} "
            f"names; set key or key_env beside base_url in [providers.{name}]{_or_signed(table)}"
        )
    if own is not None and own.has_key:
        return f"{name}: there is no key; set {' or '.join(names_of(own))}"
    return f"{name}: there is no key; {advice_for(table)}"


def _or_signed(table: ProviderTable) -> str:
    """Key pairs have no place in the settings: they sign where the environment says so."""
    variables = [v if isinstance(v, str) else v.name for v in table.base_url_env]
    if table.auth.kind != "aws" or not variables:
        return ""
    return f", or for requests that are signed, put the address into {variables[0]} instead"


def advice_for(table: ProviderTable) -> str:
    """What to do for the usual key of a provider."""
    names = f"set {' or '.join(variables_of(table.auth))}"
    match table.auth.kind, table.auth.fallback:
        case "aws", _:
            return f"{names}, or sign in with aws login or aws configure"
        case "google", _:
            return f"{names}, or run gcloud auth application-default login or fairlead login google"
        case "copilot", _:
            return f"{names}, or run fairlead login github-copilot"
        case _, "entra":
            return f"{names}, or sign in with az login"
        case _, "":
            return names
        case _, login:
            return f"{names}, or run fairlead login {login}"
