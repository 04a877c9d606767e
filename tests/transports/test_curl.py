"""The transport on libcurl: what it sends, what it returns, what it reuses. Both colours."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.timing import prompt
from tests.transports.colours import EVENTS, SOON, Colour, fetch, read_all, send

from fairlead.errors import InvalidRequest, ProtocolError, ReadTimeout, ResponseTooLarge
from fairlead.ports import Limits, Timeouts, Transport
from fairlead.testing.server import (
    Await,
    Close,
    Pause,
    Received,
    Repeat,
    ScriptedServer,
    Step,
    respond,
    stream,
)
from fairlead.types.http import HttpRequest, HttpSettings

HELLO = respond(200, (("Content-Type", "text/plain"), ("X-Twice", "a"), ("X-Twice", "b")), b"hello")
MUCH = 128 << 20
"""More than any socket or library keeps for who does not read."""
BOTH_MODES = pytest.mark.parametrize("headers", [(), EVENTS], ids=["plain", "events"])


def test_a_response_has_its_status_headers_and_body(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, server.url + "/v1/x?q=1", body=b'{"a":1}')
        assert (response.status, body) == (200, b"hello")
        assert response.headers.get("x-twice") == "b"
        assert [value for name, value in response.headers if name == "X-Twice"] == ["a", "b"]

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/x?q=1", b'{"a":1}')


def test_only_the_headers_that_were_asked_for_and_no_surprises_are_sent(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        headers = (("Authorization", "Bearer k"), ("X-Empty", ""), ("X-Name", "Café"))
        await fetch(transport, server.url, headers=headers, body=b"{}")
        await fetch(transport, server.url, headers=EVENTS, body=b"{}")

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    names = [name for name, _ in server.requests[0].headers]
    assert sorted(names) == [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "host",
        "user-agent",
        "x-empty",
        "x-name",
    ]
    assert server.requests[0].header("accept-encoding") == "gzip, br"
    assert server.requests[0].header("x-name") == "Café".encode().decode("latin-1")
    assert server.requests[1].header("accept-encoding") == "identity"


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("GET", None),
        ("POST", b"x"),
        ("POST", b""),
        ("POST", None),
        ("PUT", b"y"),
        ("PATCH", b"z"),
        ("DELETE", None),
        ("DELETE", b"w"),
        ("GET", b"v"),
    ],
)
def test_every_method_is_sent_as_it_is_also_on_a_used_handle(
    colour: Colour, method: str, body: bytes | None
) -> None:
    async def scenario(transport: Transport) -> None:
        for before in (("POST", b"12345"), ("GET", None), ("HEAD", None)):
            await fetch(transport, server.url, method=before[0], body=before[1])
            await fetch(transport, server.url, method=method, body=body)

    def answer(request: Received) -> list[Step]:
        return respond() if request.method == "HEAD" else HELLO

    with ScriptedServer(answer) as server:
        colour.run(scenario)
    for request in server.requests[1::2]:
        assert (request.method, request.body) == (method, body or b"")


@BOTH_MODES
def test_a_stream_is_read_as_it_comes(colour: Colour, headers: tuple[tuple[str, str], ...]) -> None:
    go = threading.Event()

    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url, headers=headers)
        assert await response.read(time.monotonic() + SOON) == b"one"
        go.set()
        assert await read_all(response) == b"two" + b"three"
        assert await response.read(time.monotonic() + SOON) == b""
        await response.aclose()

    head, one, *rest = stream([b"one", b"two", b"three"])
    with ScriptedServer([head, one, Await(go), *rest]) as server:
        colour.run(scenario)


def test_send_returns_with_the_headers_before_any_body(colour: Colour) -> None:
    go = threading.Event()

    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert response.status == 200
        go.set()
        assert await read_all(response) == b"late"

    head, *rest = stream([b"late"])
    with ScriptedServer([head, Await(go), *rest]) as server:
        colour.run(scenario)


@BOTH_MODES
def test_a_large_body_survives_back_pressure(
    colour: Colour, headers: tuple[tuple[str, str], ...]
) -> None:
    body = b"".join(b"%07d\n" % number for number in range(200_000))

    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url, headers=headers)
        await colour.runtime.sleep(0.05)
        parts = []
        while data := await response.read(time.monotonic() + SOON):
            parts.append(data)
            if len(parts) < 4:
                await colour.runtime.sleep(0.02)
        assert b"".join(parts) == body
        assert max(map(len, parts)) < 512 << 10

    with ScriptedServer(respond(body=body)) as server:
        colour.run(scenario)


@BOTH_MODES
@pytest.mark.fault("S14", "the sender is held up; waiting for the consumer is no timeout")
@pytest.mark.invariant("I12")
def test_a_slow_reader_stops_the_sender(
    colour: Colour, headers: tuple[tuple[str, str], ...]
) -> None:
    sent = 0

    def endless(_request: Received) -> object:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        while sent < MUCH:
            yield b"x" * 65536
            sent += 65536

    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url, headers=headers)
        await response.read(time.monotonic() + SOON)
        before = -1
        while before < sent:
            before = sent
            await colour.runtime.sleep(0.2)
        assert sent < MUCH
        assert await response.read(time.monotonic() + SOON)
        await response.aclose()

    with ScriptedServer(endless) as server:
        colour.run(scenario, limits=Limits(total=1 << 30))


def test_a_connection_is_used_again_and_the_facts_say_so(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        first, _ = await fetch(transport, server.url, body=b"12345")
        second, _ = await fetch(transport, server.url, body=b"12345")
        assert (first.facts.reused, second.facts.reused) == (False, True)
        for facts in (first.facts, second.facts):
            assert facts.http_version == "1.1"
            assert facts.remote == f"127.0.0.1:{server.port}"
            assert facts.queue == 0.0
            assert facts.connect is not None
            assert facts.first_byte is not None
            assert 0 <= facts.connect <= facts.first_byte < 5
            assert facts.bytes_in == len(HELLO[0])
        assert second.facts.bytes_out == server.bytes_received / 2

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
        assert server.connections == 1


def test_a_response_closed_early_closes_its_connection(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        await response.read(time.monotonic() + SOON)
        await response.aclose()
        await response.aclose()
        second, _ = await fetch(transport, server.url)
        assert not second.facts.reused

    head, one, *_ = stream([b"one"])
    with ScriptedServer([head, one, Pause(30)], HELLO) as server:
        colour.run(scenario)
        assert server.connections == 2


def test_a_body_that_came_in_whole_leaves_the_connection_usable_even_unread(
    colour: Colour,
) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        await colour.runtime.sleep(0.05)
        await response.aclose()
        second, _ = await fetch(transport, server.url)
        assert second.facts.reused

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_body_is_decoded(colour: Colour, encoding: str) -> None:
    brotli_of_hello = bytes.fromhex("0b028068656c6c6f03")
    body = gzip.compress(b"hello") if encoding == "gzip" else brotli_of_hello

    async def scenario(transport: Transport) -> None:
        response, decoded = await fetch(transport, server.url)
        assert decoded == b"hello"
        assert response.facts.bytes_in == len(server_answer[0])

    server_answer = respond(headers=(("Content-Encoding", encoding),), body=body)
    with ScriptedServer(server_answer) as server:
        colour.run(scenario)


@BOTH_MODES
def test_an_answer_past_the_cap_is_refused_after_what_came_before(
    colour: Colour, headers: tuple[tuple[str, str], ...]
) -> None:
    async def scenario(transport: Transport) -> int:
        response = await send(transport, server.url, headers=headers)
        size = 0
        with pytest.raises(ResponseTooLarge):
            while True:
                size += len(await response.read(time.monotonic() + SOON))
        await response.aclose()
        return size

    endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Repeat(b"y" * 10_000)]
    with ScriptedServer(endless) as server:
        size = colour.run(scenario, limits=Limits(total=1 << 20))
    assert 0 < size < 2 << 20


def test_a_read_that_waits_too_long_says_so_on_time(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"one"
        for patience in (0.05, 0.3):
            for watch in prompt(patience + 0.2, least=patience - 0.002):
                with watch, pytest.raises(ReadTimeout) as caught:
                    await response.read(time.monotonic() + patience)
                assert caught.value.phase == "idle"
        await response.aclose()

    head, one, *_ = stream([b"one"])
    with ScriptedServer([head, one, Pause(30)]) as server:
        colour.run(scenario)


def test_a_server_that_never_answers_is_a_read_timeout_of_the_first_event(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        for watch in prompt(0.5, least=0.198):
            with watch, pytest.raises(ReadTimeout) as caught:
                await send(transport, server.url + "/path?secret=1", within=0.2)
        assert (caught.value.phase, caught.value.sent) == ("first_event", True)
        assert "secret" not in str(caught.value)

    with ScriptedServer([Pause(30)]) as server:
        colour.run(scenario)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://example.com/", "https"),
        ("http://10.0.0.1/", "https"),
        ("https://user:hunter2@example.com/", "credentials"),
        ("ftp://example.com/", "https"),
        ("file:///etc/passwd", "https"),
        ("https://", "host"),
        ("https://example.com:notaport/", "port"),
        ("https://example.com/a b", "percent"),
        ("https://example.com/\r\nX: y", "percent"),
        ("https://exämple.com/", "percent"),
        ("", "URL"),
    ],
)
def test_a_url_that_must_not_be_asked_for_is_refused(colour: Colour, url: str, word: str) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(InvalidRequest, match=word) as caught:
            await send(transport, url)
        assert "hunter2" not in str(caught.value)

    colour.run(scenario)


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "b\r\nEvil: 1"),
        ("X-A", "b\nEvil: 1"),
        ("X-A", "b\x00c"),
        ("X-A", "b\ud800c"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("", "b"),
        ("Content-Length", "3"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_a_header_that_could_split_the_request_is_refused(
    colour: Colour, header: tuple[str, str]
) -> None:
    async def scenario(transport: Transport) -> None:
        secret = ("Authorization", "Bearer hunter2")
        with pytest.raises(InvalidRequest) as caught:
            await send(transport, server.url, headers=(secret, header))
        assert "hunter2" not in str(caught.value)
        assert "Evil" not in str(caught.value)
        with pytest.raises(InvalidRequest):
            await send(transport, server.url, method="GET / HTTP/1.1\r\nX: ")
        await fetch(transport, server.url)

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    assert len(server.requests) == 1


def test_insecure_http_may_be_allowed_and_a_unix_socket_needs_no_leave(
    colour: Colour, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(HELLO[0])
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()

    async def scenario(transport: Transport) -> None:
        _, body = await fetch(transport, "http://service/path")
        assert body == b"hello"

    colour.run(scenario, HttpSettings(unix_socket=str(path)))
    thread.join()
    listener.close()


def test_dots_in_a_path_are_sent_as_they_are(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url + "/v1/../models/./x")

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    assert server.requests[0].path == "/v1/../models/./x"


def test_importing_the_package_loads_no_curl() -> None:
    code = (
        "import sys, fairlead, fairlead.ports, fairlead.transports.curl;"
        "assert not any(name.startswith('pycurl') for name in sys.modules);"
        "from fairlead.transports.curl import AsyncCurlTransport;"
        "assert 'pycurl' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_events_that_are_wanted_whole_do_not_wait_for_a_reader(colour: Colour) -> None:
    body = b"data: x\n\n" * 100_000

    async def scenario(transport: Transport) -> None:
        for headers in (EVENTS, ()):  # on one handle
            asked = HttpRequest("POST", server.url, headers, b"{}", whole=True)
            deadline = time.monotonic() + SOON
            response = await transport.send(asked, deadline=deadline, timeouts=Timeouts())
            assert await read_all(response) == body

    with ScriptedServer(respond(body=body)) as server:
        colour.run(scenario)


def test_an_empty_piece_is_no_end(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url, headers=EVENTS)
        assert await response.read(time.monotonic() + SOON) == b"fir"
        exchange = response._exchange  # type: ignore[attr-defined]  # libcurl decides on pieces
        exchange.chunks.append(b"")
        with pytest.raises(ProtocolError):
            await read_all(response)

    cut: list[Step] = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfir", Close()]
    with ScriptedServer(cut) as server:
        colour.run(scenario)
