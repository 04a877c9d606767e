"""Scheme, host and port: what a credential is bound to, and when plain http is allowed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from msgspec import Struct

from fairlead.errors import ConfigError

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|(?:[\w-]+\.)*localhost", re.ASCII)
# curl and urllib disagree about these; an address that two parsers read differently is refused.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_SUSPECT = re.compile(r"[\\\s\x00-\x20\x7f]|[^\x00-\x7f]")


class Origin(Struct, frozen=True):
    """Where a request goes, without its path. `host` is lower case."""

    scheme: str
    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine, whatever a name server says."""
        return _LOOPBACK.fullmatch(self.host) is not None

    @property
    def insecure(self) -> bool:
        """Whether others could read along: plain http that leaves this machine."""
        return self.scheme == "http" and not self.loopback

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin_of(url: str) -> Origin:
    """The origin of an absolute `http` or `https` URL. Raises `ConfigError` for any other."""
    if _SUSPECT.search(url):
        raise ConfigError("a URL holds a space, a backslash or a character outside ASCII")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("a URL has a broken host or port") from None
    if parts.scheme not in _PORTS or not host:
        raise ConfigError("a URL must begin with https://host or http://host")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("a URL holds a user name or password; give the key as `key` instead")
    if port == 0 or not _HOST.fullmatch(host):
        raise ConfigError("a URL has a broken host or port")
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme])


def require_secure(origin: Origin, *, allow_insecure_http: bool) -> None:
    """Raises `ConfigError` for plain http to another machine, unless that is allowed."""
    if origin.insecure and not allow_insecure_http:
        raise ConfigError(insecure_reason(origin))


def insecure_reason(origin: Origin) -> str:
    """Why an insecure origin is refused, and what to do."""
    return (
        f"{origin} is plain http, which shows keys and prompts to the network; "
        "use https, or set allow_insecure_http = true"
    )
