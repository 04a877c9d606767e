"""The errors of aiohttp in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    FairleadError,
    InvalidRequest,
    ProtocolError,
    ReadTimeout,
    TransportError,
)
from fairlead.transports.adapting import refused_by_proxy

if TYPE_CHECKING:
    from fairlead.transports.adapting import Sending


def no_response(sending: Sending) -> TransportError:
    """The deadline passed before a response began.

    Without a body to watch it is not known whether anything was sent: it counts as sent.
    """
    waited = sending.waited()
    if sending.request.body and not sending.began:
        return ConnectTimeout(f"no connection to {sending.host} within {waited:.3g} s")
    return ReadTimeout(
        f"{sending.host} sent no response within {waited:.3g} s",
        phase="first_event",
        sent=_was_sent(sending),
    )


def _was_sent(sending: Sending) -> bool:
    return sending.sent or not sending.request.body


def translated(error: Exception, sending: Sending) -> FairleadError | None:
    """The error in our words; None for one that is no business of HTTP.

    Nothing of the library's own text is quoted: it may hold the whole URL.
    """
    import aiohttp

    if isinstance(error, FairleadError):
        return error
    if sending.failure is not None:
        return sending.failure
    host = sending.host
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | UnicodeError):
        return InvalidRequest("the URL cannot be used; check its scheme, host and port")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectTimeout(f"no connection to {host} within the connect timeout")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return refused_by_proxy(host, str(error.status))
    if isinstance(error, aiohttp.ClientConnectorError):
        return _unconnected(error, host)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _untrusted(error.certificate_error, host)
    if isinstance(error, aiohttp.ClientError):
        return ProtocolError(f"{host}: {_reason(error)}", sent=_was_sent(sending))
    if isinstance(error, RuntimeError) and "closed" in str(error):
        return ConnectError(
            "the aiohttp session that the transport was given is closed; keep it open as long as "
            "the client that uses it",
            fatal=True,
        )
    return None


def _unconnected(error: Exception, host: str) -> ConnectError:
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _untrusted(error.certificate_error, host)
    return ConnectError(
        f"no connection to {host}: it was refused or nothing is there; check that a server runs"
    )


def _untrusted(error: Exception, host: str) -> ConnectError:
    detail = getattr(error, "verify_message", "") or "unknown"
    return ConnectError(
        f"no trusted connection to {host}: its certificate was not accepted ({detail}); nothing "
        "was sent",
        fatal=True,
    )


def _reason(error: Exception) -> str:
    import aiohttp

    if isinstance(error, aiohttp.ClientPayloadError):
        return "the response broke off before its end, or its compression is damaged"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the response breaks the rules of HTTP"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed without a response"
    return "the connection broke"
