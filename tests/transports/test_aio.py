"""The asyncio colour: loops, cancellation, the pool's queue, a thousand streams at once."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable

import psutil
import pytest
from tests.transports.colours import EVENTS, SOON, fetch, read_all, send, until

from fairlead.errors import ConfigError, ConnectError, PoolTimeout, ProtocolError
from fairlead.ports import Timeouts
from fairlead.testing.server import Await, Close, Pause, Received, ScriptedServer, Step, respond
from fairlead.transports.curl import AsyncCurlTransport
from fairlead.transports.curl.exchange import Exchange
from fairlead.types.http import HttpRequest, HttpSettings

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", Pause(60)]


async def come_true(condition: Callable[[], bool], within: float = 10.0) -> bool:
    """Whether `condition` comes true in time, looked at from a running loop."""
    for _ in range(round(within * 100)):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


def test_many_calls_at_once_share_the_pool() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport()
        for _ in range(3):
            answers = await asyncio.gather(*(fetch(transport, server.url) for _ in range(50)))
            assert [body for _, body in answers] == [b"hello"] * 50
        await transport.aclose()

    with ScriptedServer(HELLO) as server:
        asyncio.run(main())
        assert server.connections <= 50
        assert len(server.requests) == 150


def test_one_transport_serves_one_loop_after_another() -> None:
    transport = AsyncCurlTransport()

    async def call() -> None:
        _, body = await fetch(transport, server.url)
        assert body == b"hello"

    with ScriptedServer(HELLO) as server:
        for _ in range(3):
            asyncio.run(call())
        gc.collect()
        assert until(lambda: server.open_connections <= 1)
        asyncio.run(transport.aclose())
        assert until(lambda: server.open_connections == 0)


def test_one_transport_serves_two_loops_at_once() -> None:
    transport = AsyncCurlTransport()
    failures: list[BaseException] = []

    async def calls() -> None:
        for _ in range(50):
            await fetch(transport, server.url)

    def work() -> None:
        try:
            asyncio.run(calls())
        except BaseException as error:
            failures.append(error)

    with ScriptedServer(HELLO) as server:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert server.connections == 4
        asyncio.run(transport.aclose())


def test_a_loop_may_end_amid_a_stream() -> None:
    transport = AsyncCurlTransport()

    async def begin() -> object:
        return await send(transport, server.url)

    with ScriptedServer(OPEN) as server:
        responses = [asyncio.run(begin()) for _ in range(3)]
        responses.clear()
        asyncio.run(transport.aclose())
        gc.collect()
        assert until(lambda: server.open_connections == 0)


def test_uvloop_carries_it_too() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> None:
        transport = AsyncCurlTransport()
        _, body = await fetch(transport, server.url)
        assert body == b"hello"
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"first"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await response.read(time.monotonic() + SOON)
        await transport.aclose()

    with (
        ScriptedServer(HELLO, OPEN) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(main())


def test_closing_the_transport_ends_what_is_under_way() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport()
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"first"
        reading = asyncio.ensure_future(response.read(time.monotonic() + SOON))
        await asyncio.sleep(0)
        await transport.aclose()
        assert until(lambda: server.open_connections == 0)
        with pytest.raises(ProtocolError, match="closed"):
            await reading

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())


def test_closing_the_transport_ends_who_waits_for_a_place() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(HttpSettings(max_connections=1))
        held = await send(transport, server.url)
        waiting = asyncio.ensure_future(send(transport, server.url))
        await asyncio.sleep(0)
        await transport.aclose()
        with pytest.raises(ConnectError, match="closed"):
            await waiting
        await held.aclose()

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())
    assert len(server.requests) == 1


def test_a_place_that_was_given_as_the_transport_closed_is_not_used() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(HttpSettings(max_connections=1))
        held = await send(transport, server.url)
        waiting = asyncio.ensure_future(send(transport, server.url))
        await asyncio.sleep(0)
        await held.aclose()
        await transport.aclose()
        with pytest.raises(ConnectError, match="closed"):
            await waiting

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())
    assert len(server.requests) == 1


def test_a_response_has_one_reader() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport()
        response = await send(transport, server.url)
        assert await response.read(time.monotonic() + SOON) == b"first"
        first = asyncio.ensure_future(response.read(time.monotonic() + SOON))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await response.read(time.monotonic() + SOON)
        await response.aclose()
        with pytest.raises(ProtocolError, match="closed"):
            await first
        await transport.aclose()

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())


class BlindLoop(asyncio.SelectorEventLoop):
    """Like the proactor loop of Windows, it cannot watch sockets."""

    def add_reader(self, *_arguments: object) -> None:
        raise NotImplementedError


def test_nobody_is_woken_before_what_is_wanted_whole_has_come() -> None:
    async def main() -> None:
        asked = HttpRequest("GET", "http://127.0.0.1/", whole=True)
        exchange = Exchange(asked, "http://127.0.0.1", started=0.0, room=100)
        exchange.waiter = waiter = asyncio.get_running_loop().create_future()
        assert exchange.receive(b"a piece")
        assert not waiter.done()
        exchange.end(None)
        assert waiter.done()

    asyncio.run(main())


def test_an_error_is_told_by_its_head_though_its_body_never_ends() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport()
        deadline = time.monotonic() + SOON
        response = await transport.send(
            HttpRequest("GET", server.url, whole=True), deadline=deadline, timeouts=Timeouts()
        )
        assert response.status == 500
        assert await response.read(deadline) == b"too "
        await response.aclose()
        await transport.aclose()

    broken: list[Step] = [b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\ntoo ", Pause(60)]
    with ScriptedServer(broken) as server:
        asyncio.run(main())


def test_a_loop_that_cannot_watch_sockets_is_named() -> None:
    async def main() -> None:
        with pytest.raises(ConfigError, match="selector"):
            await send(AsyncCurlTransport(), "http://localhost:1/")

    with asyncio.Runner(loop_factory=BlindLoop) as runner:
        runner.run(main())


@pytest.mark.parametrize("answer", [HELLO, OPEN, [Pause(60)]], ids=["whole", "stream", "silent"])
@pytest.mark.invariant("I11")
def test_a_call_may_be_cancelled_at_every_step(answer: list[Step]) -> None:
    settings = HttpSettings(max_connections=1)

    async def call(transport: AsyncCurlTransport) -> None:
        response = await send(transport, server.url)
        try:
            await read_all(response)
        finally:
            await response.aclose()

    async def main() -> None:
        transport = AsyncCurlTransport(settings)
        for steps in range(40):
            task = asyncio.ensure_future(call(transport))
            for _ in range(steps):
                await asyncio.sleep(0.0005 if steps % 2 else 0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None
        assert until(lambda: server.open_connections <= 1)
        server_answers.append(HELLO)
        _, body = await fetch(transport, server.url, timeouts=Timeouts(pool=0.5))
        assert body == b"hello"
        await transport.aclose()

    server_answers = [answer]
    with ScriptedServer(lambda _request: server_answers[-1]) as server:
        asyncio.run(main())


def test_who_waits_for_a_place_gets_it_in_turn() -> None:
    settings = HttpSettings(max_connections=1)

    async def main() -> None:
        transport = AsyncCurlTransport(settings)
        first = await send(transport, server.url + "/first")
        waiting = [
            asyncio.ensure_future(fetch(transport, f"{server.url}/{number}")) for number in range(5)
        ]
        await asyncio.sleep(0.05)
        waiting[1].cancel()
        with pytest.raises(PoolTimeout):
            await send(transport, server.url, timeouts=Timeouts(pool=0.01))
        await first.aclose()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(results[1], asyncio.CancelledError)
        facts = results[0][0].facts
        assert facts.queue > 0.04
        assert facts.connect >= facts.queue
        await transport.aclose()

    def answer(request: Received) -> list[Step]:
        return OPEN if request.path == "/first" else HELLO

    with ScriptedServer(answer) as server:
        asyncio.run(main())
    assert [request.path for request in server.requests] == ["/first", "/0", "/2", "/3", "/4"]


def test_the_limit_of_one_host_does_not_hold_up_another() -> None:
    settings = HttpSettings(max_connections=2, max_connections_per_host=1)

    async def main() -> None:
        transport = AsyncCurlTransport(settings)
        held = await send(transport, server.url)
        blocked = asyncio.ensure_future(send(transport, server.url))
        await asyncio.sleep(0)
        _, body = await fetch(transport, other.url)
        assert body == b"hello"
        assert not blocked.done()
        await held.aclose()
        await (await blocked).aclose()
        await transport.aclose()

    with ScriptedServer(OPEN) as server, ScriptedServer(HELLO) as other:
        asyncio.run(main())


def test_bytes_that_came_while_the_process_stood_still_win_over_the_timer() -> None:
    """After a stop, an event loop may see its timers alone, and no socket that is ready."""
    come = threading.Event()

    async def main() -> None:
        transport = AsyncCurlTransport()
        response = await send(transport, server.url)
        driver, slot = transport._driver(), response._exchange.slot
        assert slot is not None
        reading = asyncio.ensure_future(response.read(time.monotonic() + 3600))
        await asyncio.sleep(0)
        assert response._exchange.waiter is not None
        come.set()
        assert until(lambda: bool(driver._poller.wait(0)))
        response._exchange.deadline = time.monotonic() - 1
        driver._on_slot_timer(slot)
        assert await reading == b"hello"
        await transport.aclose()

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with ScriptedServer([head, Await(come), b"hello"]) as server:
        asyncio.run(main())


def test_a_loop_that_was_blocked_past_the_deadline_reads_what_came_meanwhile() -> None:
    come = threading.Event()

    async def main() -> None:
        transport = AsyncCurlTransport()
        response = await send(transport, server.url)
        deadline = time.monotonic() + 30
        reading = asyncio.ensure_future(response.read(deadline))
        await asyncio.sleep(0)
        assert response._exchange.waiter is not None
        come.set()
        driver = transport._driver()
        assert until(lambda: bool(driver._poller.wait(0)))
        slot = response._exchange.slot
        assert slot is not None
        response._exchange.deadline = time.monotonic()
        driver._arm_slot(slot, time.monotonic())  # it is due as soon as the loop runs
        assert await reading == b"hello"
        await transport.aclose()

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with ScriptedServer([head, Await(come), b"hello"]) as server:
        asyncio.run(main())


@pytest.mark.fault("C10")
def test_stale_connections_cost_one_replay_however_many_there_are() -> None:
    seen: set[int] = set()

    def answer(request: Received) -> list[Step]:
        if request.connection in seen:
            return [Close()]
        seen.add(request.connection)
        return [Await(together), *HELLO]

    together = threading.Event()

    async def main() -> None:
        transport = AsyncCurlTransport()
        calls = [asyncio.ensure_future(fetch(transport, server.url)) for _ in range(5)]
        assert await come_true(lambda: len(server.requests) == 5)
        together.set()
        await asyncio.gather(*calls)
        response, body = await fetch(transport, server.url, body=b"once more")
        assert (body, response.facts.reused) == (b"hello", False)
        await transport.aclose()

    with ScriptedServer(answer) as server:
        asyncio.run(main())
    assert [request.body for request in server.requests].count(b"once more") == 2


def test_a_response_forgotten_in_another_thread_is_closed() -> None:
    async def main() -> None:
        transport = AsyncCurlTransport()
        kept = [await send(transport, server.url)]
        thread = threading.Thread(target=kept.clear)
        thread.start()
        thread.join()
        await asyncio.sleep(0.05)
        assert until(lambda: server.open_connections == 0)
        await transport.aclose()

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())


@pytest.fixture
def many_descriptors() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def open_streams(transport: AsyncCurlTransport, url: str, count: int) -> list[object]:
    streams = []
    for _ in range(count // 50):
        streams += await asyncio.gather(
            *(send(transport, url, headers=EVENTS, within=30) for _ in range(50))
        )
    for stream in streams:
        assert await stream.read(time.monotonic() + 10) == b"first"
    return streams


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_streams_are_open_at_once_and_take_little_memory() -> None:
    process = psutil.Process()

    async def main() -> None:
        transport = AsyncCurlTransport()
        warm = await open_streams(transport, server.url, 50)
        before = process.memory_info().rss
        streams = await open_streams(transport, server.url, 900)
        grown = process.memory_info().rss - before
        # the server's threads live in this process too, with some 12 KiB for each connection
        assert grown / 900 < 80 << 10
        for stream in streams + warm:
            await stream.aclose()
        await transport.aclose()

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())


@pytest.mark.usefixtures("many_descriptors")
@pytest.mark.invariant("I11")
def test_a_thousand_cancelled_streams_leave_nothing_behind() -> None:
    process = psutil.Process()

    async def read_for_ever(transport: AsyncCurlTransport) -> None:
        response = await send(transport, server.url, headers=EVENTS, within=30)
        try:
            await read_all(response, within=30)
        finally:
            await response.aclose()

    async def main() -> None:
        transport = AsyncCurlTransport()
        warm = asyncio.ensure_future(read_for_ever(transport))
        assert await come_true(lambda: len(server.requests) == 1)
        warm.cancel()
        await asyncio.wait([warm])
        assert until(lambda: server.open_connections == 0)
        descriptors, threads = process.num_fds(), threading.active_count()
        for _ in range(4):
            tasks = [asyncio.ensure_future(read_for_ever(transport)) for _ in range(250)]
            target = len(server.requests) + 250
            assert await come_true(lambda target=target: len(server.requests) == target)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        assert len(asyncio.all_tasks()) == 1
        assert until(lambda: server.open_connections == 0)
        assert until(lambda: process.num_fds() <= descriptors)
        assert until(lambda: threading.active_count() <= threads)
        await transport.aclose()

    with ScriptedServer(OPEN) as server:
        asyncio.run(main())
