"""Which address a provider is reached at, who said so, and how whole URLs are made from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from fairlead.auth.origin import Origin, insecure_reason, origin_of
from fairlead.errors import ConfigError
from fairlead.providers.paths import paths_of
from fairlead.providers.schema import AddressVariable
from fairlead.providers.templates import words_of
from fairlead.providers.variables import Gap, Variables

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.providers.schema import ProviderTable
    from fairlead.settings import ProviderSettings

_HTTPS = 443
NO_VARIABLES = Variables()
_PORT = re.compile(r":\d+$")
# An address to listen on, which users give to clients too.
_UNSPECIFIED = re.compile(r"^(https?://)0\.0\.0\.0(?=[:/]|$)")
Giver = Literal["table", "environment", "settings"]
Given = tuple[Giver, str, str]
"""Who gives an address, what errors call that, and the address."""


class Endpoint(Struct, frozen=True):
    """A base URL without a final slash. `source` names who gave it, `usual` is the table's origin.

    `usual` is None for an endpoint of the user's own. `root` is what stands before the table's own
    path, such as that of a proxy. With a `gap` the address is not known: `base_url` and `origin`
    then hold the words in braces that are missing, and nothing is ever sent there.
    """

    base_url: str
    origin: Origin
    given_by: Giver
    source: str
    usual: Origin | None
    root: str
    gap: Gap | None = None

    @property
    def moved(self) -> bool:
        """Whether requests go to another origin than the provider's own."""
        return self.usual is not None and self.origin != self.usual

    def url(self, path: str, base_path: str | None = None) -> str:
        """The whole URL of `path`; `base_path` stands in place of the table's own path.

        Raises `ConfigError` where the address is not known.
        """
        if self.gap is not None:
            raise ConfigError(self.gap.sentence)
        if base_path is None:
            return (self.base_url + path) if path or self._has_path else f"{self.base_url}/"
        return f"{self.root}{base_path}{path}"

    @property
    def _has_path(self) -> bool:
        return self.base_url != str(self.origin)


def endpoint_for(
    name: str,
    table: ProviderTable,
    own: ProviderSettings | None,
    environment: Environment,
    variables: Variables = NO_VARIABLES,
    *,
    allow_insecure_http: bool,
    chosen_by_project: bool = False,
) -> Endpoint:
    """The address in use: of the settings, else of the environment, else of the table.

    `chosen_by_project` says that a project's file names an address or variables of the provider.
    Raises `ConfigError` for an address that is broken, or is plain http to another machine.
    """
    given_by, source, url = _given(name, table, own, environment)
    usual = _usual(table, variables)
    # An address of the settings is taken as it is written.
    gap = None if given_by == "settings" else variables.gap_in(url)
    if given_by == "table" and gap is not None:
        origin = _template_origin(url)
        return Endpoint(url, origin, given_by, source, usual, str(origin), _advised(gap, table))
    cleaned = _clean(url if given_by == "settings" else variables.known(url))
    # A broken address may hold a password: no frame of the error's traceback may.
    del url
    if isinstance(cleaned, str):
        raise ConfigError(f"{source}: {cleaned}")
    base_url, origin = cleaned
    if given_by != "table" and (path := _path_of_calls(base_url, table)):
        raise ConfigError(f"{source}: a base URL ends before {path}; leave that out")
    allowed = allow_insecure_http or (own is not None and own.allow_insecure_http)
    if origin.insecure and not allowed:
        raise ConfigError(f"{source}: {insecure_reason(origin)}")
    if given_by == "table" and chosen_by_project and _opened(table, variables):
        given_by, source = "settings", f"[providers.{name}] variables"
        usual = _template_origin(table.base_url)
    root = _root(base_url, origin, variables.known(table.base_url))
    return Endpoint(base_url, origin, given_by, source, usual, root, gap)


def _path_of_calls(base_url: str, table: ProviderTable) -> str | None:
    """The path of chats at the end of an address, where it would be added once more."""
    paths = (paths_of(route, "chat")[0] for route in table.routes("chat"))
    return next((path for path in paths if path and base_url.endswith(path)), None)


