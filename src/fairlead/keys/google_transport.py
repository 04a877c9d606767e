"""Google's library speaks HTTP through this: the standard library, without redirects or proxies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from fairlead.auth.metadata import near, secure_url
from fairlead.auth.origin import origin_of

_TIMEOUT = 10.0
_LARGEST = 1 << 20


class StandardResponse:
    """What google-auth reads of a response."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status = status
        self.headers = headers
        self.data = data


class StandardRequest:
    """Satisfies `google.auth.transport.Request`."""

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> StandardResponse:
        """Raises google-auth's `TransportError` where no answer came."""
        from google.auth import exceptions

        failure: Any = exceptions.TransportError  # google-auth is typed in part only

        if not near(origin_of(url)):
            secure_url(url, what="an address in the Google credentials file")
        data = body.encode() if isinstance(body, str) else body
        request = Request(url, data=data, headers=dict(headers or {}), method=method)
        opener = build_opener(ProxyHandler({}), _NoRedirects())
        try:
            with opener.open(request, timeout=min(timeout or _TIMEOUT, _TIMEOUT)) as answer:
                return StandardResponse(answer.status, dict(answer.headers), answer.read(_LARGEST))
        except HTTPError as error:
            with error:
                return StandardResponse(error.code, dict(error.headers), error.read(_LARGEST))
        except OSError as error:
            raise failure(type(error).__name__) from None


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry a token away."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
