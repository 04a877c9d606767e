"""HTTP/3 behind a real server: chosen, announced, and left again where it does not work."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace
from tests.timing import prompt
from tests.transports.caddy import Caddy
from tests.transports.colours import EVENTS, Colour, fetch, read_all, send
from tests.transports.racing import races

from fairlead.errors import ProtocolError, ReadTimeout
from fairlead.ports import HttpResponse, Timeouts, Transport
from fairlead.testing.server import Pause, ScriptedServer, respond
from fairlead.transports.curl import AsyncCurlTransport
from fairlead.types.http import HttpRequest, HttpSettings

HELLO = respond(body=b"hello")
OPEN = [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n", Pause(60)]
SOON = 0.5
"""Seconds within which a network that swallows QUIC must not be noticed any more."""


@pytest.fixture
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer(HELLO) as server:
        yield server


@pytest.fixture
def caddy(upstream: ScriptedServer, tmp_path: Path) -> Iterator[Caddy]:
    with Caddy(tmp_path, upstream.url) as made:
        yield made


@pytest.fixture(params=["closed", "swallowed"])
def blocked(
    request: pytest.FixtureRequest, upstream: ScriptedServer, tmp_path: Path
) -> Iterator[Caddy]:
    """A server that announces HTTP/3 on a port where UDP does not get through."""
    taken = request.param == "swallowed"
    with Caddy(tmp_path, upstream.url, protocols="h1 h2", announced=True, taken=taken) as made:
        yield made


def spoken(count: int, url: str) -> Callable[[Transport], object]:
    """The versions of so many requests, one after another."""

    async def scenario(transport: Transport) -> list[tuple[str, bool]]:
        answers = [(await fetch(transport, url))[0] for _ in range(count)]
        return [(answer.facts.http_version, answer.facts.reused) for answer in answers]

    return scenario


@pytest.mark.parametrize(
    ("wanted", "version"), [("http1", "1.1"), ("http2", "2"), ("http3", "3"), ("auto", "2")]
)
@races
def test_each_version_is_spoken_where_it_is_asked_for_and_reported_as_what_it_is(
    colour: Colour, caddy: Caddy, wanted: str, version: str
) -> None:
    settings = HttpSettings(http_version=wanted, alt_svc=False, ca_file=caddy.ca_file)

    assert colour.run(spoken(2, caddy.url), settings) == [(version, False), (version, True)]


@races
def test_an_origin_moves_to_http3_once_it_has_announced_it(colour: Colour, caddy: Caddy) -> None:
    settings = HttpSettings(ca_file=caddy.ca_file)

    assert colour.run(spoken(4, caddy.url), settings) == [
        ("2", False),
        ("3", False),
        ("3", True),
        ("3", True),
    ]


@races
def test_what_was_learned_is_forgotten_when_the_network_changes(
    colour: Colour, caddy: Caddy
) -> None:
    async def scenario(transport) -> list[str]:
        versions = []
        for _ in range(3):
            versions.append((await fetch(transport, caddy.url))[0].facts.http_version)
            if len(versions) == 2:
                transport.relearn()
        return versions

    assert colour.run(scenario, HttpSettings(ca_file=caddy.ca_file)) == ["2", "3", "2"]


def test_http3_that_is_demanded_falls_back_at_once_where_udp_is_blocked(
    colour: Colour, blocked: Caddy
) -> None:
    async def scenario(transport: Transport) -> float:
        begun = time.monotonic()
        answer, _ = await fetch(transport, blocked.url)
        assert answer.facts.http_version == "2"
        return time.monotonic() - begun

    settings = HttpSettings(http_version="http3", ca_file=blocked.ca_file)
    for watch in prompt(SOON):
        watch.seconds = colour.run(scenario, settings)


def test_an_announcement_that_leads_nowhere_costs_one_short_wait(
    colour: Colour, blocked: Caddy
) -> None:
    async def scenario(transport: Transport) -> float:
        first = (await fetch(transport, blocked.url))[0]
        begun = time.monotonic()
        second = (await fetch(transport, blocked.url))[0]
        waited = time.monotonic() - begun
        third = (await fetch(transport, blocked.url))[0]
        facts = [answer.facts for answer in (first, second, third)]
        found = [(each.http_version, each.reused) for each in facts]
        # the third goes over the first's connection: HTTP/3 is not tried again
        assert found == [("2", False), ("2", False), ("2", True)]
        return waited

    for watch in prompt(SOON):
        watch.seconds = colour.run(scenario, HttpSettings(ca_file=blocked.ca_file))


@pytest.mark.parametrize("wanted", ["http1", "http2", "http3"])
@races
def test_a_server_that_is_killed_amid_a_stream_is_never_a_clean_end(
    colour: Colour, tmp_path: Path, wanted: str
) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, caddy.url, headers=EVENTS)
        assert response.facts.http_version == {"http1": "1.1"}.get(wanted, wanted[-1])
        assert await response.read(time.monotonic() + 5) == b"data: first\n\n"
        caddy.process.kill()
        # over QUIC nothing tells of it until the next packet is sent, which may be a while
        silent = ReadTimeout if wanted == "http3" else ProtocolError
        with pytest.raises((ProtocolError, silent)) as caught:
            await read_all(response, within=2)
        assert caught.value.sent
        await response.aclose()

    with ScriptedServer(OPEN) as server, Caddy(tmp_path, server.url) as caddy:
        colour.run(scenario, HttpSettings(http_version=wanted, ca_file=caddy.ca_file))


def test_a_server_that_is_gone_without_a_word_is_a_timeout(colour: Colour, tmp_path: Path) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, caddy.url, headers=EVENTS)
        await response.read(time.monotonic() + 5)
        caddy.process.send_signal(signal.SIGSTOP)
        with pytest.raises(ReadTimeout):
            await response.read(time.monotonic() + 0.3)
        await response.aclose()

    with ScriptedServer(OPEN) as server, Caddy(tmp_path, server.url) as caddy:
        colour.run(scenario, HttpSettings(http_version="http3", ca_file=caddy.ca_file))


@races
def test_many_streams_share_one_connection_and_one_may_leave(tmp_path: Path) -> None:
    async def main() -> int:
        transport = AsyncCurlTransport(settings)
        streams: list[HttpResponse] = await asyncio.gather(
            *(send(transport, caddy.url, headers=EVENTS) for _ in range(50))
        )
        assert {stream.facts.http_version for stream in streams} == {"3"}
        await streams[7].aclose()
        for stream in streams[:7] + streams[8:]:
            assert await stream.read(time.monotonic() + 5) == b"data: first\n\n"
        sockets = psutil.Process().net_connections("udp4")
        for stream in streams:
            await stream.aclose()
        await transport.aclose()
        return sum(each.raddr.port == caddy.port for each in sockets if each.raddr)

    with ScriptedServer(OPEN) as server, Caddy(tmp_path, server.url) as caddy:
        settings = HttpSettings(http_version="http3", ca_file=caddy.ca_file)
        assert asyncio.run(main()) == 1


@pytest.mark.parametrize("wanted", ["auto", "http3"])
@races
def test_only_what_may_be_replayed_is_sent_with_the_first_packet(
    tmp_path: Path, wanted: str
) -> None:
    async def main(replayable: bool, settings: HttpSettings) -> list[int]:
        """One new connection more each time: a connection may have but one request."""
        transport = AsyncCurlTransport(settings)
        await fetch(transport, caddy.url)
        asked = HttpRequest("GET", caddy.url, replayable=replayable)
        early = []
        for count in (1, 2, 3):
            answers = await asyncio.gather(*(_whole(transport, asked) for _ in range(count)))
            early += [facts.early for facts in answers]
        await transport.aclose()
        return early

    with ScriptedServer([Pause(0.3), *HELLO]) as server, Caddy(tmp_path, server.url) as caddy:
        willing = HttpSettings(
            http_version=wanted, ca_file=caddy.ca_file, early_data=True, max_streams=1
        )
        assert any(asyncio.run(main(True, willing)))
        assert not any(asyncio.run(main(False, willing)))
        assert not any(asyncio.run(main(True, replace(willing, early_data=False))))


async def _whole(transport: Transport, asked: HttpRequest):
    until = time.monotonic() + 5
    response = await transport.send(asked, deadline=until, timeouts=Timeouts())
    await read_all(response)
    await response.aclose()
    assert response.facts.http_version == "3"
    return response.facts


@races
def test_a_connection_that_is_opened_before_it_is_needed_is_the_one_that_is_used(
    colour: Colour, caddy: Caddy, upstream: ScriptedServer
) -> None:
    async def scenario(transport) -> tuple[str, HttpResponse]:
        version = await transport.warm(
            f"{caddy.url}/",
            connections=1,
            deadline=time.monotonic() + 5,
            timeouts=Timeouts(),
        )
        return version, (await fetch(transport, caddy.url))[0]

    settings = HttpSettings(http_version="http3", ca_file=caddy.ca_file)
    version, answer = colour.run(scenario, settings)

    assert (version, answer.facts.http_version, answer.facts.reused) == ("3", "3", True)
    assert [request.method for request in upstream.requests[-2:]] == ["HEAD", "POST"]
