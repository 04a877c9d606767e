"""Which address a provider is reached at, who said so, and how whole URLs are made from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from fairlead.auth.origin import Origin, insecure_reason, origin_of
from fairlead.errors import ConfigError
from fairlead.providers.schema import AddressVariable

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.providers.schema import ProviderTable
    from fairlead.settings import ProviderSettings

_PORT = re.compile(r":\d+$")
# An address to listen on, which users give to clients too.
_UNSPECIFIED = re.compile(r"^(https?://)0\.0\.0\.0(?=[:/]|$)")
Giver = Literal["table", "environment", "settings"]
Given = tuple[Giver, str, str]
"""Who gives an address, what errors call that, and the address."""
DEFAULT_PATHS = {
    "openai_chat": "/chat/completions",
    "openai_responses": "/responses",
    "anthropic_messages": "/v1/messages",
}
"""What a dialect adds to a base URL where no table says otherwise."""
DEFAULT_HEADERS = {"anthropic_messages": {"anthropic-version": "2023-06-01"}}


class Endpoint(Struct, frozen=True):
    """A base URL without a final slash. `source` names who gave it, `usual` is the table's origin.

    `usual` is None for an endpoint of the user's own.
    """

    base_url: str
    origin: Origin
    given_by: Giver
    source: str
    usual: Origin | None

    @property
    def moved(self) -> bool:
        """Whether requests go to another origin than the provider's own."""
        return self.usual is not None and self.origin != self.usual

    def url(self, path: str, base_path: str | None = None) -> str:
        """The whole URL of `path`; `base_path` stands in place of the base URL's path."""
        if base_path is None:
            return self.base_url + path
        return f"{self.origin}{base_path}{path}"


def endpoint_for(
    name: str,
    table: ProviderTable,
    own: ProviderSettings | None,
    environment: Environment,
    *,
    allow_insecure_http: bool,
) -> Endpoint:
    """The address in use: of the settings, else of the environment, else of the table.

    Raises `ConfigError` for one that is broken, or is plain http to another machine.
    """
    usual = origin_of(table.base_url) if table.base_url else None
    if own is not None and own.base_url:
        given: Given = ("settings", f"[providers.{name}] base_url", own.base_url)
    else:
        given = _from_environment(table, environment) or ("table", name, table.base_url)
    given_by, source, url = given
    cleaned = _clean(url)
    # A broken address may hold a password: no frame of the error's traceback may.
    del given, url
    if isinstance(cleaned, str):
        raise ConfigError(f"{source}: {cleaned}")
    base_url, origin = cleaned
    allowed = allow_insecure_http or (own is not None and own.allow_insecure_http)
    if origin.insecure and not allowed:
        raise ConfigError(f"{source}: {insecure_reason(origin)}")
    return Endpoint(base_url, origin, given_by, source, usual)


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
    if spec.path and "/" not in value.partition("://")[2].rstrip("/"):
        value = value.rstrip("/") + spec.path
    return value


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
