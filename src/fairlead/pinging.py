"""How long it takes to reach a provider, step by step, without a key: an answer of 401 is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import ConfigError, TransportError, UnknownProvider
from fairlead.types.pings import Ping, PingTry

if TYPE_CHECKING:
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings


def place_of(registry: Registry, name: str) -> tuple[str, str]:
    """What a provider, or a URL, is called and the address to ask. Raises `ConfigError`."""
    if "://" in name:
        return name, name
    try:
        provider = registry.get(name)
    except UnknownProvider as error:
        if "." not in name and ":" not in name:
            raise
        raise UnknownProvider(f"{error}; an address begins with https://") from None
    if provider.embedded:
        raise ConfigError(f"{provider.name} runs on this machine; there is no line to measure")
    check = provider.check
    if check is not None and check.method == "GET":
        return provider.name, check.url
    return provider.name, provider.endpoint.url("")


def ping(settings: Settings, name: str, url: str, *, tries: int) -> Ping:
    """Try `url` so often on new connections, then as often on one that stands.

    What goes wrong is told in the result. Raises `ConfigError` and `InvalidRequest` for an address
    that cannot be asked at all.
    """
    from fairlead.transports.curl.probe import Probe

    probe = Probe(url, settings.transport_http(), settings.timeouts)
    found: list[PingTry] = []
    try:
        for fresh in (True, False):
            found += [probe.attempt(fresh=fresh) for _ in range(tries)]
    except TransportError as error:
        return Ping(name, url, tuple(found), str(error))
    finally:
        probe.close()
    return Ping(name, url, tuple(found))
