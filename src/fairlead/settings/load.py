"""Brings the layers together: arguments over environment over project over user over defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.settings.check import PLAIN_KEYS, PREFIX, checked
from fairlead.settings.files import Layer, Trust, config_paths, read_layer, seal
from fairlead.settings.trust import check_budgets, check_prices, check_trust
from fairlead.settings.values import TABLES, Settings

_LOG = f"{PREFIX}LOG"
_WEIGHTS = f"{PREFIX}CACHE"
"""Where the embedded models lie: no slip of a key of `[cache]`."""
_SWITCH = {"off": "false", "on": "true"}
_PAIRED = ("key", "key_env", "key_file", "key_keyring", "key_command")

Tables = dict[str, object]


def load(
    arguments: Layer, environment: Environment, *, path: Path | None, cwd: Path | None
) -> Settings:
    """See `Settings.load`."""
    places = config_paths(environment, path=path, cwd=cwd)
    layers = [read_layer(place) for place in reversed(places) if place.required or place.exists]
    merged: Tables = {}
    warnings: list[str] = []
    addresses: dict[str, Trust] = {}
    for layer in (*layers, _environment_layer(environment), arguments):
        if layer.problem:
            raise ConfigError(f"{layer.source}: {layer.problem}")
        table = checked(layer)
        warnings += check_trust(layer, table)
        check_budgets(layer, table, merged)
        check_prices(layer, table, merged)
        _merge(merged, table)
        addresses |= dict.fromkeys(_addressed(table), layer.trust)
    merged["warnings"] = warnings
    merged["project_addresses"] = [n for n, trust in addresses.items() if trust == "project"]
    return msgspec.convert(merged, Settings)


def argument_layer(overrides: Mapping[str, object]) -> Layer:
    """What the caller gave: values, Structs or the tables that would say the same."""
    table = {key: _plain(value) for key, value in overrides.items()}
    return Layer("the arguments", "user", table, seal(table))


def _addressed(table: Tables) -> list[str]:
    """The providers that get an address here, or a part of one."""
    providers = cast("dict[str, Tables]", table.get("providers", {}))
    return [name for name, own in providers.items() if own.keys() & {"base_url", "variables"}]


def _merge(below: Tables, above: Tables) -> None:
    """Lay `above` over `below`, key by key within tables."""
    for key, value in above.items():
        if key == "providers":
            providers = cast("dict[str, Tables]", below.setdefault(key, {}))
            for name, own in cast("dict[str, Tables]", value).items():
                _merge_provider(providers.setdefault(name, {}), own)
        else:
            below[key] = _laid_over(below.get(key), value)


def _merge_provider(below: Tables, above: Tables) -> None:
    """A new address inherits nothing that was meant for the one below; a new key replaces all."""
    replaced: tuple[str, ...] = ()
    if "base_url" in above:
        replaced = (*_PAIRED, "headers", "allow_insecure_http", "prices")
    elif any(key in above for key in _PAIRED):
        replaced = _PAIRED
    for key in replaced:
        below.pop(key, None)
    for key, value in above.items():
        below[key] = _laid_over(below.get(key), value)


def _laid_over(below: object, above: object) -> object:
    """`above`, or what both say where they are tables."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **above}
    return above


def _environment_layer(environment: Environment) -> Layer:
    """`FAIRLEAD_MODEL`, `FAIRLEAD_TIMEOUTS_CONNECT` and so on: every key but aliases, providers."""
    known: dict[str, tuple[str, str]] = {f"{PREFIX}{key}".upper(): ("", key) for key in PLAIN_KEYS}
    for table, struct in TABLES.items():
        for field in struct.__struct_fields__:
            known[f"{PREFIX}{table}_{field}".upper()] = (table, field)
    known[_LOG] = ("log", "keep")
    names = [name for name in environment.names(PREFIX) if name != _WEIGHTS]
    # Before any value is read: a traceback that shows local variables must show no password.
    for name in names:
        if name not in known:
            _refuse_near_miss(name, tuple(known))
    found: Tables = {}
    for name in names:
        if name in known and (value := environment.get(name)):
            table, key = known[name]
            if name == _LOG:
                value = _SWITCH.get(value.lower(), value)
            place = cast("Tables", found.setdefault(table, {})) if table else found
            place[key] = value
    return Layer("the environment", "user", found, seal(found), from_text=True)


def _refuse_near_miss(name: str, known: tuple[str, ...]) -> None:
    """Other parts of the project read variables of their own; a slip of a known one is refused."""
    from difflib import get_close_matches

    nearest = get_close_matches(name, known, 1, 0.85)
    tables = tuple(f"{PREFIX}{table}_".upper() for table in TABLES)
    if nearest or name.startswith(tables):
        hint = nearest or get_close_matches(name, known, 1, 0)
        raise ConfigError(f"there is no variable {name}; did you mean {hint[0]}?")


def _plain(value: object) -> object:
    """A Struct as the table that would say the same; a `Secret` stays one."""
    if isinstance(value, Struct):
        items = ((field, getattr(value, field)) for field in value.__struct_fields__)
        return {field: _plain(item) for field, item in items if item is not None}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
