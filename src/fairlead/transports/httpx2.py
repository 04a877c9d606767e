"""A transport that sends through an HTTP client of yours: one of httpx2, or of classic httpx.

Neither library is imported: the client that is given brings it along.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from inspect import iscoroutinefunction
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast
from urllib.parse import urlsplit

from fairlead.errors import ConfigError, ProtocolError
from fairlead.ports import Limits
from fairlead.transports.adapting import (
    Home,
    Room,
    Sending,
    blocks,
    done_by,
    remaining,
    shown,
)
from fairlead.transports.httpx_errors import Progress, no_response, translated
from fairlead.transports.httpx_task import TaskedResponse
from fairlead.transports.httpx_thread import Line

if TYPE_CHECKING:
    from fairlead.ports import Runtime, Timeouts, Transport
    from fairlead.types.http import ConnectionFacts, Headers, HttpRequest

_LIBRARIES = ("httpx2", "httpx")
_CLASSIC = frozenset({"cancelling", "expansion"})
"""What classic httpx cannot do besides."""

_BLOCKING, _ASYNCHRONOUS = frozenset({"http2"}), frozenset({"resets", "streams"})
"""What a client of either colour cannot do besides."""


class _RawHeaders(Protocol):
    @property
    def raw(self) -> Iterable[tuple[bytes, bytes]]: ...


class HttpxClient(Protocol):
    """What is asked of a client: `httpx2.Client`, `httpx2.AsyncClient`, or the same of httpx."""

    @property
    def headers(self) -> _RawHeaders: ...
    @property
    def send(self) -> Callable[..., Any]: ...


class LibraryResponse(Protocol):
    """What is used of a response of the library."""

    status_code: int
    is_closed: bool
    extensions: dict[str, object]

    @property
    def headers(self) -> _RawHeaders: ...
    @property
    def http_version(self) -> str: ...
    @property
    def num_bytes_downloaded(self) -> int: ...
    def iter_bytes(self) -> Iterator[bytes]: ...
    def aiter_bytes(self) -> AsyncIterator[bytes]: ...
    def close(self) -> None: ...
    async def aclose(self) -> None: ...


class Httpx2Transport:
    """`ports.Transport` through `client`, which stays yours: it is never closed.

    A blocking client of httpx2 or httpx belongs to `Client`, an asynchronous one to `AsyncClient`.
    Connections, TLS, proxies and `trust_env` are as the client has them, and its headers and hooks
    go along; its credentials, cookies, base URL and redirects do not. Of `limits`, `total` caps one
    decoded answer. `cannot` says what it does less well than the transport on libcurl.
    """

    cannot: frozenset[str] = frozenset(
        {"early_data", "event_loops", "fork", "heads", "http3", "preconnect", "replay", "settings"}
    )

    def __init__(
        self,
        client: HttpxClient,
        *,
        limits: Limits | None = None,
        allow_insecure_http: bool = False,
    ) -> None:
        self._client = client
        self._library = _library_of(client)
        self._blocking = not iscoroutinefunction(client.send)
        classic = _CLASSIC if self._library.__name__ == "httpx" else frozenset()
        self.cannot |= classic | (_BLOCKING if self._blocking else _ASYNCHRONOUS)
        self._room = (limits or Limits()).total
        self._allow_insecure_http = allow_insecure_http
        self._home = Home("httpx2 client")

    def transport_for(self, runtime: Runtime, default: Callable[[], Transport]) -> Transport:
        """This transport, where the client is of the runtime's colour. Raises `ConfigError`."""
        if blocks(runtime) and not self._blocking:
            raise ConfigError("a blocking Client needs an httpx2.Client; this one is asynchronous")
        if self._blocking and not blocks(runtime):
            raise ConfigError("an AsyncClient needs an httpx2.AsyncClient; this one blocks")
        return self

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> ThreadedResponse | TaskedResponse:
        """Send `request`; see `ports.Transport`. `InvalidRequest` when nothing may be sent."""
        self._home.keep(blocking=self._blocking)
        sending = Sending(request, allow_insecure_http=self._allow_insecure_http)
        waits = _waits(timeouts, remaining(deadline))
        progress = Progress(sending)
        try:
            made = self._made(sending, progress, waits)
        except Exception as error:
            _raise(error, sending)
        if self._blocking:
            return self._send_blocking(made, sending, progress, waits, deadline)
        return await self._send_async(made, sending, progress, waits, deadline)

    def _made(self, sending: Sending, progress: Progress, waits: dict[str, float | None]) -> object:
        """A request of the library. The client's own maker would add its cookies to it."""
        request = sending.request
        content: object = None
        if request.body is not None:
            content = sending.pieces() if self._blocking else sending.async_pieces()
        made = self._library.Request(
            request.method,
            request.url,
            headers=sending.headers(self._client.headers.raw),
            content=content,
            extensions={
                "timeout": waits,
                "trace": progress.note if self._blocking else progress.note_async,
            },
        )
        target = _target_of(request.url)
        if made.url.raw_path != target:  # it resolves dots, which breaks what was signed
            made.extensions["target"] = target
        return made

    def _send_blocking(
        self,
        made: object,
        sending: Sending,
        progress: Progress,
        waits: dict[str, float | None],
        deadline: float,
    ) -> ThreadedResponse:
        heads: list[Headers] = []

        def arrived(response: LibraryResponse) -> None:
            heads.append(_looked_at(response, sending))
            waits["read"] = None  # the wait for the body is bounded by who waits

        def send() -> LibraryResponse:
            return cast(LibraryResponse, self._client.send(made, **_AS_IT_IS))

        if waits["read"] is not None:
            waits["read"] += 1.0  # behind our own timer, to let the thread end
        line = Line(send, sending, progress, Room(self._room), arrived)
        line.begin(deadline)
        if line.response is None:
            raise ProtocolError("there was no response", sent=True)
        return ThreadedResponse(line, line.response.status_code, heads[0], sending.facts)

    async def _send_async(
        self,
        made: object,
        sending: Sending,
        progress: Progress,
        waits: dict[str, float | None],
        deadline: float,
    ) -> TaskedResponse:
        waits["read"] = waits["write"] = None  # one that is over breaks a connection for all
        task: asyncio.Task[LibraryResponse] = asyncio.ensure_future(
            self._client.send(made, **_AS_IT_IS)
        )
        if not await done_by(task, deadline, _closed):
            raise no_response(sending, progress)
        try:
            response = task.result()
        except Exception as error:
            _raise(error, sending)
        try:
            headers = _looked_at(response, sending)
        except BaseException:
            await response.aclose()
            raise
        return TaskedResponse(response, headers, sending, Room(self._room))

    async def aclose(self) -> None:
        """Nothing: the client is yours to close."""


