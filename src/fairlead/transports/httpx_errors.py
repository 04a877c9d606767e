"""The errors of httpx and httpx2 in our words, and what their traces tell of an exchange.

The two have the same names; which of them is in use is known by the client that was given.
"""

from __future__ import annotations

import ssl
from time import monotonic
from typing import TYPE_CHECKING

from fairlead.errors import (
    ConfigError,
    ConnectError,
    ConnectTimeout,
    FairleadError,
    InvalidRequest,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
    TransportError,
)
from fairlead.transports.adapting import refused_by_proxy

if TYPE_CHECKING:
    from fairlead.transports.adapting import Sending

_CONNECTED = (
    "connection.connect_tcp.complete",
    "connection.connect_unix_socket.complete",
    "connection.start_tls.complete",
)
_CONNECTING = ("connection.connect_tcp.started", "connection.connect_unix_socket.started")


class Progress:
    """How far one exchange has come, told by the library's `trace` extension.

    `stream` is the network stream of a connection that was opened for it.
    """

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self.connecting = False
        self.carried = False
        self.stream: object = None

    def note(self, name: str, info: dict[str, object]) -> None:
        """For a blocking client. Raises `ConfigError` before anything is sent over HTTP/2.

        The library's threads mix up what they write to one connection, and one that waits for its
        answer keeps the others from reading theirs.
        """
        if name.startswith("http2."):
            raise ConfigError(
                "a blocking client of httpx2 or httpx cannot share an HTTP/2 connection among "
                "threads; make it without http2, or use AsyncClient with an asynchronous one"
            )
        self._note(name, info)

    async def note_async(self, name: str, info: dict[str, object]) -> None:
        """For an asynchronous one."""
        self._note(name, info)

    def _note(self, name: str, info: dict[str, object]) -> None:
        if name in _CONNECTING:
            self._placed()
            self.connecting = True
        elif name in _CONNECTED:
            self.stream = info.get("return_value")
        elif name.endswith("send_request_headers.started") and not _asks_a_proxy(info):
            self._placed()
            self.carried = True
            facts = self._sending.facts
            facts.reused = not self.connecting
            facts.connect = self._sending.waited()

    def _placed(self) -> None:
        """A place in the pool was found, which takes no time worth telling unless it is full."""
        waited = self._sending.waited()
        if not self.connecting and waited > _WORTH_TELLING:
            self._sending.facts.queue = waited


_WORTH_TELLING = 0.01


def _asks_a_proxy(info: dict[str, object]) -> bool:
    """Whether it is not our request that is sent, but that for a way through a proxy."""
    return getattr(info.get("request"), "method", None) == b"CONNECT"


def no_response(sending: Sending, progress: Progress) -> TransportError:
    """The deadline passed before a response began."""
    waited = monotonic() - sending.started
    if progress.carried or sending.began:
        return ReadTimeout(
            f"{sending.host} sent no response within {waited:.3g} s",
            phase="first_event",
            sent=sending.sent,
        )
    if progress.connecting:
        return ConnectTimeout(f"no connection to {sending.host} within {waited:.3g} s")
    return _no_place(sending)


def _no_place(sending: Sending) -> PoolTimeout:
    waited = sending.waited()
    return PoolTimeout(f"all connections to {sending.host} stayed taken for {waited:.3g} s")


def translated(error: Exception, sending: Sending) -> FairleadError | None:
    """The error in our words; None for one that is no business of HTTP, such as of a user's hook.

    Nothing of the library's own text is quoted but what concerns a certificate.
    """
    if isinstance(error, FairleadError):
        return error
    if sending.failure is not None:
        return sending.failure
    host = sending.host
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"InvalidURL", "UnicodeError"}:  # the latter where a name cannot be of a host
        return InvalidRequest("the URL cannot be used; check its scheme, host and port")
    if "DecodingError" in kinds:
        return ProtocolError(f"{host}: the response's compression is damaged", sent=True)
    if "PoolTimeout" in kinds:
        return _no_place(sending)
    if "ConnectTimeout" in kinds:
        return ConnectTimeout(f"no connection to {host} within the connect timeout")
    if "ProxyError" in kinds:
        return refused_by_proxy(host, str(error)[:3])
    if "HTTPStatusError" in kinds:
        return ConfigError(
            "a hook of the HTTP client raises for a status (raise_for_status), which hides what "
            "the provider says; give fairlead a client without it"
        )
    if kinds & {"ConnectError", "UnsupportedProtocol"}:
        return _unconnected(error, host)
    if kinds & {"ReadTimeout", "WriteTimeout"}:
        return ReadTimeout(
            f"{host} sent no response in time", phase="first_event", sent=sending.sent
        )
    if kinds & {"HTTPError", "StreamError"}:
        return _broken(error, kinds, sending)
    if isinstance(error, RuntimeError) and "closed" in str(error):
        return ConnectError(
            "the HTTP client that the transport was given is closed; keep it open as long as "
            "the client that uses it",
            fatal=True,
        )
    return None


def _unconnected(error: Exception, host: str) -> ConnectError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectError(
                f"no trusted connection to {host}: its certificate was not accepted "
                f"({cause.verify_message}); nothing was sent",
                fatal=True,
            )
        cause = cause.__cause__ or cause.__context__
    return ConnectError(
        f"no connection to {host}: it was refused or nothing is there; check that a server runs"
    )


def _broken(error: Exception, kinds: set[str], sending: Sending) -> ProtocolError:
    code = _http2_code(error)
    if code == _CALM:
        calm = ProtocolError(f"{sending.host}: the server wants fewer requests", sent=sending.sent)
        calm.retry_class = "throttle"
        return calm
    sent = sending.sent and code != _REFUSED
    return ProtocolError(f"{sending.host}: {_reason(kinds)}", sent=sent)


_REFUSED, _CALM = 7, 11
"""Why a server ends a stream: it has not looked at the request (RFC 9113, 7), or gets too many."""


def _http2_code(error: BaseException) -> int | None:
    """The code with which the server has ended a stream or the connection of HTTP/2."""
    cause: BaseException | None = error
    while cause is not None:
        for detail in cause.args:
            code = getattr(detail, "error_code", None)
            if isinstance(code, int):
                return code
        cause = cause.__cause__ or cause.__context__
    return None


def _reason(kinds: set[str]) -> str:
    if "RemoteProtocolError" in kinds:
        return "the response broke off or breaks the rules of HTTP"
    if "LocalProtocolError" in kinds:
        return "the request cannot be sent in this form"
    return "the connection broke"
