"""A transport that sends through an `aiohttp.ClientSession` of yours.

aiohttp is imported when the transport is made, and by nothing before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairlead.errors import ConfigError, InvalidRequest, ProtocolError, ReadTimeout
from fairlead.ports import Limits
from fairlead.transports.adapting import (
    GRACE,
    Home,
    Room,
    Sending,
    blocks,
    done_by,
    remaining,
    shown,
)
from fairlead.transports.aiohttp_errors import no_response, translated
from fairlead.types.http import holds_secret

if TYPE_CHECKING:
    import aiohttp

    from fairlead.ports import Runtime, Timeouts, Transport
    from fairlead.types.http import Headers, HttpRequest

_PIECE = 256 << 10


class AiohttpTransport:
    """`ports.Transport` through `session`, which stays yours: it is never closed.

    For `AsyncClient`, in the event loop of the session. Connections, TLS, proxies, `trust_env` and
    cookies are as the session has them, and its headers go along; one with credentials of its own
    is refused. Of `limits`, `total` caps one decoded answer. `cannot` says what it does less well
    than the transport on libcurl.
    """

    cannot = frozenset(
        {
            "blocking",
            "cookies",
            "early_data",
            "event_loops",
            "fork",
            "heads",
            "http2",
            "http3",
            "last_words",
            "pool_timeout",
            "preconnect",
            "replay",
            "reused",
            "settings",
        }
    )

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        limits: Limits | None = None,
        allow_insecure_http: bool = False,
    ) -> None:
        _check(session)
        self._session = session
        self._room = (limits or Limits()).total
        self._allow_insecure_http = allow_insecure_http
        self._home = Home("aiohttp.ClientSession")

    def transport_for(self, runtime: Runtime, default: Callable[[], Transport]) -> Transport:
        """This transport, unless the client is a blocking one. Raises `ConfigError`."""
        if blocks(runtime):
            raise ConfigError("aiohttp cannot serve a blocking Client; use AsyncClient with it")
        return self

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> AiohttpResponse:
        """Send `request`; see `ports.Transport`. `InvalidRequest` when nothing may be sent."""
        self._home.keep()
        _check(self._session)
        sending = Sending(request, allow_insecure_http=self._allow_insecure_http)
        task = asyncio.ensure_future(self._sent(sending, timeouts))
        if not await done_by(task, deadline, _closed):
            raise no_response(sending)
        try:
            response, begun = task.result()
        except Exception as error:
            known = translated(error, sending)
            if known is None:
                raise
            raise known from None
        try:
            return AiohttpResponse(response, begun, sending, Room(self._room))
        except BaseException:
            response.close()
            raise

    async def _sent(
        self, sending: Sending, timeouts: Timeouts
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """The response, and what of its body is there: a break in the line would take it away."""
        from aiohttp import ClientTimeout
        from multidict import CIMultiDict
        from yarl import URL

        request = sending.request
        await _refuse_netrc(self._session, sending)
        headers = CIMultiDict((name.decode(), value.decode()) for name, value in sending.headers())
        response = await self._session.request(
            request.method,
            URL(request.url, encoded=True),  # else it resolves dots, which breaks what was signed
            headers=headers,
            skip_auto_headers=("Content-Type",),
            data=sending.async_pieces() if request.body else None,
            allow_redirects=False,
            raise_for_status=False,
            timeout=ClientTimeout(
                total=None,
                connect=timeouts.connect + timeouts.pool,
                sock_connect=timeouts.connect,
                sock_read=None,
            ),
        )
        content = response.content
        failed = content.exception() is not None
        return response, b"" if failed else content.read_nowait()

    async def aclose(self) -> None:
        """Nothing: the session is yours to close."""


class AiohttpResponse:
    """A response of aiohttp; `ports.HttpResponse`."""

    def __init__(
        self, response: aiohttp.ClientResponse, begun: bytes, sending: Sending, room: Room
    ) -> None:
        self._response = response
        self._begun = begun
        self._sending = sending
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._over = False
        self._error: BaseException | None = None
        self.status = response.status
        self.facts = sending.facts
        self._look()
        self.headers: Headers = sending.head(response.raw_headers)

    def _look(self) -> None:
        """What is known of the connection; that of a short answer may be gone by now."""
        response, facts = self._response, self.facts
        version = response.version
        facts.http_version = f"{version.major}.{version.minor}" if version is not None else ""
        connection = response.connection
        transport = connection.transport if connection is not None else None
        facts.remote = shown(transport.get_extra_info("peername")) if transport else ""

    async def read(self, deadline: float) -> bytes:
        if self._over:
            if self._error is not None:
                raise self._error
            return b""
        try:
            data = await self._piece(deadline)
            self._room.count(data)
        except ReadTimeout:
            raise
        except Exception as error:
            raise self._fail(error) from None
        except BaseException:
            await self.aclose()
            raise
        self.facts.bytes_in = _size_of(self._response.content)
        self._over = not data
        return data

    async def _piece(self, deadline: float) -> bytes:
        """What came before the deadline is looked at first, also where the loop was blocked."""
        begun, self._begun = self._begun, b""
        if begun:
            return begun
        content = self._response.content
        for patience in (remaining(deadline), GRACE):
            try:
                async with asyncio.timeout(patience) as timer:
                    return await content.read(_PIECE)
            except TimeoutError:
                if not timer.expired():
                    raise
        raise ReadTimeout(f"{self._sending.host} sent nothing more in time")

    def _fail(self, error: Exception) -> BaseException:
        self._over = True
        self._error = translated(error, self._sending) or error
        self._response.close()
        return self._error

    async def aclose(self) -> None:
        if not self._over:
            self._over = True
            self._error = ProtocolError("the response was closed before its end", sent=True)
        self._response.close()

    def __del__(self) -> None:
        if not getattr(self, "_over", True):
            try:
                self._loop.call_soon_threadsafe(self._response.close)
            except RuntimeError:  # the loop is closed, and its connections with it
                self._response.close()

    def __repr__(self) -> str:
        return f"<AiohttpResponse {self.status}>"


async def _closed(opened: tuple[aiohttp.ClientResponse, bytes]) -> None:
    opened[0].close()


def _size_of(content: aiohttp.StreamReader) -> int:
    """Bytes of the body as they came; that of an answer without one counts nothing."""
    compressed: int | None = getattr(content, "total_compressed_bytes", None)
    return content.total_bytes if compressed is None else compressed


def _check(session: aiohttp.ClientSession) -> None:
    from aiohttp import ClientSession

    if not isinstance(session, ClientSession):
        raise ConfigError("AiohttpTransport needs an aiohttp.ClientSession")
    if session.auth is not None or any(holds_secret(name) for name in session.headers):
        raise ConfigError(
            "the aiohttp session has credentials of its own, which would go to every provider; "
            "give fairlead a session without auth and credential headers"
        )


async def _refuse_netrc(session: aiohttp.ClientSession, sending: Sending) -> None:
    """Raises `InvalidRequest` where the session would add what a netrc file has for the host."""
    host = urlsplit(sending.request.url).hostname or ""
    if session.trust_env and await asyncio.to_thread(_in_netrc, host):
        raise InvalidRequest(
            "the aiohttp session finds credentials of its own for this host (netrc); make it "
            "without trust_env"
        )


def _in_netrc(host: str) -> bool:
    """Apart, so that what stands in the file is in no frame of a traceback."""
    from aiohttp.helpers import netrc_from_env

    found = netrc_from_env()
    return found is not None and found.authenticators(host) is not None
