"""Exchanges that are wanted whole: libcurl runs them from their beginning to their end."""

from __future__ import annotations

import time

import pytest
from tests.timing import prompt
from tests.transports.colours import SOON, interrupted, until

from fairlead.engine.runtime import drive
from fairlead.errors import ConnectError, InvalidRequest, ProtocolError, ReadTimeout
from fairlead.ports import HttpResponse, Limits, Timeouts
from fairlead.testing.server import Close, Pause, Repeat, ScriptedServer, respond
from fairlead.transports.curl import BlockingCurlTransport
from fairlead.types.http import HttpRequest

HELLO = respond(body=b"hello")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def transport():
    made = BlockingCurlTransport(limits=Limits(total=1 << 20))
    yield made
    drive(made.aclose())


def ask(
    transport: BlockingCurlTransport, url: str, *, whole: bool = True, within: float = 10.0
) -> HttpResponse:
    request = HttpRequest("POST", f"{url}/x", (), b"{}", whole)
    return drive(transport.send(request, deadline=time.monotonic() + within, timeouts=Timeouts()))


def body(response: HttpResponse) -> bytes:
    found = b""
    while data := drive(response.read(time.monotonic() + 10)):
        found += data
    drive(response.aclose())
    return found


def test_the_body_is_there_with_the_headers(transport) -> None:
    with ScriptedServer([HEAD + b"12345", Pause(0.1), b"67890"]) as server:
        response = ask(transport, server.url)

        assert drive(response.read(time.monotonic())) == b"1234567890"
        assert (response.status, response.facts.bytes_out > 0) == (200, True)


def test_whole_and_streamed_exchanges_share_a_connection(transport) -> None:
    with ScriptedServer(HELLO) as server:
        ways = [True, False, True, False]
        assert [body(ask(transport, server.url, whole=whole)) for whole in ways] == [b"hello"] * 4

        assert server.connections == 1


def test_a_dead_reused_connection_is_replayed_once(transport) -> None:
    with ScriptedServer([*HELLO, Close()], HELLO) as server:
        assert body(ask(transport, server.url)) == b"hello"
        assert until(lambda: server.open_connections == 0)

        assert body(ask(transport, server.url)) == b"hello"
        assert len(server.requests) == 2


def test_a_request_that_was_read_and_lost_is_not_replayed(transport) -> None:
    with ScriptedServer([Close()]) as server:
        with pytest.raises(ProtocolError) as caught:
            ask(transport, server.url)

        assert caught.value.sent
        assert len(server.requests) == 1


@pytest.mark.parametrize("head", [b"", HEAD + b"123"])
def test_the_deadline_ends_it_wherever_it_stands(transport, head) -> None:
    with ScriptedServer([head, Pause(30)]) as server:
        for watch in prompt(2.0, least=0.25):
            with watch, pytest.raises(ReadTimeout):
                body(ask(transport, server.url, within=0.3))

        assert until(lambda: server.open_connections == 0)


def test_a_body_that_breaks_off_is_given_and_then_an_error(transport) -> None:
    with ScriptedServer([HEAD + b"123", Close()]) as server:
        response = ask(transport, server.url)

        assert drive(response.read(time.monotonic() + SOON)) == b"123"
        with pytest.raises(ProtocolError):
            drive(response.read(time.monotonic() + SOON))


def test_of_an_endless_error_only_the_head_is_read(transport) -> None:
    with ScriptedServer([b"HTTP/1.1 500 No\r\n\r\n", Repeat(b"x" * 65536)]) as server:
        response = ask(transport, server.url)

        assert 64 << 10 <= len(drive(response.read(time.monotonic() + SOON))) < 256 << 10


def test_nobody_listening_is_a_connect_error(transport) -> None:
    with pytest.raises(ConnectError):
        ask(transport, "http://127.0.0.1:9")


def test_a_request_that_may_not_be_sent_leaves_the_lane_usable(transport) -> None:
    with ScriptedServer(HELLO) as server:
        bad = HttpRequest("POST", f"{server.url}/x", (("x", "a\nb"),), b"{}", whole=True)
        with pytest.raises(InvalidRequest):
            drive(transport.send(bad, deadline=time.monotonic() + SOON, timeouts=Timeouts()))

        assert body(ask(transport, server.url)) == b"hello"


def test_an_interrupt_ends_it_at_once_and_frees_the_connection(transport) -> None:
    answer = [Pause(60)]
    with ScriptedServer(lambda _: answer) as server:
        for watch in prompt(1.0):
            with watch, interrupted(after=0.2):
                ask(transport, server.url, within=30)

        assert until(lambda: server.open_connections == 0)
        answer = HELLO
        assert body(ask(transport, server.url)) == b"hello"
