"""What is peculiar to the adapters: whose client it is, what they know, and what they declare."""

from __future__ import annotations

import asyncio
import gc
import gzip
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme
from tests.adapters import CANNOT
from tests.ports import free_port
from tests.transports.adapted import Adapted, colour
from tests.transports.colours import EVENTS, SOON, fetch, read_all, send, until

from fairlead.engine.runtime import drive
from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    InvalidRequest,
    PoolTimeout,
    ProtocolError,
    ResponseTooLarge,
)
from fairlead.ports import Limits, Timeouts, Transport
from fairlead.testing.server import Close, Pause, ScriptedServer, respond, stream
from fairlead.transports.aiohttp import AiohttpTransport
from fairlead.transports.httpx2 import Httpx2Transport
from fairlead.types.http import HttpRequest, HttpSettings

__all__ = ["colour"]

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", Pause(60)]


def test_what_is_known_of_a_connection_is_told(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        first, _ = await fetch(transport, server.url, body=b"12345")
        second, _ = await fetch(transport, server.url, body=b"12345")
        for response in (first, second):
            facts = response.facts
            assert (facts.http_version, facts.bytes_in, facts.bytes_out) == ("1.1", 5, 5)
            assert facts.first_byte is not None
            assert 0 <= facts.first_byte < 5
        if "reused" not in CANNOT[colour.kind]:
            assert (first.facts.reused, second.facts.reused) == (False, True)
            assert first.facts.remote == f"127.0.0.1:{server.port}"

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
        assert server.connections == 1


def test_a_compressed_body_is_unpacked_by_the_library(colour: Adapted) -> None:
    packed = gzip.compress(b"hello" * 100)

    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, server.url)
        assert body == b"hello" * 100
        assert response.facts.bytes_in == len(packed)

    with ScriptedServer(respond(headers=(("Content-Encoding", "gzip"),), body=packed)) as server:
        colour.run(scenario)


def test_an_event_stream_must_not_be_compressed(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="compressed"):
            await fetch(transport, server.url, headers=EVENTS)

    packed = respond(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"x"))
    with ScriptedServer(packed) as server:
        colour.run(scenario)
    assert server.requests[0].header("accept-encoding") == "identity"


def test_headers_go_out_as_they_are_written(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(
            transport, server.url, headers=(("Authorization", "Bearer k"), ("X-Name", "Café"))
        )

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    (request,) = server.requests
    assert request.header("authorization") == "Bearer k"
    assert request.header("x-name") == "Café".encode().decode("latin-1")
    assert request.header("transfer-encoding") is None
    assert request.header("content-length") == "2"
    assert request.header("content-type") is None


def test_a_redirect_is_not_followed(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        response, _ = await fetch(transport, server.url)
        assert (response.status, response.headers.get("location")) == (307, "/elsewhere")

    with ScriptedServer(respond(307, (("Location", "/elsewhere"),))) as server:
        colour.run(scenario)
    assert len(server.requests) == 1


def test_nothing_that_a_server_may_have_read_is_sent_twice(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        with pytest.raises(ProtocolError) as caught:
            await fetch(transport, server.url, headers=(("X-Secret", "hunter2"),))
        assert caught.value.sent
        assert "hunter2" not in str(caught.value)

    with ScriptedServer(HELLO, [Close()]) as server:
        colour.run(scenario)
    assert len(server.requests) == 2


def test_a_body_that_breaks_off_is_no_end(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"one"
        for _ in range(2):
            with pytest.raises(ProtocolError):
                await read_all(response)
        await response.aclose()

    head, one, *_ = stream([b"one"])
    with ScriptedServer([head, one, Close()]) as server:
        colour.run(scenario)


def test_where_nothing_listens_there_is_no_connection(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError) as caught:
            await send(transport, f"http://127.0.0.1:{free_port()}/path?secret=1")
        assert "secret" not in str(caught.value)
        assert not caught.value.sent

    colour.run(scenario)


def test_a_certificate_that_nobody_vouches_for_is_fatal(tmp_path: Path) -> None:
    httpx2 = pytest.importorskip("httpx2")
    aiohttp = pytest.importorskip("aiohttp")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def refused(transport: Transport) -> None:
        with pytest.raises(ConnectError, match="certificate was not accepted") as caught:
            await send(transport, server.url.replace("127.0.0.1", "localhost"))
        assert not caught.value.retryable

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            await refused(AiohttpTransport(session))
        async with httpx2.AsyncClient() as client:
            await refused(Httpx2Transport(client))

    with ScriptedServer(HELLO, tls=context) as server:
        asyncio.run(main())
        with httpx2.Client() as client:
            drive(refused(Httpx2Transport(client)))


def test_a_full_pool_is_a_timeout_of_its_own(colour: Adapted) -> None:
    expected = PoolTimeout
    if "pool_timeout" in CANNOT[colour.kind]:
        expected = ConnectTimeout

    async def scenario(transport: Transport) -> None:
        held = await send(transport, server.url)
        with pytest.raises(expected):
            await send(transport, server.url, timeouts=Timeouts(pool=0.05, connect=0.05))
        await held.aclose()
        await (await send(transport, server.url)).aclose()

    with ScriptedServer(OPEN) as server:
        colour.run(scenario, settings=HttpSettings(max_connections=1))


def test_a_response_that_is_forgotten_frees_its_connection(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"first"
        del response
        gc.collect()
        for _ in range(100):
            if not server.open_connections:
                break
            await colour.runtime.sleep(0.02)
        assert server.open_connections == 0

    with ScriptedServer(OPEN) as server:
        colour.run(scenario)


def test_a_large_body_is_read_from_where_it_lies(colour: Adapted, tmp_path: Path) -> None:
    class File:
        size = 300_000

        def __init__(self, path: Path) -> None:
            self.path = path

        def open(self):
            return self.path.open("rb")

    whole, short = tmp_path / "whole", tmp_path / "short"
    whole.write_bytes(b"x" * File.size)
    short.write_bytes(b"x")

    async def sent(transport: Transport, path: Path) -> int:
        request = HttpRequest("POST", server.url, body=File(path))
        response = await transport.send(
            request, deadline=time.monotonic() + SOON, timeouts=Timeouts()
        )
        await response.aclose()
        return response.status

    async def scenario(transport: Transport) -> None:
        assert await sent(transport, whole) == 200
        with pytest.raises(InvalidRequest, match="shorter"):
            await sent(transport, short)
        with pytest.raises(InvalidRequest, match="No such file"):
            await sent(transport, tmp_path / "none")

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    assert server.requests[0].body == b"x" * File.size


def test_a_cap_holds_for_what_is_unpacked(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ResponseTooLarge):
            await fetch(transport, server.url)

    bomb = gzip.compress(bytes(4 << 20))
    with ScriptedServer(respond(headers=(("Content-Encoding", "gzip"),), body=bomb)) as server:
        colour.run(scenario, limits=Limits(total=1 << 20))


def test_threads_end_with_their_exchanges() -> None:
    httpx2 = pytest.importorskip("httpx2")
    before = threading.active_count()

    with ScriptedServer(OPEN) as server, httpx2.Client() as client:
        transport = Httpx2Transport(client)
        held = [drive(send(transport, server.url)) for _ in range(20)]
        for response in held:
            drive(response.aclose())
        assert until(lambda: server.open_connections == 0)
    assert until(lambda: threading.active_count() <= before)
