"""The fault proxy: what goes through it arrives, and each toxic does what its name says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.timing import prompt
from tests.transports.colours import until

from fairlead.testing.proxy import FaultProxy
from fairlead.testing.server import Pause, Repeat, Reset, ScriptedServer, Step, respond
from fairlead.testing.toxics import (
    Bandwidth,
    Down,
    HalfOpen,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Toxic,
)

ASK = b"POST /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
ANSWER = respond(body=b"hello")
WIRE = b"".join(step for step in ANSWER if isinstance(step, bytes))


@contextmanager
def asked(
    *toxics: Toxic, script: list[Step] = ANSWER
) -> Iterator[tuple[socket.socket, ScriptedServer, FaultProxy]]:
    """A connection through a proxy with `toxics`, on which the request has been sent."""
    with ScriptedServer(script) as server, FaultProxy(server.url, *toxics) as proxy:
        port = int(proxy.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(ASK)
            yield connection, server, proxy


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := connection.recv(count - len(data))):
        data += piece
    return data


def test_without_toxics_everything_passes_both_ways() -> None:
    with asked() as (connection, server, proxy):
        assert exactly(connection, len(WIRE)) == WIRE
        connection.sendall(ASK)
        assert exactly(connection, len(WIRE)) == WIRE
        assert proxy.connections == 1
        assert [request.body for request in server.requests] == [b"body", b"body"]


def test_large_bodies_come_through_whole() -> None:
    with asked(script=[Repeat(b"0123456789abcdef" * 4096, 64)]) as (connection, _, _):
        assert exactly(connection, 4 << 20) == b"0123456789abcdef" * (1 << 18)


def test_latency_delays_each_piece_and_holds_up_none_behind_it() -> None:
    pieces: list[Step] = [step for _ in range(5) for step in (b"x", Pause(0.05))]
    for watch in prompt(0.6):  # five delays in a row would be a second
        begin = time.monotonic()
        with asked(Latency(0.2), script=pieces) as (connection, _, _):
            connection.recv(1)
            assert time.monotonic() - begin >= 0.2
            with watch:
                assert exactly(connection, 4) == b"xxxx"


def test_a_bandwidth_is_kept_to() -> None:
    for first in prompt(0.3):
        for whole in prompt(2.0, least=0.35):
            with whole, asked(Bandwidth(20_000), script=[b"x" * 8000]) as (connection, _, _):
                with first:
                    exactly(connection, 1)
                exactly(connection, 7999)


def test_a_slicer_writes_small_pieces() -> None:
    with asked(Slicer(1, pause=0.02), script=[b"abcdef"]) as (connection, _, _):
        assert [connection.recv(100) for _ in range(6)] == [b"%c" % c for c in b"abcdef"]


def test_data_is_limited_to_the_byte_and_the_end_is_in_order() -> None:
    with asked(LimitData(7)) as (connection, server, _):
        assert exactly(connection, 100) == WIRE[:7]
        assert connection.recv(1) == b""
        connection.close()
        assert until(lambda: server.open_connections == 0)


def test_a_reset_comes_behind_so_many_bytes() -> None:
    with asked(ResetPeer(7)) as (connection, _, _):
        time.sleep(0.05)
        with pytest.raises(ConnectionResetError):
            exactly(connection, 100)


def test_a_reset_at_once_reaches_no_server() -> None:
    with ScriptedServer(ANSWER) as server, FaultProxy(server.url, ResetPeer()) as proxy:
        port = int(proxy.url.rpartition(":")[2])
        with pytest.raises(ConnectionResetError):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                exactly(connection, 1)
        assert server.connections == 0


def test_half_open_swallows_what_comes_and_tells_nobody() -> None:
    with asked(HalfOpen(7)) as (connection, server, _):
        assert exactly(connection, 7) == WIRE[:7]
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.open_connections == 1
        connection.close()
        assert until(lambda: server.open_connections == 0)


def test_a_request_may_be_what_is_swallowed() -> None:
    with asked(HalfOpen(10, toward="server")) as (connection, server, _):
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.requests == []
        connection.close()
        assert until(lambda: server.open_connections == 0)


def test_a_slow_close_keeps_the_end_back() -> None:
    with asked(SlowClose(0.2), script=[b"bye"]) as (connection, server, _):
        assert exactly(connection, 3) == b"bye"
        begin = time.monotonic()
        server.__exit__(None, None, None)
        assert connection.recv(1) == b""
        assert time.monotonic() - begin >= 0.15


def test_down_refuses_breaks_off_and_may_come_up_again() -> None:
    with asked() as (connection, _, proxy):
        exactly(connection, len(WIRE))
        proxy.set(Down())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        port = int(proxy.url.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=20)
        proxy.set()
        socket.create_connection(("127.0.0.1", port), timeout=20).close()


def test_toxics_change_under_an_open_connection() -> None:
    with asked() as (connection, _, proxy):
        exactly(connection, len(WIRE))
        proxy.set(LimitData(len(WIRE) + 3))
        connection.sendall(ASK)
        assert exactly(connection, 100) == WIRE[:3]


def test_a_reset_by_the_server_is_passed_on() -> None:
    with asked(script=[b"x", Pause(0.05), Reset()]) as (connection, _, _):
        assert exactly(connection, 1) == b"x"
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_nothing_is_left_when_it_ends_amid_everything() -> None:
    threads = threading.active_count()
    with asked(HalfOpen(3), Latency(30)) as (connection, _, _):
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert until(lambda: threading.active_count() <= threads)
