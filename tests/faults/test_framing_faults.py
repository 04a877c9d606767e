"""Faults of framing and content, one by one, in both colours.

The names begin with rows of the project's fault matrix.
"""

from __future__ import annotations

import gzip
import time

import psutil
import pytest
from tests.transports.colours import EVENTS, SOON, Colour, fetch, send, until

from fairlead.errors import (
    ProtocolError,
    ResponseTooLarge,
)
from fairlead.ports import Transport
from fairlead.testing.server import (
    Close,
    Pause,
    Repeat,
    Reset,
    ScriptedServer,
    Step,
    respond,
)

HELLO = respond(body=b"hello")
HUNDRED_MIB_IN_BROTLI = bytes.fromhex(
    "cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c32200ddfb7ffeffffc33f01"
    "10870500baf7fffcffff877f02200e0b0074effff9ffff0fff04401c1600e8deffe7ffff0ffe0980382c00d0bdff01"
)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\x03 what is this\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html>an answer of HTTP/0.9</html>",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ],
)
@pytest.mark.fault("H1", "`ProtocolError`, in bounded memory")
def test_h1_garbage_is_a_protocol_error(colour: Colour, garbage: bytes) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError) as caught:
            await send(transport, server.url)
        assert caught.value.sent

    with ScriptedServer([garbage, Close()]) as server:
        colour.run(scenario)


@pytest.mark.parametrize(
    "flood",
    [
        [b"HTTP/1.1 200 OK\r\nX: ", Repeat(b"y" * 4096)],
        [b"HTTP/1.1 200 OK\r\n", Repeat(b"X-Filler: yyyyyyyy\r\n" * 64)],
        [Repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 64)],
        [Repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 64)],
    ],
    ids=["one line", "many lines", "continue", "early hints"],
)
@pytest.mark.fault("H1")
@pytest.mark.invariant("I12")
def test_h1_floods_of_headers_are_cut_off(colour: Colour, flood: list[Step]) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError):
            await send(transport, server.url)

    process = psutil.Process()
    before = process.memory_info().rss
    with ScriptedServer(flood) as server:
        colour.run(scenario)
    assert process.memory_info().rss - before < 16 << 20


@pytest.mark.fault("H1")
def test_h1_a_few_informational_responses_are_skipped(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, server.url)
        assert (response.status, body) == (200, b"hello")
        assert response.headers.get("link") is None

    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3
    with ScriptedServer([b"HTTP/1.1 100 Continue\r\n\r\n", hints, *HELLO]) as server:
        colour.run(scenario)


@pytest.mark.parametrize("headers", [(), EVENTS], ids=["plain", "events"])
@pytest.mark.parametrize(
    "script",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Close()],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Pause(0.05), Reset()],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Close()],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello", Close()],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", Pause(9)],
    ],
    ids=["short", "short and reset", "no last chunk", "amid a chunk", "no chunk size"],
)
@pytest.mark.fault(
    "H2",
    "too short: `ProtocolError`, never half an answer; too long: the next answer is not touched",
)
def test_h2_h3_h4_a_broken_body_is_delivered_and_then_an_error(
    colour: Colour, script: list[Step], headers: tuple[tuple[str, str], ...]
) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url, headers=headers)
        got = b""
        with pytest.raises(ProtocolError) as caught:
            while data := await response.read(time.monotonic() + SOON):
                got += data
        assert caught.value.sent
        assert got == b"hello"
        with pytest.raises(ProtocolError):
            await response.read(time.monotonic() + SOON)
        await response.aclose()

    with ScriptedServer(script) as server:
        colour.run(scenario)
    assert len(server.requests) == 1


@pytest.mark.fault("H2")
def test_h2_bytes_past_the_content_length_do_not_poison_the_next_answer(colour: Colour) -> None:
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

    async def scenario(transport: Transport) -> None:
        _, first = await fetch(transport, server.url)
        _, second = await fetch(transport, server.url)
        assert (first, second) == (b"hello", b"hello")

    with ScriptedServer([HELLO[0] + smuggled], HELLO) as server:
        colour.run(scenario)
    assert server.connections == 2


@pytest.mark.parametrize("kind", ["gzip", "br"])
@pytest.mark.fault("H11")
@pytest.mark.invariant("I12")
def test_h11_a_bomb_is_stopped_with_little_memory(colour: Colour, kind: str) -> None:
    bomb = HUNDRED_MIB_IN_BROTLI if kind == "br" else gzip.compress(bytes(100 << 20))
    process = psutil.Process()
    before = process.memory_info().rss

    async def scenario(transport: Transport) -> int:
        response = await send(transport, server.url)
        peak = 0
        with pytest.raises(ResponseTooLarge):
            while await response.read(time.monotonic() + SOON):
                peak = max(peak, process.memory_info().rss - before)
        await response.aclose()
        return max(peak, process.memory_info().rss - before)

    with ScriptedServer(respond(headers=[("Content-Encoding", kind)], body=bomb)) as server:
        assert colour.run(scenario) < 48 << 20


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "rot13"])
@pytest.mark.fault("H11")
def test_h11_damaged_or_unknown_compression_is_a_protocol_error(
    colour: Colour, encoding: str
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="compression"):
            await fetch(transport, server.url)

    with ScriptedServer(
        respond(headers=[("Content-Encoding", encoding)], body=b"x" * 50)
    ) as server:
        colour.run(scenario)


@pytest.mark.fault("H11")
def test_h11_an_event_stream_that_comes_compressed_is_refused(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="compressed"):
            await send(transport, server.url, headers=EVENTS)

    answer = respond(headers=[("Content-Encoding", "gzip")], body=gzip.compress(b"hello"))
    with ScriptedServer(answer) as server:
        colour.run(scenario)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.fault("H12")
def test_h12_a_redirect_is_returned_and_not_followed(colour: Colour, status: int) -> None:
    async def scenario(transport: Transport) -> None:
        response, _ = await fetch(transport, server.url, headers=(("X-Api-Key", "hunter2"),))
        assert response.status == status

    with ScriptedServer(HELLO) as other:
        away = respond(status, (("Location", other.url),))
        with ScriptedServer(away) as server:
            colour.run(scenario)
    assert other.connections == 0


@pytest.mark.fault("H13")
def test_h13_an_endless_error_body_ends_when_it_is_closed(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        got = 0
        while got < 64 << 10:
            got += len(await response.read(time.monotonic() + SOON))
        await response.aclose()
        assert until(lambda: server.open_connections == 0)

    endless = [b"HTTP/1.1 500 No\r\nContent-Length: 104857600\r\n\r\n", Repeat(b"e" * 65536)]
    with ScriptedServer(endless) as server:
        colour.run(scenario)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: five\r\n",
    ],
)
@pytest.mark.fault("H14", "`ProtocolError`, and the connection is closed")
def test_h14_two_lengths_are_refused_and_the_connection_closed(colour: Colour, head: bytes) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError):
            await send(transport, server.url)
        assert until(lambda: server.open_connections == 0)

    answer = [b"HTTP/1.1 200 OK\r\n" + head + b"\r\n5\r\nhello\r\n0\r\n\r\n"]
    with ScriptedServer(answer) as server:
        colour.run(scenario)
