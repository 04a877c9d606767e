"""Which keys may go to which address: the rules of docs/decisions/0005."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.auth.api_key import BEARER, Credential, HeaderForm
from fairlead.auth.sources import FileSource, KeySource, ValueSource, VariableSource

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.providers.endpoints import Endpoint
    from fairlead.providers.schema import Auth, ProviderTable
    from fairlead.settings import ProviderSettings

Source = tuple[KeySource, HeaderForm]


def credential_for(
    name: str,
    table: ProviderTable,
    own: ProviderSettings | None,
    endpoint: Endpoint,
    environment: Environment,
) -> Credential | None:
    """The provider's credential, bound to the endpoint's origin; None where it takes no key."""
    form = form_of(table.auth, own)
    sources: list[Source] = []
    if own is not None and own.has_key:
        if own.base_url or not endpoint.moved:
            sources = [(source, form) for source in _own_sources(name, own, environment)]
    elif not endpoint.moved or endpoint.given_by == "environment":
        sources = _table_sources(table.auth, form, environment, with_file=not endpoint.moved)
    if table.auth.kind == "none" and not sources:
        return None
    optional = table.auth.optional and not (own is not None and own.has_key)
    missing = "" if optional else _missing(name, table, own, endpoint)
    return Credential(endpoint.origin, tuple(sources), form=form, missing=missing)


def variables_of(auth: Auth) -> list[str]:
    """The names of the variables that may hold the key, in order."""
    return [entry if isinstance(entry, str) else entry.name for entry in auth.env]


def form_of(auth: Auth, own: ProviderSettings | None) -> HeaderForm:
    """The header that carries the key, and what stands before it."""
    if own is not None and own.key_header:
        return HeaderForm(own.key_header.lower())
    if auth.kind == "header":
        return HeaderForm(auth.header.lower())
    return BEARER


def _own_sources(name: str, own: ProviderSettings, environment: Environment) -> list[KeySource]:
    """The settings' own sources: a value, then variables, then a file."""
    found: list[KeySource] = []
    if own.key is not None:
        found.append(ValueSource(f"[providers.{name}] key", own.key))
    variables = (own.key_env,) if isinstance(own.key_env, str) else own.key_env or ()
    found += [VariableSource(variable, environment) for variable in variables]
    if own.key_file:
        found.append(FileSource(_path(own.key_file, environment), own.key_file))
    return found


def _table_sources(
    auth: Auth, form: HeaderForm, environment: Environment, *, with_file: bool
) -> list[Source]:
    found: list[Source] = []
    for entry in auth.env:
        if isinstance(entry, str):
            found.append((VariableSource(entry, environment), form))
        else:
            special = BEARER if entry.kind == "bearer" else HeaderForm(auth.header.lower())
            found.append((VariableSource(entry.name, environment), special))
    if auth.file and with_file:
        found.append((FileSource(_path(auth.file, environment), auth.file), form))
    return found


def _path(text: str, environment: Environment) -> Path:
    return environment.home() / text[2:] if text.startswith("~/") else Path(text)


def _missing(
    name: str, table: ProviderTable, own: ProviderSettings | None, endpoint: Endpoint
) -> str:
    """The sentence for a request without a key."""
    kept = own is not None and own.has_key and not own.base_url
    if endpoint.moved and (endpoint.given_by == "settings" or kept):
        return (
            f"{name}: its usual key is not sent to {endpoint.origin}, which {endpoint.source} "
            f"names; set key or key_env beside base_url in [providers.{name}]"
        )
    if own is not None and own.has_key:
        names = [own.key_env] if isinstance(own.key_env, str) else list(own.key_env or ())
        names += [own.key_file] if own.key_file else []
    else:
        names = variables_of(table.auth)
    return f"{name}: there is no key; set {' or '.join(names)}"
