"""Where a provider's keys are looked for: in its table of the settings, or in its own variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.auth.api_key import BEARER, HeaderForm
from fairlead.auth.secret import Secret
from fairlead.auth.sources import FileSource, KeySource, ValueSource, VariableSource
from fairlead.providers.schema import KeyVariable

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.providers.schema import Auth
    from fairlead.settings import ProviderSettings

Source = tuple[KeySource, HeaderForm]
_CLOUDS = ("aws", "google")
"""Kinds whose variables are read by the cloud's own chain, but for those that hold a key."""


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


def own_sources(name: str, own: ProviderSettings, environment: Environment) -> list[KeySource]:
    """The settings' own sources: a value, variables, a file, the keyring, then a command.

    Raises `ConfigError` for a keyring entry or a command that cannot be.
    """
    found: list[KeySource] = []
    if isinstance(own.key, Secret):
        found.append(ValueSource(f"[providers.{name}] key", own.key))
    variables = (own.key_env,) if isinstance(own.key_env, str) else own.key_env or ()
    found += [VariableSource(variable, environment) for variable in variables]
    if own.key_file:
        found.append(FileSource(path_of(own.key_file, environment), own.key_file))
    if own.key_keyring:
        from fairlead.keys.keyring_source import keyring_source

        found.append(keyring_source(own.key_keyring))
    if own.key_command:
        from fairlead.keys.command_source import command_source

        found.append(command_source(own.key_command))
    return found


def names_of(own: ProviderSettings) -> list[str]:
    """What a table's sources are called in an error."""
    names = [own.key_env] if isinstance(own.key_env, str) else list(own.key_env or ())
    for key in ("key_file", "key_keyring", "key_command"):
        if getattr(own, key):
            names.append(own.key_file if key == "key_file" and own.key_file else key)
    return names


def table_sources(
    auth: Auth, form: HeaderForm, environment: Environment, *, with_file: bool
) -> list[Source]:
    """The sources of a provider's own table."""
    found: list[Source] = []
    for entry in auth.env:
        if isinstance(entry, KeyVariable):
            special = BEARER if entry.kind == "bearer" else HeaderForm(auth.header.lower())
            found.append((VariableSource(entry.name, environment), special))
        elif auth.kind not in _CLOUDS:
            found.append((VariableSource(entry, environment), form))
    if auth.file and with_file and (path := _named(auth.file, environment)):
        found.append((FileSource(path_of(path, environment), auth.file), form))
    return found


def path_of(text: str, environment: Environment) -> Path:
    """The path that `text` means; `~/` is the user's home."""
    return environment.home() / text[2:] if text.startswith("~/") else Path(text)


def _named(text: str, environment: Environment) -> str | None:
    """The path, or the one in a variable, written `$NAME`."""
    return environment.get(text[1:]) if text.startswith("$") else text
