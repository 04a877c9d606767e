"""Every word that an adapter may say in its `cannot`, shown over all transports.

Over libcurl each of these tests passes. Over an adapter that declares the word it must fail, and
over one that does not it must pass: so a declaration is neither missing nor out of date.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from tests.adapters import CANNOT, OF_COLOUR, cannot
from tests.transports.adapted import ADAPTERS, ALL, ASYNCHRONOUS, Adapted, colour, itself
from tests.transports.caddy import Caddy
from tests.transports.colours import EVENTS, fetch, read_all, send, until
from tests.transports.declarations import PAGE, with_table
from tests.transports.h2_server import H2Server
from tests.transports.racing import races

from fairlead.engine.runtime import drive
from fairlead.errors import PoolTimeout, ProtocolError, ResponseTooLarge
from fairlead.ports import Limits, Timeouts, Transport
from fairlead.testing.server import Await, Close, Pause, ScriptedServer, respond
from fairlead.transports.adapting import INABILITIES
from fairlead.types.http import HttpRequest, HttpSettings

__all__ = ["colour"]

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", Pause(60)]

over_all = pytest.mark.parametrize("colour", ALL, indirect=True)
on_loops = pytest.mark.parametrize("colour", ["curl-asyncio", *ASYNCHRONOUS], indirect=True)


def test_every_word_is_explained_declared_and_shown() -> None:
    marks = [
        mark
        for test in globals().values()
        for mark in getattr(test, "pytestmark", ())
        if mark.name == "asks"
    ]

    assert {word for mark in marks for word in mark.args} == set(INABILITIES)
    assert set().union(*CANNOT.values(), *OF_COLOUR.values()) == set(INABILITIES)


def test_the_page_says_what_each_library_can_do() -> None:
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("FAIRLEAD_WRITE_DOCS") == "1":
        PAGE.write_text(with_table(page), encoding="utf-8")
    else:
        assert with_table(page) == page, "run `make docs`"


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with ScriptedServer([Pause(0.05), *HELLO]) as upstream:
        with Caddy(tmp_path_factory.mktemp("caddy"), upstream.url) as caddy:
            yield caddy


@pytest.mark.asks("blocking")
@pytest.mark.parametrize(
    "colour",
    ["curl-blocking", "httpx2-blocking", "httpx-blocking", "aiohttp-blocking"],
    indirect=True,
)
def test_a_client_that_blocks_is_served(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        assert (await fetch(transport, server.url))[1] == b"hello"

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)


@pytest.mark.asks("cancelling")
@on_loops
def test_a_call_may_be_cancelled_at_every_step(colour: Adapted) -> None:
    async def call(transport: Transport) -> None:
        response = await send(transport, server.url)
        try:
            await read_all(response)
        finally:
            await response.aclose()

    within = 2.0 if "cancelling" in cannot(colour.kind) else 20.0

    async def scenario(transport: Transport) -> None:
        tasks = asyncio.all_tasks()
        for steps in range(30):
            task = asyncio.ensure_future(call(transport))
            for _ in range(steps):
                await asyncio.sleep(0.0005 if steps % 2 else 0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        assert await asyncio.to_thread(until, lambda: server.open_connections == 0, within)
        assert asyncio.all_tasks() == tasks

    with ScriptedServer(OPEN) as server:
        colour.run(scenario, settings=HttpSettings(max_connections=1))


@pytest.mark.asks("cookies")
@over_all
def test_a_cookie_that_a_server_sets_is_not_sent_back(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            await fetch(transport, server.url.replace("127.0.0.1", "localhost"))

    with ScriptedServer(respond(headers=(("Set-Cookie", "a=b"),))) as server:
        colour.run(scenario)
    assert [request.header("cookie") for request in server.requests] == [None, None]


@pytest.mark.asks("early_data")
@pytest.mark.parametrize("colour", ["curl-asyncio", *ADAPTERS], indirect=True)
@races
def test_what_may_be_replayed_is_sent_with_the_first_packet(colour: Adapted, caddy: Caddy) -> None:
    async def whole(transport: Transport) -> int:
        asked = HttpRequest("GET", caddy.url, replayable=True)
        until = time.monotonic() + 5
        response = await transport.send(asked, deadline=until, timeouts=Timeouts())
        await read_all(response)
        await response.aclose()
        return response.facts.early

    async def scenario(transport: Transport) -> list[int]:
        """New connections after the first, since one may have but one request at a time."""
        await whole(transport)
        if colour.name == "blocking":
            return [await whole(transport)]
        return await asyncio.gather(*(whole(transport) for _ in range(3)))

    settings = HttpSettings(
        http_version="http3", ca_file=caddy.ca_file, early_data=True, max_streams=1
    )
    assert any(colour.run(scenario, settings))


@pytest.mark.asks("event_loops")
@on_loops
def test_one_transport_serves_several_event_loops(colour: Adapted) -> None:
    transport = colour.transport()
    with ScriptedServer(HELLO) as server, asyncio.Runner() as first, asyncio.Runner() as second:
        try:
            for runner in (first, second):
                assert runner.run(fetch(transport, server.url))[1] == b"hello"
        finally:
            first.run(transport.aclose())


@pytest.mark.asks("expansion")
@over_all
def test_what_unpacks_to_far_more_is_stopped_before_it_fills_the_memory(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> int:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLarge):
                await fetch(transport, server.url)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    bomb = gzip.compress(bytes(24 << 20))
    with ScriptedServer(respond(headers=(("Content-Encoding", "gzip"),), body=bomb)) as server:
        assert colour.run(scenario, limits=Limits(total=1 << 20)) < 8 << 20


@pytest.mark.asks("fork")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@over_all
def test_a_forked_child_goes_on_with_connections_of_its_own(colour: Adapted) -> None:
    def hello(transport: Transport) -> bool:
        asked = fetch(transport, server.url)
        answered = drive(asked) if colour.name == "blocking" else asyncio.run(asked)
        return answered[1] == b"hello"

    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if hello(transport) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0  # noqa: ASYNC222

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.asks("heads")
@over_all
def test_the_bytes_of_headers_are_counted(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        response, _ = await fetch(transport, server.url)
        assert response.facts.bytes_in == sum(map(len, HELLO))
        assert response.facts.bytes_out > len(b"{}")

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)


@pytest.mark.asks("http2")
@over_all
def test_http2_is_spoken(colour: Adapted, http2: H2Server, over_http2: HttpSettings) -> None:
    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, http2.url + "/hello")
        assert (response.facts.http_version, body) == ("2", b"hello")

    colour.run(scenario, over_http2)


@pytest.mark.asks("http3")
@over_all
@races
def test_http3_is_spoken(colour: Adapted, caddy: Caddy) -> None:
    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, caddy.url)
        assert (response.facts.http_version, body) == ("3", b"hello")

    colour.run(scenario, HttpSettings(http_version="http3", ca_file=caddy.ca_file))


@pytest.mark.asks("last_words")
@over_all
def test_what_came_just_before_a_connection_broke_is_handed_over(colour: Adapted) -> None:
    head, first = OPEN[0][:-10], OPEN[0][-10:]

    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        begun.set()
        while server.open_connections:
            await colour.runtime.sleep(0.01)
        for _ in range(10):  # all that came takes its way through the library
            await colour.runtime.sleep(0.002)
        assert await response.read(time.monotonic() + 5) == b"first"
        with pytest.raises(ProtocolError):
            await response.read(time.monotonic() + 5)
        await response.aclose()

    begun = threading.Event()
    with ScriptedServer([head, Await(begun), first, Close()]) as server:
        colour.run(scenario)


@pytest.mark.asks("pool_timeout")
@over_all
def test_a_full_pool_is_a_timeout_of_its_own(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        held = await send(transport, server.url)
        try:
            with pytest.raises(PoolTimeout):
                await send(transport, server.url, timeouts=Timeouts(pool=0.05, connect=0.05))
        finally:
            await held.aclose()

    with ScriptedServer(OPEN) as server:
        colour.run(scenario, settings=HttpSettings(max_connections=1))


@pytest.mark.asks("preconnect")
@over_all
def test_connections_are_opened_before_they_are_needed(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        await itself(transport).warm(
            server.url, connections=2, deadline=time.monotonic() + 5, timeouts=Timeouts()
        )
        assert server.connections == 2

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)


@pytest.mark.asks("replay")
@over_all
def test_what_an_old_connection_lost_before_any_answer_is_sent_anew(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            assert (await fetch(transport, server.url))[1] == b"hello"

    with ScriptedServer(HELLO, [Close()], HELLO) as server:
        colour.run(scenario)
    assert [request.connection for request in server.requests] == [1, 1, 2]


@pytest.mark.asks("http2", "resets")
@over_all
def test_a_server_is_told_that_nobody_reads_its_stream(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, http2.url + "/open", headers=EVENTS)
        assert await response.read(time.monotonic() + 5) == b"first"
        await response.aclose()
        await fetch(transport, http2.url + "/hello")
        assert http2.connections == 1
        assert http2.resets == 1

    colour.run(scenario, over_http2)


@pytest.mark.asks("http2", "streams")
@on_loops
def test_an_answer_is_handed_over_while_other_streams_are_silent(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    within = 0.3 if cannot(colour.kind, colour.name) else 20.0

    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        silent = http2.url + "/open"
        streams = [await send(transport, silent, headers=EVENTS, within=within) for _ in range(20)]
        _, body = await fetch(transport, http2.url + "/hello", within=within)
        assert body == b"hello"
        for response in streams:
            await response.aclose()

    colour.run(scenario, over_http2)


@pytest.mark.asks("reused")
@over_all
def test_a_connection_that_was_used_before_is_told_from_a_new_one(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        first, _ = await fetch(transport, server.url)
        second, _ = await fetch(transport, server.url)
        assert (first.facts.reused, second.facts.reused) == (False, True)
        assert first.facts.connect is not None

    with ScriptedServer(HELLO) as server:
        colour.run(scenario)


@pytest.mark.asks("settings")
@over_all
def test_connections_are_made_by_the_settings(colour: Adapted) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)

    with ScriptedServer(HELLO) as server:
        colour.run(scenario, HttpSettings(user_agent="ours/1"))
    assert server.requests[0].header("user-agent") == "ours/1"
