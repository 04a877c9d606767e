"""Whether settings of connections can be used at all: found out before anything is sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError

if TYPE_CHECKING:
    from fairlead.types.http import HttpSettings

_PROXY = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^/@\s]*@)?(?:\[[^\]\s]+\]|[^/:@\s]+)(?::\d+)?/?"
)
_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_FILES = ("ca_file", "client_cert", "client_key")


def check_settings(settings: HttpSettings) -> None:
    """Raises `ConfigError` with the one thing to change. No value is told: it may be secret."""
    if settings.proxy is not None:
        if problem := _problem_of(settings.proxy):
            raise ConfigError(f"http.proxy{problem}")
        if settings.unix_socket is not None:
            raise ConfigError("http.proxy and http.unix_socket exclude each other; set one of them")
    if settings.client_key is not None and settings.client_cert is None:
        raise ConfigError("http.client_key is set without http.client_cert; set both")
    agent = settings.user_agent or ""
    if not (agent.isascii() and agent.isprintable()):
        raise ConfigError("http.user_agent holds a character that no header can carry; take it out")
    for field in _FILES:
        path: str | None = getattr(settings, field)
        if path is not None:
            _check_file(field, path)


def _problem_of(proxy: str) -> str:
    """What is wrong with a proxy; empty for nothing. A frame that raises must not hold it."""
    found = _PROXY.fullmatch(proxy)
    if found is None:
        return " cannot be read; write it as http://host:port"
    scheme = found[1]
    if scheme is not None and scheme.lower() not in _SCHEMES:
        return f": {scheme}:// is no kind of proxy; there are {', '.join(_SCHEMES)}"
    return ""


def _check_file(field: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise ConfigError(
            f"http.{field}: {path!r} cannot be read ({reason}); name a PEM file"
        ) from None
