"""What the adapters for other HTTP clients have in common: checks of what goes out and comes in.

An adapter names in its `cannot` what it does less well than the transport on libcurl; `INABILITIES`
says what each word means.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from weakref import ref

from fairlead.errors import (
    ConfigError,
    ConnectError,
    InvalidRequest,
    ProtocolError,
    ResponseTooLarge,
)
from fairlead.transports.curl.request import (
    check_method,
    check_url,
    header_lines,
    host_of,
    wants_events,
)
from fairlead.types.http import ConnectionFacts, Headers, HttpSettings, holds_secret

if TYPE_CHECKING:
    from fairlead.ports import Runtime
    from fairlead.types.http import Body, BodyReader, HttpRequest

INABILITIES = {
    "blocking": "serve a blocking Client",
    "cancelling": "be cancelled at any instant without the loss of a place in the pool",
    "cookies": "keep a session from sending the cookies that a server has set",
    "early_data": "send requests with the first packet of a TLS connection (0-RTT)",
    "event_loops": "serve several event loops",
    "expansion": "stop a compressed body that unpacks to far more than was sent amid one piece",
    "fork": "go on in a forked child with the client of its parent",
    "heads": "count the bytes of headers",
    "http2": "speak HTTP/2",
    "http3": "speak HTTP/3",
    "last_words": "hand over what came just before a connection broke",
    "pool_timeout": "tell the wait for a place in the pool from the wait for a connection",
    "preconnect": "open connections before they are needed",
    "replay": "send anew, by itself, what an old connection has lost before any answer",
    "resets": "tell a server over HTTP/2 that nobody reads an answer any more",
    "reused": "tell whether a connection was used before, and how long it took to open",
    "settings": "make connections by the [http] settings",
    "streams": "hand over an answer at once while others on its HTTP/2 connection are silent",
}
"""What an adapter may say that it cannot do."""

_T = TypeVar("_T")
GRACE = 0.02
"""Seconds for which what has come already may take its way through a library."""

_PIECE = 64 << 10


class Sending:
    """One request on its way through somebody else's client, checked before it is sent.

    `headers` are ready for the wire. `began` and `sent` say whether the body's sending has begun
    and ended; `failure` why it could not be read. Raises `InvalidRequest`, with nothing sent.
    """

    def __init__(self, request: HttpRequest, *, allow_insecure_http: bool) -> None:
        check_method(request.method)
        check_url(request.url, HttpSettings(allow_insecure_http=allow_insecure_http))
        header_lines(request.headers)
        self.request = request
        self.host = host_of(request.url)
        self.facts = ConnectionFacts()
        self.started = monotonic()
        self.streams = wants_events(request.headers)
        self.began = False
        self.sent = False
        self.failure: InvalidRequest | None = None

    def headers(self, underneath: Iterable[tuple[bytes, bytes]] = ()) -> list[tuple[bytes, bytes]]:
        """The request's own, above those that the client always sends; never its credentials."""
        own = [(name.encode(), value.encode()) for name, value in self.request.headers]
        taken = {name.lower() for name, _ in own}
        if self.streams:
            own.append((b"Accept-Encoding", b"identity"))
            taken.add(b"accept-encoding")
        if self.request.body is not None:
            own.append((b"Content-Length", b"%d" % self.request.size))
        theirs = [pair for pair in underneath if not holds_secret(pair[0].decode("latin-1"))]
        return [pair for pair in theirs if pair[0].lower() not in taken] + own

    def waited(self) -> float:
        return monotonic() - self.started

    def pieces(self) -> Iterator[bytes]:
        """The body as it is sent."""
        self.began = True
        body = self.request.body
        if isinstance(body, bytes):
            yield body
        elif body is not None:
            yield from self._read(body)
        self.sent = True

    async def async_pieces(self) -> AsyncIterator[bytes]:
        """The same for a client that asks asynchronously."""
        for piece in self.pieces():
            yield piece

    def _read(self, body: Body) -> Iterator[bytes]:
        """Exactly `body.size` bytes. Raises `InvalidRequest` where they are not to be had."""
        left = body.size
        reader: BodyReader | None = None
        try:
            reader = body.open()
            while left:
                data = reader.read(min(left, _PIECE))
                if not data:
                    raise self._failed("it became shorter while it was sent")
                left -= len(data)
                yield data
        except OSError as error:
            raise self._failed(error.strerror or "it is unreadable") from None
        finally:
            if reader is not None:
                reader.close()

    def _failed(self, reason: str) -> InvalidRequest:
        self.failure = InvalidRequest(f"the body could not be sent whole: {reason}")
        return self.failure

    def head(self, raw: Iterable[tuple[bytes, bytes]]) -> Headers:
        """A response's headers. Raises `ProtocolError` for those that must not be believed."""
        self.facts.first_byte = self.waited()
        self.facts.bytes_out = self.request.size
        headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
        names = {name.lower() for name, _ in headers}
        if {"transfer-encoding", "content-length"} <= names:
            raise self._refused("the response states its length in two ways")
        encodings = ",".join(headers.get_all("content-encoding")).lower().split(",")
        if self.streams and any(name.strip() not in ("", "identity") for name in encodings):
            raise self._refused("the event stream came compressed, which was not asked for")
        return headers

    def _refused(self, reason: str) -> ProtocolError:
        return ProtocolError(f"{self.host}: {reason}; the connection was closed", sent=True)


