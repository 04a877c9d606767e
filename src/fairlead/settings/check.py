"""Holds one layer against the vocabulary: unknown keys, wrong types, values out of range.

Every layer is checked by itself, so that an error names its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_type_hints

import msgspec
from msgspec import Struct

from fairlead.errors import ConfigError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Timeouts
from fairlead.settings.files import Layer
from fairlead.settings.values import (
    TABLES,
    BudgetSettings,
    LoginSettings,
    ProviderSettings,
    Settings,
    TargetSettings,
)
from fairlead.settings.wording import in_plain_words
from fairlead.types.http import HTTP_GROUPS, HttpSettings
from fairlead.types.routes import Route
from fairlead.types.targets import Quirks

if TYPE_CHECKING:
    from decimal import Decimal

_INNER: dict[str, type[Struct]] = {
    "timeouts": Timeouts,
    "quirks": Quirks,
    "rate_limits": RateLimits,
    "breaker": BreakerPolicy,
}
"""Tables within those of a provider or a target."""
_FROM_ZERO = frozenset({"interval", "max_wait"})
PLAIN_KEYS = ("model", "unsupported")
PREFIX = "FAIRLEAD_"
"""What the names of our variables begin with: `FAIRLEAD_TIMEOUTS_CONNECT`."""
_KEYS = (*PLAIN_KEYS, "aliases", *TABLES, "providers", "targets", "logins", "routes", "budgets")
_ROUTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CURRENCY = re.compile(r"[A-Za-z]{3}|euros?|pounds?|yen|yuan|cents?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def checked(layer: Layer) -> dict[str, object]:
    """The layer's table with its values converted. Raises `ConfigError` with place and key."""
    found: dict[str, object] = {}
    for key, value in layer.table.items():
        if key in PLAIN_KEYS:
            hint = get_type_hints(Settings)[key]
            found[key] = _convert(layer, key, value, hint)
        elif key == "aliases":
            found[key] = _convert(layer, key, value, dict[str, str])
        elif key == "http":
            found[key] = _http(layer, value)
        elif key in TABLES:
            found[key] = _table(layer, key, value, TABLES[key])
        elif key == "providers":
            found[key] = _providers(layer, value)
        elif key == "targets":
            found[key] = _targets(layer, value)
        elif key == "logins":
            found[key] = _logins(layer, value)
        elif key == "routes":
            found[key] = _routes(layer, value)
        elif key == "budgets":
            found[key] = _budgets(layer, value)
        else:
            raise _unknown(layer, key, _KEYS)
    return found


def _table(layer: Layer, path: str, value: object, struct: type[Struct]) -> dict[str, object]:
    """The keys that are set, converted to the types of `struct`."""
    if not isinstance(value, dict):
        raise _refusal(layer, path, "must be a table")
    fields = get_type_hints(struct)
    found: dict[str, object] = {}
    for key, item in value.items():
        if key not in fields:
            raise _unknown(layer, f"{path}.{key}", tuple(fields))
        found[key] = _convert(layer, f"{path}.{key}", item, fields[key])
        least = 0 if path == "retry" or key in _FROM_ZERO else None
        _check_number(layer, f"{path}.{key}", found[key], least=least)
    return found


def _http(layer: Layer, value: object) -> dict[str, object]:
    """`[http]` with its inner tables, whose keys stand for fields of `HttpSettings`."""
    if not isinstance(value, dict):
        raise _refusal(layer, "http", "must be a table")
    plain = {key: item for key, item in value.items() if key not in HTTP_GROUPS}
    found = _table(layer, "http", plain, HttpSettings)
    for group, fields in HTTP_GROUPS.items():
        for key, item in _inner(layer, f"http.{group}", value.get(group, {})).items():
            path = f"http.{group}.{key}"
            if key not in fields:
                raise _unknown(layer, path, tuple(fields))
            field = fields[key]
            if field in found:
                raise _refusal(layer, path, f"is set as http.{field} too; keep one of them")
            found[field] = _convert(layer, path, item, get_type_hints(HttpSettings)[field])
            _check_number(layer, path, found[field], least=None)
    return found


