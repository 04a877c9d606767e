"""Servers that a machine or container asks for its own credentials: near, and over plain http.

Nobody stands in between, so plain http is right there, and nowhere else.
"""

from __future__ import annotations

from ipaddress import ip_address

from fairlead.auth.origin import Origin, origin_of
from fairlead.errors import ConfigError

_AWS_ON_IPV6 = frozenset({"fd00:ec2::254", "fd00:ec2::23"})


def near(origin: Origin) -> bool:
    """Whether the host is this machine or on its own link, told by its address alone."""
    if origin.loopback or origin.host in _AWS_ON_IPV6:
        return True
    try:
        address = ip_address(origin.host)
    except ValueError:
        return False
    return address.is_link_local


def near_url(url: str, *, what: str) -> str:
    """`url`, whose place is named by `what`. Raises `ConfigError` for one that leaves the link."""
    try:
        origin = origin_of(url)
    except ConfigError as error:
        problem = str(error)
    else:
        if near(origin):
            return url
        problem = "it may only name this machine or a link-local address"
    raise ConfigError(f"{what} cannot be used: {problem}")


def secure_url(url: str, *, what: str) -> str:
    """`url`, which gets a credential. Raises `ConfigError` unless it is https or this machine."""
    try:
        origin = origin_of(url)
    except ConfigError as error:
        problem = str(error)
    else:
        if not origin.insecure:
            return url
        problem = "it must begin with https://"
    raise ConfigError(f"{what} cannot be used: {problem}")
