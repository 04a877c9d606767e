"""Whose client it is: what the user has set on it, and what becomes of it while calls use it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.adapters import cannot
from tests.transports.adapted import ASYNCHRONOUS, Adapted, colour
from tests.transports.colours import fetch, read_all, send, until

from fairlead import AsyncClient, Client
from fairlead.engine.runtime import drive
from fairlead.errors import (
    ConfigError,
    ConnectError,
    ConnectTimeout,
    InvalidRequest,
    ProtocolError,
    TransportError,
)
from fairlead.ports import Transport
from fairlead.testing.server import Close, Pause, ScriptedServer, respond
from fairlead.transports.aiohttp import AiohttpTransport
from fairlead.transports.httpx2 import Httpx2Transport
from fairlead.types.http import HttpSettings

__all__ = ["colour"]

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", Pause(60)]
KEY = (("Authorization", "Bearer hunter2"),)
EITHER = pytest.mark.parametrize("kind", ["httpx2", "aiohttp"])


@asynccontextmanager
async def yours(kind: str, **options: Any) -> AsyncIterator[tuple[Any, Transport]]:
    """A client of the library, made with its own options, and a transport through it."""
    library = pytest.importorskip(kind)
    if kind == "aiohttp":
        async with library.ClientSession(**options) as client:
            yield client, AiohttpTransport(client, allow_insecure_http=True)
    else:
        async with library.AsyncClient(**options) as client:
            yield client, Httpx2Transport(client, allow_insecure_http=True)


@pytest.mark.parametrize("kind", ["httpx2", "httpx"])
def test_a_client_declares_what_its_library_and_its_colour_cannot(kind: str) -> None:
    async def main() -> None:
        async with yours(kind) as (_, transport):
            assert transport.cannot == cannot(kind, "asyncio")

    asyncio.run(main())
    with pytest.importorskip(kind).Client(trust_env=False) as client:
        assert Httpx2Transport(client).cannot == cannot(kind, "blocking")


def test_your_client_is_not_closed_and_its_secrets_and_cookies_stay_at_home() -> None:
    httpx2 = pytest.importorskip("httpx2")
    headers = {"Authorization": "Bearer hunter2", "X-Ours": "1"}

    with ScriptedServer(respond(headers=(("Set-Cookie", "a=b"),), body=b"hello")) as server:
        with httpx2.Client(headers=headers, auth=("me", "hunter2")) as client:
            transport = Httpx2Transport(client)
            for _ in range(2):
                drive(fetch(transport, server.url))
            drive(transport.aclose())
            assert not client.is_closed
            assert drive(fetch(transport, server.url))[1] == b"hello"
        with pytest.raises(ConnectError, match="closed") as caught:
            drive(fetch(transport, server.url))
    assert not caught.value.retryable
    assert {request.header("x-ours") for request in server.requests} == {"1"}
    for name in ("authorization", "cookie"):
        assert {request.header(name) for request in server.requests} == {None}


def test_a_client_of_the_wrong_colour_is_refused_at_once() -> None:
    httpx2 = pytest.importorskip("httpx2")
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with httpx2.AsyncClient() as client, aiohttp.ClientSession() as session:
            with pytest.raises(ConfigError, match="blocking Client"):
                Client(transport=Httpx2Transport(client))
            with pytest.raises(ConfigError, match="AsyncClient"):
                Client(transport=AiohttpTransport(session))

    asyncio.run(main())
    with httpx2.Client() as client, pytest.raises(ConfigError, match="AsyncClient"):
        AsyncClient(transport=Httpx2Transport(client))
    with pytest.raises(ConfigError, match="httpx2"):
        Httpx2Transport(object())
    with pytest.raises(ConfigError, match="ClientSession"):
        AiohttpTransport(object())


def test_a_session_with_credentials_of_its_own_is_refused() -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with aiohttp.ClientSession(headers={"Authorization": "hunter2"}) as session:
            with pytest.raises(ConfigError, match="credentials") as caught:
                AiohttpTransport(session)
            assert "hunter2" not in str(caught.value)

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["httpx2", "aiohttp"])
def test_a_client_of_one_event_loop_is_not_used_in_another(kind: str) -> None:
    library = pytest.importorskip(kind)
    made: list[Transport] = []

    async def first() -> None:
        if kind == "aiohttp":
            async with library.ClientSession() as session:
                made.append(AiohttpTransport(session))
                await fetch(made[0], server.url)
        else:
            async with library.AsyncClient() as client:
                made.append(Httpx2Transport(client))
                await fetch(made[0], server.url)

    async def second() -> None:
        with pytest.raises(ConfigError, match="each loop"):
            await send(made[0], server.url)

    with ScriptedServer(HELLO) as server:
        asyncio.run(first())
        asyncio.run(second())


def test_a_client_of_one_process_is_not_used_in_its_child() -> None:
    httpx2 = pytest.importorskip("httpx2")

    with ScriptedServer(HELLO) as server, httpx2.Client() as client:
        transport = Httpx2Transport(client)
        drive(fetch(transport, server.url))
        child = os.fork()
        if child == 0:
            try:
                drive(send(transport, server.url))
            except ConfigError as error:
                os._exit(7 if "forked" in str(error) else 8)
            finally:
                os._exit(9)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert drive(fetch(transport, server.url))[1] == b"hello"
    assert len(server.requests) == 2


def test_headers_that_may_hold_a_secret_stay_at_home() -> None:
    httpx2 = pytest.importorskip("httpx2")

    with ScriptedServer(HELLO) as server, httpx2.Client(headers={"X-Auth-Token": "a"}) as client:
        client.headers["X-Session-Secret"] = "b"
        client.headers["X-Team"] = "ours"
        drive(fetch(Httpx2Transport(client), server.url, headers=KEY))
    (request,) = server.requests
    assert request.header("x-auth-token") is None
    assert request.header("x-session-secret") is None
    assert (request.header("x-team"), request.header("authorization")) == ("ours", KEY[0][1])


def test_a_session_that_is_given_credentials_later_is_refused_then() -> None:
    async def main() -> None:
        async with yours("aiohttp") as (session, transport):
            await fetch(transport, server.url)
            session.headers["X-Auth-Token"] = "hunter2"
            with pytest.raises(ConfigError, match="credentials of its own"):
                await send(transport, server.url)

    with ScriptedServer(HELLO) as server:
        asyncio.run(main())
    assert len(server.requests) == 1


@EITHER
def test_what_netrc_has_for_a_host_is_not_sent(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    async def main() -> None:
        async with yours(kind, trust_env=True) as (_, transport):
            await fetch(transport, server.url, headers=(("X-Api-Key", "k"),))

    with ScriptedServer(HELLO) as server:
        if kind == "aiohttp":
            with pytest.raises(InvalidRequest, match="netrc"):
                asyncio.run(main())
        else:
            asyncio.run(main())
    assert {request.header("authorization") for request in server.requests} <= {None}


@EITHER
def test_the_library_own_timeouts_and_ways_with_a_status_have_no_say(kind: str) -> None:
    async def main() -> None:
        async with yours(kind, **options) as (_, transport):
            response, body = await fetch(transport, server.url)
            assert (response.status, body) == (200, b"hello")
            assert (await fetch(transport, server.url))[0].status == 307
            assert (await fetch(transport, server.url))[0].status == 429

    if kind == "aiohttp":
        timeout = pytest.importorskip("aiohttp").ClientTimeout(total=0.05, sock_read=0.05)
        options: dict[str, Any] = {"timeout": timeout, "raise_for_status": True}
    else:
        options = {"timeout": 0.05, "follow_redirects": True}
    moved = respond(307, (("Location", "/elsewhere"),))
    with ScriptedServer([Pause(0.15), *HELLO], moved, respond(429)) as server:
        asyncio.run(main())
    assert len(server.requests) == 3


@pytest.mark.parametrize("kind", ["httpx2", "httpx"])
def test_a_hook_that_judges_a_status_is_told_apart_from_a_broken_line(kind: str) -> None:
    library = pytest.importorskip(kind)

    def judge(response: Any) -> None:
        response.raise_for_status()

    hooks = {"response": [judge]}
    with ScriptedServer(respond(429), HELLO) as server:
        with library.Client(event_hooks=hooks, trust_env=False) as client:
            transport = Httpx2Transport(client)
            with pytest.raises(ConfigError, match="raise_for_status"):
                drive(send(transport, server.url))
            assert drive(fetch(transport, server.url))[1] == b"hello"


@EITHER
def test_a_hook_that_raises_is_heard_and_frees_its_place(kind: str) -> None:
    library = pytest.importorskip(kind)

    class OwnError(Exception):
        pass

    async def broken(*_: object) -> None:
        if not server.requests:
            return
        raise OwnError

    async def main() -> None:
        async with yours(kind, **options()) as (_, transport):
            held = await send(transport, server.url)
            await held.aclose()
            for _ in range(2):
                with pytest.raises(OwnError):
                    await send(transport, server.url)

    def options() -> dict[str, Any]:
        if kind == "httpx2":
            hooks = {"request": [broken]}
            return {"event_hooks": hooks, "limits": library.Limits(max_connections=1)}
        tracing = library.TraceConfig()
        tracing.on_request_start.append(broken)
        return {"trace_configs": [tracing], "connector": library.TCPConnector(limit=1)}

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())
        assert until(lambda: server.open_connections == 0)


@EITHER
@pytest.mark.parametrize("status", [407, 502])
def test_a_proxy_that_refuses_sees_neither_key_nor_request(kind: str, status: int) -> None:
    async def main() -> None:
        async with yours(kind, proxy=proxy.url) as (_, transport):
            with pytest.raises(ConnectError, match="proxy") as caught:
                await send(transport, "https://api.example.com/v1", headers=KEY)
        assert (caught.value.retry_class == "never") == (status == 407)
        assert not caught.value.sent

    with ScriptedServer([*respond(status, (), b"who are you?"), Close()]) as proxy:
        asyncio.run(main())
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert "hunter2" not in repr(proxy.requests)


def test_a_proxy_that_says_nothing_is_no_connection() -> None:
    """aiohttp does not tell how far it has come without a body to watch."""

    async def main() -> None:
        async with yours("httpx2", proxy=proxy.url) as (_, transport):
            with pytest.raises(ConnectTimeout) as caught:
                await send(transport, "https://api.example.com/v1", within=0.2)
        assert caught.value.retry_class == "unsent"

    with ScriptedServer([Pause(30)]) as proxy:
        asyncio.run(main())


@EITHER
def test_a_proxy_of_yours_is_used(kind: str) -> None:
    async def main() -> None:
        async with yours(kind, proxy=proxy.url) as (_, transport):
            assert (await fetch(transport, "http://api.example.com/v1"))[1] == b"hello"

    with ScriptedServer(HELLO) as proxy:
        asyncio.run(main())
    assert [request.path for request in proxy.requests] == ["http://api.example.com/v1"]


@EITHER
def test_a_client_that_is_closed_amid_an_answer_ends_it(kind: str) -> None:
    async def main() -> None:
        async with yours(kind) as (client, transport):
            response = await send(transport, server.url)
            assert await response.read(time.monotonic() + 5) == b"first"
            within = 0.1 if kind == "aiohttp" else 20  # which leaves whoever reads alone with it
            reading = asyncio.ensure_future(response.read(time.monotonic() + within))
            await asyncio.sleep(0)
            await (client.close() if kind == "aiohttp" else client.aclose())
            with pytest.raises(TransportError):
                await reading
            await response.aclose()
            with pytest.raises(ConnectError, match="closed"):
                await send(transport, server.url)

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())


@pytest.mark.parametrize("colour", ASYNCHRONOUS, indirect=True)
def test_a_read_that_is_cancelled_frees_the_place(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + 5) == b"first"
        reading = asyncio.ensure_future(response.read(time.monotonic() + 30))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        assert (await fetch(transport, server.url))[1] == b"hello"
        with pytest.raises(ProtocolError, match="closed before its end"):
            await read_all(response)

    with ScriptedServer(OPEN, HELLO) as server:
        colour.run(scenario, settings=HttpSettings(max_connections=1))


@pytest.mark.parametrize("host", ["a..b", "xn--", "a" * 70 + ".test", "256.0.0.1", "[v1.a]"])
def test_a_host_that_cannot_be_is_an_error_of_ours(colour: Adapted, host: str) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises((InvalidRequest, ConnectError)):
            await send(transport, f"http://{host}/")

    colour.run(scenario, settings=HttpSettings(allow_insecure_http=True))


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD + b"Content-Length: -5\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        HEAD + b"X: " + b"a" * 300_000 + b"\r\nContent-Length: 5\r\n\r\nhello",
        b"\x00\xff nothing that is HTTP\r\n\r\n",
    ],
    ids=["two lengths", "lengths", "below none", "chunk", "compression", "head", "garbage"],
)
def test_an_answer_that_breaks_the_rules_is_an_error_of_ours(
    colour: Adapted, answer: bytes
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError):
            await fetch(transport, server.url)

    with ScriptedServer([answer, Close()]) as server:
        colour.run(scenario)