class Room:
    """Caps the decoded body of one answer."""

    __slots__ = ("_size", "_taken")

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0

    def count(self, data: bytes) -> None:
        """Raises `ResponseTooLarge` when the answer has grown past its cap."""
        self._taken += len(data)
        if self._taken > self._size:
            raise ResponseTooLarge(
                f"the answer is larger than {self._size:,} bytes, the cap on a whole answer"
            )


def refused_by_proxy(host: str, status: str) -> ConnectError:
    """`status` is what the proxy answered, where that is known. It was sent nothing of a call."""
    if status == "407":
        return ConnectError(
            f"no connection to {host}: the proxy wants a user name and password; give them to "
            "the HTTP client that the transport was given",
            fatal=True,
        )
    what = f"answered {status}" if status.isdigit() else "refused"
    return ConnectError(f"no connection to {host}: the proxy {what}; check whether it may go there")


def shown(address: object) -> str:
    """Host and port of a socket's other end; nothing where they are not known."""
    if not isinstance(address, tuple) or len(address) < len(("host", "port")):
        return ""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def remaining(instant: float) -> float | None:
    """Seconds until `instant`, never negative; None for ever."""
    return None if instant == inf else max(0.0, instant - monotonic())


async def done_by(
    task: asyncio.Future[_T], deadline: float, close: Callable[[_T], Awaitable[None]]
) -> bool:
    """Wait for a task that opens something; False when it has not done so in time.

    Then, and when the wait is cancelled, the task is ended, and what it opened after all is closed.
    A loop that was blocked finds the end of the wait together with what came before it: that is
    looked at first.
    """
    try:
        for patience in (remaining(deadline), GRACE):
            await asyncio.wait({task}, timeout=patience)
            if task.done():
                return True
    except BaseException:
        await _dropped(task, close)
        raise
    await _dropped(task, close)
    return False


async def _dropped(task: asyncio.Future[_T], close: Callable[[_T], Awaitable[None]]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and task.exception() is None:
        await close(task.result())


def blocks(runtime: Runtime) -> bool:
    """Whether the client of this runtime is the blocking one: whose coroutines never suspend."""
    pause = runtime.sleep(0).__await__()
    try:
        next(pause)
    except StopIteration:
        return True
    pause.close()
    return False


class Home:
    """The process and the event loop in which a client was first used: connections are of both."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._process: int | None = None
        self._loop: Callable[[], object] | None = None

    def keep(self, *, blocking: bool = False) -> None:
        """Raises `ConfigError` away from it: there, two would read from one connection."""
        loop = None if blocking else asyncio.get_running_loop()
        if self._process is None:
            self._process = os.getpid()
            self._loop = None if loop is None else ref(loop)
        if self._process != os.getpid():
            raise ConfigError(
                f"this {self._kind} was used before the process was forked; make one client and "
                "one transport for each process"
            )
        if self._loop is not None and self._loop() is not loop:
            raise ConfigError(
                f"this {self._kind} serves another event loop; make one client and one transport "
                "for each loop"
            )
