"""libcurl's error codes in our words. A message names the host and never the rest of a URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    FairleadError,
    InvalidRequest,
    ProtocolError,
)
from fairlead.transports.curl.request import host_of

if TYPE_CHECKING:
    from fairlead.transports.curl.slot import Slot

_HTTP2_STREAM = 92  # CURLE_HTTP2_STREAM, which pycurl has no name for
_TOO_LARGE = 100  # CURLE_TOO_LARGE, likewise
_TOO_MUCH = "ENHANCE_YOUR_CALM"
_PROXY_AUTHENTICATION = 407
_REFUSED = 300

_CERTIFICATE = {
    pycurl.E_PEER_FAILED_VERIFICATION: "its certificate was not accepted",
    pycurl.E_SSL_CACERT_BADFILE: "the file of trusted certificates cannot be read",
    pycurl.E_SSL_CERTPROBLEM: "the client certificate cannot be used",
    pycurl.E_SSL_CIPHER: "no TLS cipher is shared",
    pycurl.E_SSL_ISSUER_ERROR: "its certificate's issuer was not accepted",
}
_UNCONNECTED = {
    pycurl.E_COULDNT_RESOLVE_HOST: "its name cannot be resolved; check the address and the network",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the proxy's name cannot be resolved; check the proxy",
    pycurl.E_COULDNT_CONNECT: "it was refused or nothing is there; check that a server runs",
    pycurl.E_SSL_CONNECT_ERROR: "the TLS handshake failed; where plain HTTP is spoken, use http://",
    pycurl.E_OUT_OF_MEMORY: "memory or file descriptors have run out",
}
_BROKEN = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "what came back is not HTTP",
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "what came back is not HTTP",
    pycurl.E_GOT_NOTHING: "the connection was closed without a response",
    pycurl.E_PARTIAL_FILE: "the response broke off before its end",
    pycurl.E_SEND_ERROR: "the connection broke while the request was sent",
    pycurl.E_RECV_ERROR: "the connection broke while the response was read",
    pycurl.E_BAD_CONTENT_ENCODING: "the response's compression is damaged or unknown",
    pycurl.E_HTTP2: "the HTTP/2 connection failed",
    _HTTP2_STREAM: "the HTTP/2 stream was reset",
    pycurl.E_ABORTED_BY_CALLBACK: "two connections in a row broke without a response",
    _TOO_LARGE: "the response has too many headers",
    pycurl.E_WRITE_ERROR: "the response breaks the rules of HTTP",
}


@contextmanager
def creating() -> Iterator[None]:
    """Around the making of handles and pollers, which fails when the system has no more."""
    try:
        yield
    except (OSError, pycurl.error):
        raise exhausted() from None


def exhausted() -> ConnectError:
    """The system has no more of what a connection needs."""
    return ConnectError("no connection can be made: memory or file descriptors have run out")


def translate(slot: Slot, code: int, detail: str) -> FairleadError:
    """The error for libcurl's `code`; must be called while the handle still holds its facts."""
    exchange = slot.exchange
    host = host_of(exchange.request.url) if exchange is not None else "the host"
    if exchange is not None and not exchange.status:
        slot.doubt()
    if slot.sends == 0:
        return _unsent(slot, code, detail, host)
    size = exchange.request.size if exchange is not None else 0
    uploaded = slot.easy.getinfo(pycurl.SIZE_UPLOAD_T)
    if _TOO_MUCH in detail:
        calm = ProtocolError(f"{host}: the server wants fewer requests", sent=uploaded >= size)
        calm.retry_class = "throttle"
        return calm
    reason = _BROKEN.get(code, "the connection failed")
    return ProtocolError(f"{host}: {reason} (curl {code})", sent=uploaded >= size)


def _unsent(slot: Slot, code: int, detail: str, host: str) -> FairleadError:
    proxied = slot.easy.getinfo(pycurl.USED_PROXY)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        way = " through the proxy" if proxied else ""
        return ConnectTimeout(f"no connection to {host}{way} within the connect timeout")
    if code in (pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL):
        return InvalidRequest("the URL cannot be used; check its scheme, host and port")
    if code in _CERTIFICATE:
        # only here is libcurl's own text quoted: it names the host and what is wrong with it
        return ConnectError(
            f"no trusted connection to {host}: {_CERTIFICATE[code]} ({detail}); nothing was sent",
            fatal=True,
        )
    tunnel = slot.easy.getinfo(pycurl.HTTP_CONNECTCODE)
    if tunnel == _PROXY_AUTHENTICATION:
        return ConnectError(
            f"no connection to {host}: the proxy wants a user name and password; put the right "
            "ones into its address, as http://user:password@host:port",
            fatal=True,
        )
    if tunnel >= _REFUSED:
        return ConnectError(
            f"no connection to {host}: the proxy answered {tunnel}; check whether it may go there"
        )
    if proxied and code == pycurl.E_COULDNT_CONNECT:
        reason = "the proxy refused it or is not there; check the proxy's address"
    else:
        reason = _UNCONNECTED.get(code, "the connection failed before anything was sent")
    return ConnectError(f"no connection to {host}: {reason} (curl {code})")
