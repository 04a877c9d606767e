"""The blocking colour over HTTP/2 and 3: streams of many threads share few connections."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import trustme
from msgspec.structs import replace
from tests.transports.caddy import Caddy
from tests.transports.colours import EVENTS, SOON, fetch, read_all, send, until
from tests.transports.h2_server import H2Server
from tests.transports.racing import races

from fairlead.engine.runtime import drive
from fairlead.errors import PoolTimeout, ProtocolError
from fairlead.ports import HttpResponse, Timeouts
from fairlead.testing.server import Await, Received, ScriptedServer, Step, respond
from fairlead.transports.curl import BlockingCurlTransport
from fairlead.types.http import HttpSettings

HELLO = respond(body=b"hello")


@pytest.fixture
def transport(trusting: HttpSettings) -> Iterator[BlockingCurlTransport]:
    made = BlockingCurlTransport(trusting)
    yield made
    drive(made.aclose())
    assert made._quota._taken == 0
    assert made._shared is None


def open_stream(transport: BlockingCurlTransport, url: str) -> HttpResponse:
    """A stream that is silent after its first piece."""
    response = drive(send(transport, url, headers=EVENTS))
    assert drive(response.read(time.monotonic() + SOON)) == b"first"
    return response


def close(response: HttpResponse) -> None:
    drive(response.aclose())


def hello(transport: BlockingCurlTransport, http2: H2Server) -> bytes:
    return drive(fetch(transport, f"{http2.url}/hello"))[1]


def at_once(count: int, work: Callable[[int], None]) -> None:
    """In so many threads. Raises what the first of them raised."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_two_hundred_threads_stream_over_a_handful_of_connections(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    everyone = threading.Barrier(200)

    def work(number: int) -> None:
        response = open_stream(transport, f"{http2.url}/open")
        everyone.wait(60)
        close(response)
        everyone.wait(60)
        assert hello(transport, http2) == b"hello"

    at_once(200, work)
    # one for whoever came first, and those that libcurl opens before it knows the server's limit
    assert http2.connections <= 4
    assert until(lambda: http2.resets == 200)


