"""Reading `https`, `http` and `file` addresses of package indexes, with the user's settings.

The standard library's client, and not our transport: an index may need a proxy, its own
certificates and redirects, none of which a provider's connection shares.
"""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from fairlead.errors import LocalModelError
from fairlead.local.index_settings import IndexSettings

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1"
USER_AGENT = "fairlead"

READ_ERRORS = (OSError, http.client.HTTPException, ValueError)
"""What opening or reading an address may raise; `URLError` and `TimeoutError` are `OSError`."""


class Response(Protocol):
    """What `Web.open` gives: bytes to read, headers, and the address after redirects."""

    @property
    def headers(self) -> http.client.HTTPMessage: ...
    @property
    def url(self) -> str: ...
    def read(self, amount: int, /) -> bytes: ...
    def close(self) -> None: ...


class Web:
    """Opens addresses. A password in an address goes to its origin only, and into no message."""

    def __init__(self, settings: IndexSettings) -> None:
        self._timeout = settings.timeout
        proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else None
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPSHandler(context=_tls(settings)),
        )

    def open(self, url: str) -> Response:
        """Raises one of `READ_ERRORS`."""
        request = urllib.request.Request(without_password(url))
        request.add_header("Accept", ACCEPT)
        request.add_header("Accept-Encoding", "identity")
        request.add_header("User-Agent", USER_AGENT)
        if authorization := _basic(url):
            # Unredirected: it must not follow to another host.
            request.add_unredirected_header("Authorization", authorization)
        try:
            response: Response = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            error.close()
            raise
        return response


def without_password(url: str) -> str:
    """`url` as it may be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is not valid"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_password_of(url: str, source: str) -> str:
    """`url` with the user and password of `source`, if both have the same origin."""
    parts, owner = urlsplit(url), urlsplit(source)
    own_host = owner.netloc.rpartition("@")[2]
    if (parts.scheme, parts.netloc) != (owner.scheme, own_host):
        return url
    return urlunsplit(parts._replace(netloc=owner.netloc))


def reason(error: Exception) -> str:
    """Why an address could not be read, in a few words and without the address."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "it makes no sense"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {getattr(cause, 'reason', None) or cause.strerror}"
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__


def _basic(url: str) -> str:
    parts = urlsplit(url)
    if not parts.username:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _tls(settings: IndexSettings) -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context()
    # Some interpreters know no certificates of their own; behind a company proxy only its own do.
    context.load_verify_locations(certifi.where())
    for path in settings.certificates:
        try:
            folder = Path(path).is_dir()
            context.load_verify_locations(
                capath=path if folder else None, cafile=None if folder else path
            )
        except OSError as error:
            raise LocalModelError(
                f"cannot read the certificates in {path} that pip is set to use ({reason(error)})"
            ) from error
    return context