def _inner(layer: Layer, path: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _refusal(layer, path, "must be a table")
    return value


def _named(layer: Layer, table: str, value: object) -> dict[str, dict[str, object]]:
    """The tables of `table`, each under a name of the user's choice."""
    name = '"<provider>/<model>"' if table == "targets" else "<name>"
    form = f"[{table}.{name}]"
    if not isinstance(value, dict):
        raise _refusal(layer, table, f"must be tables {form}")
    for key, own in value.items():
        if not isinstance(own, dict):
            raise _refusal(layer, f"{table}.{key}", f"must be a table; write {form} above it")
    return value


def _providers(layer: Layer, value: object) -> dict[str, dict[str, object]]:
    own_of = _named(layer, "providers", value)
    return {name: _provider(layer, name, own) for name, own in own_of.items()}


def _logins(layer: Layer, value: object) -> dict[str, dict[str, object]]:
    own_of = _named(layer, "logins", value)
    return {n: _table(layer, f"logins.{n}", own, LoginSettings) for n, own in own_of.items()}


def _routes(layer: Layer, value: object) -> dict[str, dict[str, object]]:
    own_of = _named(layer, "routes", value)
    return {name: _route(layer, f"routes.{name}", name, own) for name, own in own_of.items()}


def _route(layer: Layer, path: str, name: str, value: object) -> dict[str, object]:
    if not _ROUTE_NAME.fullmatch(name):
        raise _refusal(layer, path, "use letters, digits, -, _ and . for a route's name")
    own = _table(layer, path, value, Route)
    problem = msgspec.convert({"targets": (), **own}, Route).problem
    if problem is not None:
        raise _refusal(layer, path, problem)
    return own


def _budgets(layer: Layer, value: object) -> dict[str, dict[str, object]]:
    own_of = _named(layer, "budgets", value)
    for name, own in own_of.items():
        for key in own:
            if _CURRENCY.fullmatch(key) and key not in BudgetSettings.__struct_fields__:
                raise _refusal(layer, f"budgets.{name}.{key}", "budgets are in dollars; set usd")
    return {n: _table(layer, f"budgets.{n}", own, BudgetSettings) for n, own in own_of.items()}


def _provider(layer: Layer, name: str, value: dict[str, object]) -> dict[str, object]:
    path = f"providers.{name}"
    plain = {key: item for key, item in value.items() if key != "prices"}
    own = _with_inner(layer, path, _table(layer, path, plain, ProviderSettings))
    if "prices" in value:
        own["prices"] = _prices(layer, name, value["prices"])
    headers = own.get("headers")
    for field, text in headers.items() if isinstance(headers, dict) else ():
        _check_header(layer, f"{path}.headers.{field}", field, text)
    if isinstance(header := own.get("key_header"), str) and not _HEADER_NAME.fullmatch(header):
        raise _refusal(layer, f"{path}.key_header", "is no header name")
    return own


def _prices(layer: Layer, provider: str, value: object) -> dict[str, dict[str, Decimal]]:
    from fairlead.policies.own_prices import OwnPrices

    try:
        return OwnPrices(provider, value).tables
    except ConfigError as error:
        problem = str(error)
    raise ConfigError(f"{layer.source}: {_one_line(problem)}")


def _targets(layer: Layer, value: object) -> dict[str, dict[str, object]]:
    own_of = _named(layer, "targets", value)
    return {name: _target(layer, f'targets."{name}"', name, own) for name, own in own_of.items()}


def _target(layer: Layer, path: str, name: str, value: object) -> dict[str, object]:
    if not all(name.partition("/")):
        raise _refusal(layer, path, "write a target as provider/model")
    return _with_inner(layer, path, _table(layer, path, value, TargetSettings))


def _with_inner(layer: Layer, path: str, own: dict[str, object]) -> dict[str, object]:
    for key in own.keys() & _INNER:
        own[key] = _table(layer, f"{path}.{key}", own[key], _INNER[key])
    return own


def _check_header(layer: Layer, path: str, name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise _refusal(layer, path, "is no header name")
    if not (value.isascii() and value.isprintable()):
        raise _refusal(layer, path, "holds a character no header can carry")


def _check_number(layer: Layer, path: str, value: object, *, least: float | None) -> None:
    """Durations and sizes are above zero, counts at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    fits = value > 0 if least is None else value >= least  # false for nan too
    if not fits:
        bound = "above 0" if least is None else f"at least {least:g}"
        raise _refusal(layer, path, f"must be {bound}, not {value}")


def _convert(layer: Layer, path: str, value: object, kind: object) -> object:
    try:
        return msgspec.convert(value, kind, strict=not layer.from_text)
    except msgspec.ValidationError as error:
        text, _, inner = str(error).partition(" - at `$")
    inner = inner.rstrip("`").replace("[...]", "")
    raise _refusal(layer, f"{path}{inner}", in_plain_words(text, kind))


def _unknown(layer: Layer, path: str, known: tuple[str, ...]) -> ConfigError:
    from difflib import get_close_matches

    key = path.rpartition(".")[2]
    nearest = get_close_matches(key, known, 1, 0.6)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}"
    return _refusal(layer, path, f"there is no such key; {hint}")


def _refusal(layer: Layer, path: str, text: str) -> ConfigError:
    """The error in one line, whatever a file calls its keys and holds for values."""
    place = f"{PREFIX}{path}".upper().replace(".", "_") if layer.from_text else path
    return ConfigError(f"{layer.source}: {_one_line(f'{place}: {text}')}")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
