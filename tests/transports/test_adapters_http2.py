"""HTTP/2 through an asynchronous client of httpx2 or httpx, before Caddy and a scripted server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.client.conftest import settings_for
from tests.client.wire import begun, chunk
from tests.transports.adapted import Adapted, colour
from tests.transports.caddy import Caddy
from tests.transports.colours import EVENTS, fetch, read_all, send
from tests.transports.h2_server import H2Server

from fairlead import AsyncClient
from fairlead.engine.runtime import drive
from fairlead.errors import ConfigError, ProtocolError, ReadTimeout, StreamInterrupted
from fairlead.ports import Transport
from fairlead.testing.server import Pause, Received, ScriptedServer, Step, respond
from fairlead.types.http import HttpSettings

__all__ = ["colour"]

both = pytest.mark.parametrize("colour", ["httpx2-asyncio", "httpx-asyncio"], indirect=True)
PATIENCE = 5.0


def answer(request: Received) -> list[Step]:
    """What stands behind Caddy: a whole answer, or one that has only begun."""
    if request.path != "/open" and "chat" not in request.path:
        return respond(body=b"hello")
    return [begun(chunk({"content": "Hello"})), Pause(60)]


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with ScriptedServer(answer) as upstream:
        folder = tmp_path_factory.mktemp("caddy")
        with Caddy(folder, upstream.url, protocols="h1 h2") as caddy:
            yield caddy


async def first(transport: Transport, url: str):
    """A response whose first bytes have come, and which goes on."""
    response = await send(transport, url, headers=EVENTS)
    assert await response.read(time.monotonic() + PATIENCE)
    return response


@both
def test_its_version_is_told_and_its_connection_kept(colour: Adapted, caddy: Caddy) -> None:
    async def scenario(transport: Transport) -> None:
        for reused in (False, True):
            response, body = await fetch(transport, caddy.url)
            assert (response.facts.http_version, body) == ("2", b"hello")
            assert response.facts.reused == reused
            assert response.facts.remote == f"127.0.0.1:{caddy.port}"

    colour.run(scenario, HttpSettings(http_version="http2", ca_file=caddy.ca_file))


@both
def test_many_streams_share_one_connection(colour: Adapted, caddy: Caddy) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, caddy.url)
        answers = await asyncio.gather(*(fetch(transport, caddy.url) for _ in range(50)))
        assert {body for _, body in answers} == {b"hello"}
        assert {response.facts.reused for response, _ in answers} == {True}

    colour.run(scenario, HttpSettings(http_version="http2", ca_file=caddy.ca_file))


@both
def test_one_stream_is_cancelled_and_the_others_live(colour: Adapted, caddy: Caddy) -> None:
    async def scenario(transport: Transport) -> None:
        left, kept = [await first(transport, caddy.url + "/open") for _ in range(2)]
        reading = asyncio.ensure_future(left.read(time.monotonic() + PATIENCE))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        response, body = await fetch(transport, caddy.url)
        assert (response.facts.reused, body) == (True, b"hello")
        with pytest.raises(ReadTimeout):  # alive, and silent
            await kept.read(time.monotonic() + 0.01)
        await kept.aclose()

    one = HttpSettings(http_version="http2", ca_file=caddy.ca_file, max_connections=1)
    colour.run(scenario, one)


@pytest.mark.parametrize("colour", ["httpx2-asyncio"], indirect=True)
def test_a_server_that_is_killed_amid_a_stream_interrupts_it(
    colour: Adapted, tmp_path: Path
) -> None:
    async def main(caddy: Caddy) -> None:
        http = HttpSettings(http_version="http2", ca_file=caddy.ca_file)
        transport = colour.transport(http)
        async with AsyncClient(settings_for(caddy.url), transport=transport) as client:
            with pytest.raises(StreamInterrupted) as caught:
                async with client.stream("fake/m", "Hi") as stream:
                    async for _ in stream.text:
                        caddy.process.kill()
        assert caught.value.partial.text == "Hello"
        assert caught.value.receipt.attempts[0].http_version == "2"
        await transport.aclose()

    with ScriptedServer(answer) as upstream:
        with Caddy(tmp_path, upstream.url, protocols="h1 h2") as caddy:
            asyncio.run(main(caddy))


@both
@pytest.mark.parametrize("path", ["/reset", "/cut"])
def test_a_stream_that_breaks_is_an_error_after_what_had_come(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings, path: str
) -> None:
    async def scenario(transport: Transport) -> None:
        got = b""
        with pytest.raises(ProtocolError) as caught:
            response = await send(transport, http2.url + path, headers=EVENTS)
            while data := await response.read(time.monotonic() + PATIENCE):
                got += data
        assert caught.value.sent
        assert got in (b"", b"first")
        assert (await fetch(transport, http2.url + "/hello"))[1] == b"hello"

    colour.run(scenario, over_http2)


@both
def test_a_stream_that_was_not_looked_at_counts_as_unsent(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        with pytest.raises(ProtocolError) as caught:
            await send(transport, http2.url + "/refuse")
        assert not caught.value.sent
        assert (await fetch(transport, http2.url + "/refuse"))[1] == b"hello"

    colour.run(scenario, over_http2)
    assert http2.connections == 1


@both
def test_a_server_that_wants_fewer_requests_is_heeded(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="fewer requests") as caught:
            await fetch(transport, http2.url + "/calm")
        assert caught.value.retry_class == "throttle"

    colour.run(scenario, over_http2)
    assert http2.paths == ["/calm"]


@both
def test_after_a_server_has_gone_another_connection_is_used(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        with pytest.raises(ProtocolError):
            await fetch(transport, http2.url + "/goaway")
        assert (await fetch(transport, http2.url + "/goaway"))[1] == b"hello"

    colour.run(scenario, over_http2)
    assert http2.connections == 2


@both
def test_a_silent_stream_times_out_and_the_connection_lives_on(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        begun = await first(transport, http2.url + "/open")
        with pytest.raises(ReadTimeout):
            await send(transport, http2.url + "/silent", within=0.1)
        response = await send(transport, http2.url + "/hello")
        assert await read_all(response) == b"hello"
        assert response.facts.reused
        with pytest.raises(ReadTimeout):
            await begun.read(time.monotonic() + 0.01)
        await begun.aclose()

    colour.run(scenario, over_http2)
    assert http2.connections == 1


@pytest.mark.parametrize("colour", ["httpx2-blocking", "httpx-blocking"], indirect=True)
def test_a_blocking_client_is_refused_before_it_sends_anything(
    colour: Adapted, http2: H2Server, over_http2: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            with pytest.raises(ConfigError, match="without http2"):
                await send(transport, http2.url + "/hello")

    drive(scenario(transport := colour.transport(replace(over_http2, max_connections=1))))
    drive(transport.aclose())
    assert http2.paths == []