class ThreadedResponse:
    """A response of a blocking client; `ports.HttpResponse`."""

    def __init__(self, line: Line, status: int, headers: Headers, facts: ConnectionFacts) -> None:
        self._line = line
        self.status = status
        self.headers = headers
        self.facts = facts

    async def read(self, deadline: float) -> bytes:
        return self._line.read(deadline)

    async def aclose(self) -> None:
        self._line.leave()

    def __del__(self) -> None:
        self._line.leave(wait=False)

    def __repr__(self) -> str:
        return f"<ThreadedResponse {self.status}>"


_AS_IT_IS = {"stream": True, "auth": None, "follow_redirects": False}


async def _closed(response: LibraryResponse) -> None:
    await response.aclose()


def _waits(timeouts: Timeouts, left: float | None) -> dict[str, float | None]:
    """The library's own timeouts, of single steps. It is asked before each what they are now."""
    most = {"connect": timeouts.connect, "pool": timeouts.pool}
    bounded = {name: wait if left is None else min(wait, left) for name, wait in most.items()}
    return {**bounded, "read": left, "write": left}


def _raise(error: Exception, sending: Sending) -> NoReturn:
    known = translated(error, sending)
    if known is None:
        raise error
    raise known from None


def _looked_at(response: LibraryResponse, sending: Sending) -> Headers:
    """The head of a response, and what is known of its connection."""
    facts = sending.facts
    facts.http_version = response.http_version.removeprefix("HTTP/")
    stream: Any = response.extensions.get("network_stream")
    with suppress(OSError):  # it may be closed by now
        facts.remote = shown(stream.get_extra_info("server_addr")) if stream is not None else ""
    return sending.head(response.headers.raw)


def _target_of(url: str) -> bytes:
    parts = urlsplit(url)
    path = parts.path or "/"
    return (f"{path}?{parts.query}" if parts.query else path).encode()


def _library_of(client: HttpxClient) -> ModuleType:
    """The package that the client's class, or one that it derives from, comes from."""
    for kind in type(client).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in _LIBRARIES and hasattr(client, "send"):
            return sys.modules[name]
    raise ConfigError("Httpx2Transport needs a client of httpx2: httpx2.Client or AsyncClient")