def test_the_only_exchange_with_an_origin_has_a_lane_of_its_own(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    for _ in range(3):
        assert hello(transport, http2) == b"hello"
    assert transport._shared is None
    assert http2.connections == 1

    held = open_stream(transport, f"{http2.url}/open")
    for _ in range(3):
        assert hello(transport, http2) == b"hello"
    assert transport._shared is not None
    assert http2.connections == 2
    close(held)


def test_one_that_leaves_takes_nothing_from_the_others(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    streams = [open_stream(transport, f"{http2.url}/open") for _ in range(30)]
    close(streams.pop(11))
    del streams[3:5]  # forgotten

    assert until(lambda: http2.resets == 3)
    assert hello(transport, http2) == b"hello"
    for stream in streams:
        close(stream)
    assert http2.connections == 2


def test_as_many_streams_share_a_connection_as_may(http2: H2Server, trusting: HttpSettings) -> None:
    transport = BlockingCurlTransport(replace(trusting, max_streams=10))
    streams = [open_stream(transport, f"{http2.url}/open") for _ in range(31)]
    for stream in streams:
        close(stream)
    drive(transport.aclose())
    assert http2.connections == 4


def test_a_server_that_dies_ends_every_stream_with_its_own_error(
    transport: BlockingCurlTransport, authority: trustme.CA
) -> None:
    errors: list[ProtocolError] = []
    everyone = threading.Barrier(21)

    def work(_number: int) -> None:
        response = open_stream(transport, f"{http2.url}/open")
        everyone.wait(60)
        with pytest.raises(ProtocolError) as caught:
            drive(response.read(time.monotonic() + 60))
        errors.append(caught.value)

    with H2Server(authority) as http2:
        killer = threading.Thread(target=lambda: (everyone.wait(60), http2.__exit__()))
        killer.start()
        at_once(20, work)
        killer.join()
    assert len(set(map(id, errors))) == 20
    assert all(error.sent for error in errors)


def test_closing_a_response_ends_the_read_of_another_thread(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    held = open_stream(transport, f"{http2.url}/open")
    shared = open_stream(transport, f"{http2.url}/open")
    timer = threading.Timer(0.05, close, [shared])
    timer.start()

    with pytest.raises(ProtocolError, match="closed before its end"):
        drive(shared.read(time.monotonic() + 60))
    timer.join()
    close(held)


def test_streams_that_share_take_places_in_the_pool(
    http2: H2Server, trusting: HttpSettings
) -> None:
    transport = BlockingCurlTransport(replace(trusting, max_connections_per_host=3))
    streams = [open_stream(transport, f"{http2.url}/open") for _ in range(3)]
    with pytest.raises(PoolTimeout):
        drive(send(transport, f"{http2.url}/hello", timeouts=Timeouts(pool=0.01)))
    close(streams.pop())

    assert hello(transport, http2) == b"hello"
    for stream in streams:
        close(stream)
    drive(transport.aclose())


def test_streams_outlive_the_closing_of_the_transport(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    streams = [open_stream(transport, f"{http2.url}/open") for _ in range(3)]
    drive(transport.aclose())
    assert http2.resets == 0
    for stream in streams:
        close(stream)
    assert transport._shared is None
    assert until(lambda: http2.resets == 3)


def test_connections_are_warmed_for_one_and_for_many(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    warming = transport.warm(
        f"{http2.url}/hello",
        connections=5,
        deadline=time.monotonic() + SOON,
        timeouts=Timeouts(),
    )
    assert drive(warming) == "2"
    held = [open_stream(transport, f"{http2.url}/open") for _ in range(5)]
    assert all(response.facts.reused for response in held)
    assert http2.connections == 2
    for response in held:
        close(response)


def test_an_origin_that_speaks_http1_gets_a_lane_for_each(
    transport: BlockingCurlTransport, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(HELLO, tls=context) as http2:
        url = http2.url.replace("http:", "https:")
        response, _ = drive(fetch(transport, url))
        assert response.facts.http_version == "1.1"
        at_once(4, lambda _: drive(fetch(transport, url)))

    assert transport._shared is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_the_shared_lane_alone(
    transport: BlockingCurlTransport, http2: H2Server
) -> None:
    held = open_stream(transport, f"{http2.url}/open")
    shared = [open_stream(transport, f"{http2.url}/open") for _ in range(3)]
    assert transport._shared is not None
    with transport._shared._lock:  # as if another thread were at work amid it
        child = os.fork()
        if child == 0:
            os._exit(_as_a_child(transport, http2, shared))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert hello(transport, http2) == b"hello"
    assert until(lambda: http2.resets == 1)  # the child's own stream, on its own connection
    for response in [held, *shared]:
        close(response)


def _as_a_child(
    transport: BlockingCurlTransport, http2: H2Server, shared: list[HttpResponse]
) -> int:
    """0 where all went as it should."""
    code = 1
    try:
        shared.pop()  # forgotten
        close(shared.pop())
        with pytest.raises(ProtocolError, match="before the fork"):
            drive(shared[0].read(time.monotonic() + SOON))
        ours = open_stream(transport, f"{http2.url}/open")
        code = 0 if hello(transport, http2) == b"hello" else 2
        close(ours)
    finally:
        return code  # noqa: B012  # a child of pytest must go no further


@races
def test_many_threads_share_a_connection_of_http3(tmp_path: Path) -> None:
    opened = threading.Barrier(40)
    go_on = threading.Event()
    sockets: list[int] = []

    def script(request: Received) -> list[Step]:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nfirst"
        return HELLO if request.path == "/hello" else [head, Await(go_on), b"later"]

    def work(number: int) -> None:
        response = open_stream(transport, f"{caddy.url}/open")
        assert response.facts.http_version == "3"
        if opened.wait(60) == 0:
            sockets.append(_udp_sockets_to(caddy.port))
            go_on.set()
        assert drive(response.read(time.monotonic() + SOON)) == b"later"
        close(response)

    with ScriptedServer(script) as http2, Caddy(tmp_path, http2.url) as caddy:
        trusting = HttpSettings(http_version="http3", alt_svc=False, ca_file=caddy.ca_file)
        transport = BlockingCurlTransport(trusting)
        drive(fetch(transport, f"{caddy.url}/hello"))
        at_once(40, work)
        drive(transport.aclose())
    assert 1 <= sockets[0] <= 3


def _udp_sockets_to(port: int) -> int:
    sockets = psutil.Process().net_connections("udp4")
    return sum(each.raddr.port == port for each in sockets if each.raddr)


def test_a_reader_that_stops_holds_up_no_other_stream_of_its_connection(tmp_path: Path) -> None:
    def script(request: Received) -> list[Step]:
        return respond(body=b"x" * (40 << 20)) if request.path == "/much" else HELLO

    with ScriptedServer(script) as http2, Caddy(tmp_path, http2.url) as caddy:
        transport = BlockingCurlTransport(HttpSettings(alt_svc=False, ca_file=caddy.ca_file))
        held = [drive(send(transport, f"{caddy.url}/much")) for _ in range(2)]
        slow = held[1]
        for _ in range(50):
            assert drive(fetch(transport, f"{caddy.url}/hello"))[1] == b"hello"
        assert slow._exchange.paused
        assert slow._exchange.held < 1 << 20
        assert len(drive(read_all(slow))) == 40 << 20
        for response in held:
            close(response)
        drive(transport.aclose())
