"""What may be sent: URLs, methods and headers are checked before libcurl sees them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairlead.errors import InvalidRequest

if TYPE_CHECKING:
    from fairlead.types.http import HttpSettings

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_URL = re.compile(r"[\x21-\x7e]+")
_ORIGIN = re.compile(r"[^/?#]*//[^/?#]*")
AWS_ON_IPV6 = frozenset({"fd00:ec2::254", "fd00:ec2::23"})
"""AWS's own servers on a machine's link, which are not link-local in IPv6's sense."""
_OURS = frozenset({"content-length", "transfer-encoding", "expect", "connection", "upgrade", "te"})


def origin_of(url: str) -> str:
    """Scheme, host and port as they stand in `url`."""
    found = _ORIGIN.match(url)
    return found[0] if found else ""


def host_of(url: str) -> str:
    """Host and port, for messages: nothing else of a URL may be shown."""
    return origin_of(url).partition("://")[2].rpartition("@")[2] or "the host"


def check_url(url: str, settings: HttpSettings) -> bool:
    """Whether `url` is https. Raises `InvalidRequest` for one that must not be asked for."""
    if not _URL.fullmatch(url):
        raise InvalidRequest("the URL holds a space or a character that must be percent-encoded")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise InvalidRequest("the URL cannot be read; check its host and port") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidRequest("the URL must begin with https:// or http:// and name a host")
    if "@" in parts.netloc:
        raise InvalidRequest("the URL holds a user name or password; send credentials as a header")
    if parts.scheme == "http" and not (settings.allow_insecure_http or settings.unix_socket):
        _check_near(host)
    return parts.scheme == "https"


def _check_near(host: str) -> None:
    """This machine, or its own link, where clouds keep the servers of a machine's credentials.

    Addresses of providers are judged more strictly, before they come here.
    """
    if host == "localhost" or host in AWS_ON_IPV6:
        return
    try:
        address = ip_address(host)
        safe = address.is_loopback or address.is_link_local
    except ValueError:
        safe = False
    if not safe:
        raise InvalidRequest(
            f"http:// to {host} would send everything in the clear; use https://, or set "
            "allow_insecure_http"
        )


def check_method(method: str) -> None:
    if not _NAME.fullmatch(method):
        raise InvalidRequest("the method of a request must be one word")


def wants_events(headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether the request asks for an event stream."""
    return any("text/event-stream" in value for name, value in headers if name.lower() == "accept")


def header_lines(headers: tuple[tuple[str, str], ...]) -> list[bytes]:
    """Header lines for libcurl, with those that it would add by itself switched off."""
    lines = [b"Expect:"]
    typed = False
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise InvalidRequest("a header name is empty or holds a forbidden character")
        if not _VALUE.fullmatch(value):
            raise InvalidRequest(f"the value of header {name!r} holds a control character")
        lowered = name.lower()
        if lowered in _OURS:
            raise InvalidRequest(f"header {name!r} belongs to the transport; leave it out")
        typed = typed or lowered == "content-type"
        # libcurl reads "Name:" as "do not send it" and "Name;" as "send it empty"
        line = f"{name}: {value}" if value.strip() else f"{name};"
        try:
            lines.append(line.encode())
        except UnicodeEncodeError:
            raise InvalidRequest(f"the value of header {name!r} is not valid text") from None
    if not typed:
        lines.append(b"Content-Type:")
    return lines
