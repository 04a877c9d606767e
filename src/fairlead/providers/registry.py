"""Finds providers by name and turns model strings into targets. Tables are read when asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fairlead.auth.api_key import Credential
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, ValueSource
from fairlead.errors import ConfigError, UnknownModel, UnknownProvider
from fairlead.providers.custom import custom_table
from fairlead.providers.index import ALIASES, MODEL_PREFIXES, NAMES
from fairlead.providers.model_names import Split, check_model, folded, splits
from fairlead.providers.provider import Provider, provider_of
from fairlead.providers.routes import check_routes
from fairlead.providers.schema import table_of
from fairlead.providers.states import state_of
from fairlead.types.targets import Target

if TYPE_CHECKING:
    from fairlead.policies.own_prices import OwnPrices
    from fairlead.providers.credentials import ProviderCredential
    from fairlead.settings import ProviderSettings, Settings

_CUSTOM_NAME = re.compile(r"[a-z0-9][a-z0-9_.]*")
_CACHE_SIZE = 1024  # model strings may come from strangers
_OF_CREDENTIALS = (
    "base_url",
    "key",
    "key_env",
    "key_file",
    "key_keyring",
    "key_command",
    "key_header",
    "key_pool",
    "variables",
    "allow_insecure_http",
)


class Resolved(Struct, frozen=True):
    """Where a model string leads. `credential` is None where no key is ever sent.

    `prices` are the user's own for the provider's models.
    """

    target: Target
    provider: Provider
    credential: ProviderCredential | None
    prices: OwnPrices | None = None

    def located(self, base_url: str, key: str | Secret) -> Resolved:
        """The same on the embedded server that runs at `base_url`, whose path is left out."""
        origin = origin_of(base_url)
        path = self.target.url.removeprefix(str(self.provider.endpoint.origin))
        secret = key if isinstance(key, Secret) else Secret(key)
        source = (ValueSource("local server", secret), self.provider.key_form)
        target = replace(self.target, url=f"{origin}{path}")
        return replace(self, target=target, credential=Credential(origin, (source,)))


class Registry:
    """All providers, built in or of the user's own. Safe to share between threads.

    A provider's address is read once, its key at every request.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] = os.environ,
        before: Registry | None = None,
    ) -> None:
        """`before` is that of earlier settings: what they say no different is taken from it."""
        self._environment = Environment(environ)
        del environ  # a traceback that shows local variables must show no keys
        self._settings = replace(
            settings,
            providers=_by_canonical_name(settings),
            project_addresses=tuple(_canonical(n) for n in settings.project_addresses),
        )
        check_routes(settings)
        self._custom = [n for n in self._settings.providers if n not in NAMES]
        for name in self._custom:
            self._check_custom(name)
        self._prices = _own_prices(self._settings)
        self._before = None if before is None else before._loaded()
        self._providers: dict[str, Provider] = {}
        self._resolved: dict[tuple[str, str, str | None], Resolved] = {}
        self._lock = Lock()

    def names(self) -> tuple[str, ...]:
        """The names of all providers, sorted."""
        return tuple(sorted((*NAMES, *self._custom)))

    def get(self, name: str) -> Provider:
        """The provider called `name`, or by one of its aliases, in any case.

        Raises `UnknownProvider` with the nearest names, `ConfigError` for a broken address.
        """
        found = self.name_of(name)
        with self._lock:
            provider = self._providers.get(found)
            if provider is None:
                provider = self._providers[found] = self._load(found)
        return provider

    def name_of(self, name: str) -> str:
        """The provider's own name, for that or an alias in any case; nothing of it is read.

        Raises `UnknownProvider` with the nearest names.
        """
        found = self._known(name)
        if found is None:
            raise UnknownProvider(f"there is no provider {name!r}{self._nearest(name)}")
        return found

    def resolve(
        self, model: str, *, operation: str = "chat", dialect: str | None = None
    ) -> Resolved:
        """The target of `model`: `provider/model`, `provider:model`, an alias or a bare name.

        Raises `InvalidRequest` for a malformed name, `UnknownProvider` or `UnknownModel` with the
        nearest names, `ProviderRetired` with the successor, `UnsupportedFeature` for an operation
        or dialect that the provider does not offer.
        """
        key = (model, operation, dialect)
        resolved = self._resolved.get(key)
        if resolved is None:
            resolved = self._resolve(model, operation, dialect)
            if len(self._resolved) >= _CACHE_SIZE:
                self._resolved.clear()
            self._resolved[key] = resolved
        return resolved

    def prices(self) -> Mapping[str, OwnPrices]:
        """The user's own prices by provider, under its own name."""
        return self._prices

    def state(self, name: str) -> str:
        """In a few words, whether the provider can be used: `ready (GROQ_API_KEY)` and the like."""
        return state_of(self.get(name))

    def _resolve(self, model: str, operation: str, dialect: str | None) -> Resolved:
        split = self._split(self._unaliased(model))
        provider = self.get(split.provider)
        name = split.model or provider.table.default_model
        if not name and not provider.retired:
            raise UnknownModel(f"{model!r} names no model; write {provider.name}/<model>")
        target = provider.target(name or "", operation, dialect)
        return Resolved(target, provider, provider.credential, self._prices.get(provider.name))

    def _unaliased(self, model: str) -> str:
        seen = [model]
        check_model(model)
        while (model := self._settings.aliases.get(seen[-1], "")) != "":
            check_model(model)
            if model in seen:
                raise ConfigError(f"the alias {seen[0]!r} leads back to itself")
            seen.append(model)
        route = self._settings.routes.get(seen[-1])
        # Where one target is asked for, as for a dry run, a route stands for its first.
        return seen[-1] if route is None else self._unaliased(route.entries[0].model)

    def _split(self, model: str) -> Split:
        cuts = splits(model)
        for cut in cuts:
            if self._known(cut.provider):
                return cut
        if not cuts and self._known(model):
            return Split(model, "")
        if "://" in model:
            raise UnknownProvider(
                f"{model!r} is an address; give it as base_url in a table [providers.<name>] of "
                "the settings, and ask <name>/<model>"
            )
        if cuts:
            raise UnknownProvider(
                f"there is no provider {cuts[0].provider!r}{self._nearest(cuts[0].provider)}"
            )
        return Split(self._provider_of_bare(model), model)

    def _provider_of_bare(self, model: str) -> str:
        lower = model.lower()
        matches = [prefix for prefix in MODEL_PREFIXES if lower.startswith(prefix)]
        if not matches:
            own = (*self._settings.aliases, *self._settings.routes)
            hint = self._nearest(model, [*own, *MODEL_PREFIXES, *self.names()])
            raise UnknownModel(f"which provider serves {model!r}? write provider/model{hint}")
        owners = MODEL_PREFIXES[max(matches, key=len)]
        if len(owners) > 1:
            choices = ", ".join(f"{owner}/{model}" for owner in owners)
            raise UnknownModel(f"several providers serve {model!r}; write one of {choices}")
        return owners[0]

    def _known(self, name: str) -> str | None:
        name = _canonical(name)
        return name if name in NAMES or name in self._custom else None

    def _nearest(self, name: str, among: list[str] | None = None) -> str:
        from difflib import get_close_matches

        among = among or [*self.names(), *ALIASES]
        found = get_close_matches(folded(name), among, 3, 0.6)
        shown = [f"{near}..." if near in MODEL_PREFIXES else near for near in found]
        return f"; did you mean {' or '.join(shown)}?" if found else ""

    def _check_custom(self, name: str) -> None:
        if not _CUSTOM_NAME.fullmatch(name):
            raise ConfigError(f"[providers]: {name!r}: use letters, digits, - and _ for a name")
        if not self._settings.providers[name].base_url:
            hint = self._nearest(name, [*NAMES, *ALIASES])
            raise ConfigError(
                f"[providers.{name}] is no built-in provider and has no base_url{hint}"
            )

    def _load(self, name: str) -> Provider:
        own = self._settings.providers.get(name)
        table = table_of(name) if name in NAMES else None
        if own is not None and (table is None or (table.status == "retired" and own.base_url)):
            table = custom_table(name, own)
        assert table is not None  # every name is built in or in the settings
        found = provider_of(name, table, self._settings, self._environment)
        before = None if self._before is None else self._before.get(name)
        if before is None or before[1] != self._credential_settings(name):
            return found
        same = before[0].endpoint == found.endpoint
        # The object that is in use knows the tokens it has got and the keys that rest.
        return replace(found, credential=before[0].credential) if same else found

    def loaded(self) -> tuple[Provider, ...]:
        """The providers that were asked for so far."""
        return tuple(self._providers.values())

    def _loaded(self) -> dict[str, tuple[Provider, object]]:
        with self._lock:
            found = tuple(self._providers.items())
        return {name: (own, self._credential_settings(name)) for name, own in found}

    def _credential_settings(self, name: str) -> object:
        """Whatever in the settings the provider's credential depends on."""
        own, settings = self._settings.providers.get(name), self._settings
        given = None if own is None else [getattr(own, key) for key in _OF_CREDENTIALS]
        chosen = name in settings.project_addresses, settings.http.allow_insecure_http
        return given, chosen, settings.logins


def _by_canonical_name(settings: Settings) -> dict[str, ProviderSettings]:
    found: dict[str, ProviderSettings] = {}
    for given, own in settings.providers.items():
        name = _canonical(given)
        if name in found:
            raise ConfigError(f"two tables [providers.*] are about {name}; keep one")
        found[name] = own
    return found


def _own_prices(settings: Settings) -> dict[str, OwnPrices]:
    priced = {name: own.prices for name, own in settings.providers.items() if own.prices}
    if not priced:
        return {}
    from fairlead.policies.own_prices import OwnPrices

    return {name: OwnPrices(name, prices) for name, prices in priced.items()}


def _canonical(name: str) -> str:
    name = folded(name)
    return ALIASES.get(name, name)