def _root(base_url: str, origin: Origin, usual: str) -> str:
    """`base_url` without the path of the usual one; the origin alone where it has another."""
    path = urlsplit(usual).path.rstrip("/")
    return base_url.removesuffix(path) if path and base_url.endswith(path) else str(origin)


def _given(
    name: str, table: ProviderTable, own: ProviderSettings | None, environment: Environment
) -> Given:
    if own is not None and own.base_url:
        return "settings", f"[providers.{name}] base_url", own.base_url
    return _from_environment(table, environment) or ("table", name, table.base_url)


def address_is_given(
    table: ProviderTable, own: ProviderSettings | None, environment: Environment
) -> bool:
    """Whether settings or environment say where the provider is."""
    if own is not None and own.base_url:
        return True
    return _from_environment(table, environment) is not None


def _usual(table: ProviderTable, variables: Variables) -> Origin | None:
    """The origin of the table. One that is not known differs from every address there is."""
    if not table.base_url:
        return None
    if variables.gap_in(table.base_url):
        return _template_origin(table.base_url)
    return origin_of(variables.fill(table.base_url))


def _template_origin(template: str) -> Origin:
    parts = urlsplit(template)
    return Origin(parts.scheme, parts.netloc, _HTTPS)


def _opened(table: ProviderTable, variables: Variables) -> bool:
    """Whether the settings choose a part of the host freely, and so whose host it is."""
    words = words_of(urlsplit(table.base_url).netloc)
    return any(w in variables.chosen and not table.variables[w].known for w in words)


def _advised(gap: Gap, table: ProviderTable) -> Gap:
    """The gap with the variables that would give the whole address."""
    names = [v if isinstance(v, str) else v.name for v in table.base_url_env]
    if not gap.missing or not names:
        return gap
    sentence = f"{gap.sentence}; or the whole address in {names[0]}"
    return Gap(sentence, f"{gap.remedy} or {names[0]}", missing=True)


def _from_environment(table: ProviderTable, environment: Environment) -> Given | None:
    for variable in table.base_url_env:
        spec = AddressVariable(name=variable) if isinstance(variable, str) else variable
        value = environment.get(spec.name)
        if value:
            return "environment", spec.name, _completed(value.strip(), spec)
    return None


def _completed(value: str, spec: AddressVariable) -> str:
    """`value` as a URL, with the scheme, port and path that the variable may leave out."""
    if "://" not in value and spec.port is not None:
        host, slash, path = value.partition("/")
        host = f"127.0.0.1{host}" if host.startswith(":") else host
        host = host if _PORT.search(host) else f"{host}:{spec.port}"
        value = f"http://{host}{slash}{path}"
    value = _UNSPECIFIED.sub(r"\g<1>127.0.0.1", value)
    if not spec.path and not spec.without:
        return value
    value = value.rstrip("/").removesuffix(spec.without)
    return _below(value, spec.path) if spec.below else _with_path(value, spec.path)


def _with_path(value: str, path: str) -> str:
    """`value` with `path`, or with what follows where it has the beginning: `/v1` of `/v1/x`."""
    own = value.partition("://")[2].partition("/")[2]
    own = f"/{own}" if own else ""
    return value + path.removeprefix(own) if f"{path}/".startswith(f"{own}/") else value


def _below(value: str, path: str) -> str:
    """`value` with as much of `path` as it does not end in yet."""
    parts = path.split("/")
    heads = ("/".join(parts[:count]) for count in range(len(parts), 1, -1))
    head = next((head for head in heads if value.endswith(head)), "")
    return value + path.removeprefix(head)


def _clean(url: str) -> tuple[str, Origin] | str:
    """The address in its plain form with its origin, or what is wrong with it."""
    try:
        origin = origin_of(url)
    except ConfigError as error:
        return str(error)
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        return "a base URL has no ? or # part"
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        return "a base URL has no . or .. in its path"
    return f"{origin}{parts.path.rstrip('/')}", origin
