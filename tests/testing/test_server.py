"""The scripted server does what it is told, and leaves nothing behind."""

from __future__ import annotations

import socket
import ssl
import threading

import psutil
import pytest
import trustme
from tests.timing import prompt
from tests.transports.colours import until

from fairlead.testing.server import (
    Await,
    Close,
    Pause,
    Receive,
    Repeat,
    Reset,
    ScriptedServer,
    respond,
    stream,
)

GET = b"GET /path?q=1 HTTP/1.1\r\nHost: x\r\nX-Name:  value \r\n\r\n"


def connect(server: ScriptedServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def read_all(client: socket.socket) -> bytes:
    parts = []
    while data := client.recv(65536):
        parts.append(data)
    return b"".join(parts)


def test_each_request_takes_the_next_answer_and_the_last_one_stays() -> None:
    with ScriptedServer(respond(body=b"one"), [*respond(body=b"two"), Close()]) as server:
        with connect(server) as client:
            client.sendall(GET + GET)
            one, two = read_all(client).split(b"HTTP/1.1")[1:]
            assert one.endswith(b"one")
            assert two.endswith(b"two")
        with connect(server) as client:
            client.sendall(GET)
            assert read_all(client).endswith(b"two")


def test_requests_are_recorded_whole_however_they_come() -> None:
    chunks = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    chunked = b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    sized = b"PUT /s HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
    everything = GET + chunked + sized
    with ScriptedServer(respond(), respond(), [Close()]) as server, connect(server) as client:
        for index in range(len(everything)):
            client.sendall(everything[index : index + 1])
        read_all(client)
    first, second, third = server.requests
    assert (first.method, first.path, first.body) == ("GET", "/path?q=1", b"")
    assert first.header("x-name") == "value"
    assert (second.method, second.body) == ("POST", b"abcde")
    assert (third.method, third.body) == ("PUT", b"body")
    assert server.bytes_received == len(everything)
    assert {request.connection for request in server.requests} == {1}


def test_what_speaks_no_http_is_hung_up_on() -> None:
    with ScriptedServer() as server, connect(server) as client:
        client.sendall(b"EHLO\r\n\r\n")
        assert read_all(client) == b""
    assert server.requests == []


def test_an_answer_may_depend_on_the_request() -> None:
    def echo(request):
        return [*respond(404, (("X-A", "b"),), request.path.encode(), reason="Nope"), Close()]

    with ScriptedServer(echo) as server, connect(server) as client:
        client.sendall(GET)
        assert read_all(client) == (
            b"HTTP/1.1 404 Nope\r\nX-A: b\r\nContent-Length: 9\r\n\r\n/path?q=1"
        )


def test_a_stream_is_framed_in_chunks_or_by_the_end_of_the_connection() -> None:
    with ScriptedServer(stream([b"ab", b"c"], pause=0.01)) as server, connect(server) as client:
        client.sendall(GET)
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += client.recv(65536)
        assert received.endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    with ScriptedServer(stream([b"ab", b"c"], chunked=False)) as server, connect(server) as client:
        client.sendall(GET)
        assert read_all(client).endswith(b"\r\n\r\nabc")


def test_a_reset_is_a_reset_and_a_close_is_not() -> None:
    with ScriptedServer([Close()], [Reset()]) as server:
        with connect(server) as client:
            client.sendall(GET)
            assert read_all(client) == b""
        with connect(server) as client:
            client.sendall(GET)
            with pytest.raises(ConnectionResetError):
                read_all(client)


def test_greetings_waits_and_repeats_are_played() -> None:
    go = threading.Event()
    greeting = [b"hello ", Receive(5), Await(go), Repeat(b"x", 3), Pause(0.01), Close()]
    with ScriptedServer(greeting=greeting) as server, connect(server) as client:
        assert client.recv(100) == b"hello "
        client.sendall(b"12345")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        go.set()
        client.settimeout(20)
        assert read_all(client) == b"xxx"
    assert server.requests == []


def test_a_client_that_leaves_ends_its_script_at_once() -> None:
    with ScriptedServer([b"x", Pause(60)], [Repeat(b"y" * 1000)]) as server:
        for _ in range(2):
            with connect(server) as client:
                client.sendall(GET)
                client.recv(1)
            assert until(lambda: server.open_connections == 0)


def test_a_stream_of_a_list_is_played_as_often_as_it_is_asked_for() -> None:
    with ScriptedServer(stream([b"one"])) as server:
        for _ in range(2):
            with connect(server) as client:
                client.sendall(GET)
                client.shutdown(socket.SHUT_WR)
                assert read_all(client).endswith(b"3\r\none\r\n0\r\n\r\n")


def test_a_connection_counts_as_open_until_it_is_closed() -> None:
    told: list[int] = []

    class Line(socket.socket):
        def close(self) -> None:
            told.append(server.open_connections)
            super().close()

    here, there = socket.socketpair()
    here.close()
    server = ScriptedServer()
    with server, Line(fileno=there.detach()) as line:
        server.open_connections += 1
        server._serve(line, 1)
        assert server.open_connections == 0
    assert told[0] == 1


def test_tls_is_spoken_where_a_context_is_given() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with ScriptedServer([*respond(body=b"safe"), Close()], tls=context) as server:
        assert server.url.startswith("https://")
        with (
            connect(server) as raw,
            trusting.wrap_socket(raw, server_hostname="127.0.0.1") as client,
        ):
            client.sendall(GET)
            assert client.recv(1000).endswith(b"safe")


def test_nothing_is_left_when_it_stops_amid_everything() -> None:
    process = psutil.Process()
    threads, descriptors = threading.active_count(), process.num_fds()
    for watch in prompt(3.0):
        with (
            watch,
            ScriptedServer([Pause(60)], [Await(threading.Event())], [Repeat(b"z")]) as server,
        ):
            clients = [connect(server) for _ in range(5)]
            for client in clients[:4]:
                client.sendall(GET)
            assert until(lambda: len(server.requests) == 4)
        for client in clients:
            client.close()
    assert threading.active_count() <= threads
    assert process.num_fds() <= descriptors
