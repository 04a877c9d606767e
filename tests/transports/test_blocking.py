"""The blocking colour: threads, signals, forks, and the pool they share."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time

import pytest
from tests.timing import prompt
from tests.transports.colours import SOON, fetch, interrupted, read_all, send, until

from fairlead.engine.runtime import drive
from fairlead.errors import PoolTimeout
from fairlead.ports import Timeouts
from fairlead.testing.server import Pause, Received, ScriptedServer, Step, respond, stream
from fairlead.transports.curl import BlockingCurlTransport
from fairlead.types.http import HttpSettings

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", Pause(60)]


def close(transport: BlockingCurlTransport) -> None:
    drive(transport.aclose())


def test_many_threads_share_one_transport() -> None:
    transport = BlockingCurlTransport(HttpSettings(max_connections=4))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(25):
                _, body = drive(fetch(transport, server.url))
                assert body == b"hello"
        except BaseException as error:
            failures.append(error)

    with ScriptedServer(HELLO) as server:
        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert server.connections <= 4
        assert len(server.requests) == 400
        close(transport)
        assert until(lambda: server.open_connections == 0)


def test_it_works_inside_a_running_event_loop() -> None:
    transport = BlockingCurlTransport()

    async def main() -> bytes:
        return drive(fetch(transport, server.url))[1]

    with ScriptedServer(HELLO) as server:
        assert asyncio.run(main()) == b"hello"
        close(transport)


def test_a_thread_that_waits_gets_the_place_of_one_that_ends() -> None:
    transport = BlockingCurlTransport(HttpSettings(max_connections=1))
    waited: list[float] = []

    def work() -> None:
        response, _ = drive(fetch(transport, server.url))
        waited.append(response.facts.queue)

    with ScriptedServer(OPEN, HELLO) as server:
        held = drive(send(transport, server.url))
        with pytest.raises(PoolTimeout):
            drive(send(transport, server.url, timeouts=Timeouts(pool=0.01)))
        thread = threading.Thread(target=work)
        thread.start()
        assert until(lambda: transport._waiting == 1)
        time.sleep(0.05)
        drive(held.aclose())
        thread.join()
        close(transport)
    assert waited[0] > 0.03


def test_an_idle_connection_gives_way_to_another_origin() -> None:
    transport = BlockingCurlTransport(HttpSettings(max_connections=2))
    with ScriptedServer(HELLO) as first, ScriptedServer(HELLO) as second:
        for _ in range(2):
            held = [drive(send(transport, first.url)) for _ in range(2)]
            for response in held:
                drive(response.aclose())
            held = [drive(send(transport, second.url)) for _ in range(2)]
            assert first.open_connections + second.open_connections <= 4
            for response in held:
                drive(response.aclose())
        assert until(lambda: first.open_connections + second.open_connections <= 2)
        close(transport)


def test_a_response_in_use_survives_the_closing_of_the_transport() -> None:
    transport = BlockingCurlTransport()
    with ScriptedServer(OPEN) as server:
        response = drive(send(transport, server.url))
        close(transport)
        assert drive(response.read(time.monotonic() + SOON)) == b"first"
        drive(response.aclose())
        assert until(lambda: server.open_connections == 0)


@pytest.mark.parametrize("stage", ["send", "read"])
def test_an_interrupt_comes_through_at_once_and_frees_the_connection(stage: str) -> None:
    transport = BlockingCurlTransport(HttpSettings(max_connections=1))
    answer = OPEN if stage == "read" else [Pause(60)]

    def wait() -> None:
        response = drive(send(transport, server.url, within=30))
        drive(response.read(time.monotonic() + 30))
        drive(response.read(time.monotonic() + 30))

    with ScriptedServer(lambda _: answer) as server:
        for watch in prompt(1.0):
            with watch, interrupted(after=0.2):
                wait()
            assert until(lambda: server.open_connections == 0)
        answer = HELLO
        assert drive(fetch(transport, server.url))[1] == b"hello"
        close(transport)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_uses_connections_of_its_own() -> None:
    transport = BlockingCurlTransport()
    with ScriptedServer(HELLO, stream([b"late"], pause=0.3), HELLO) as server:
        drive(fetch(transport, server.url))
        under_way = drive(send(transport, server.url))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                del under_way
                code = 0 if drive(fetch(transport, server.url))[1] == b"hello" else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert drive(read_all(under_way)) == b"late"
        response, _ = drive(fetch(transport, server.url))
        assert response.facts.reused
        close(transport)
    assert [request.connection for request in server.requests] == [1, 1, 2, 1]


@pytest.mark.invariant("I11")
def test_a_response_that_is_freed_with_a_circle_leaves_the_pool_usable() -> None:
    transport = BlockingCurlTransport(HttpSettings(max_connections=1))

    def answer(request: Received) -> list[Step]:
        return OPEN if request.path == "/open" else HELLO

    with ScriptedServer(answer) as server:
        for _ in range(5):
            circle: list[object] = [drive(send(transport, server.url + "/open"))]
            circle.append(circle)
            del circle
            gc.collect()
            assert until(lambda: server.open_connections == 0)
        assert drive(fetch(transport, server.url))[1] == b"hello"
        close(transport)
