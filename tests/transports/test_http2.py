"""HTTP/2: negotiation, sharing of one connection, and the ways in which a stream may end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
import trustme
from msgspec.structs import replace
from tests.transports.colours import EVENTS, SOON, Colour, fetch, read_all, send, until
from tests.transports.h2_server import H2Server

from fairlead.errors import ProtocolError, ReadTimeout
from fairlead.ports import Transport
from fairlead.transports.curl import AsyncCurlTransport
from fairlead.types.http import HttpSettings


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[H2Server]:
    with H2Server(authority) as server:
        yield server


@pytest.fixture(scope="module")
def settings(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> HttpSettings:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return HttpSettings(ca_file=str(path))


def test_http2_is_negotiated(colour: Colour, server: H2Server, settings: HttpSettings) -> None:
    async def scenario(transport: Transport) -> None:
        first, body = await fetch(transport, server.url + "/hello")
        second, _ = await fetch(transport, server.url + "/hello")
        assert (first.status, body) == (200, b"hello")
        assert first.headers.get("content-type") == "text/plain"
        assert (first.facts.http_version, second.facts.http_version) == ("2", "2")
        assert (first.facts.reused, second.facts.reused) == (False, True)

    colour.run(scenario, settings)
    assert server.connections == 1


def test_two_hundred_streams_share_one_connection(server: H2Server, settings: HttpSettings) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(settings)
        await fetch(transport, server.url + "/hello")  # only now is the server's limit known
        answers = await asyncio.gather(
            *(fetch(transport, server.url + "/hello", headers=EVENTS) for _ in range(200))
        )
        assert {body for _, body in answers} == {b"hello"}
        open_streams = await asyncio.gather(
            *(send(transport, server.url + "/open", headers=EVENTS) for _ in range(200))
        )
        await open_streams[7].aclose()
        assert until(lambda: server.resets == 1)
        for stream in open_streams[:7] + open_streams[8:]:
            assert await stream.read(time.monotonic() + SOON) == b"first"
            await stream.aclose()
        _, body = await fetch(transport, server.url + "/hello")
        assert body == b"hello"
        assert until(lambda: server.resets == 200)
        await transport.aclose()

    asyncio.run(main())
    assert server.connections == 1


@pytest.mark.parametrize("path", ["/reset", "/cut"])
@pytest.mark.parametrize("headers", [(), EVENTS], ids=["plain", "events"])
def test_a_stream_that_breaks_is_an_error_after_what_had_come(
    colour: Colour,
    server: H2Server,
    settings: HttpSettings,
    path: str,
    headers: tuple[tuple[str, str], ...],
) -> None:
    async def scenario(transport: Transport) -> None:
        got = b""
        with pytest.raises(ProtocolError) as caught:
            response = await send(transport, server.url + path, headers=headers)
            while data := await response.read(time.monotonic() + SOON):
                got += data
        assert caught.value.sent
        assert got in (b"", b"first")

    colour.run(scenario, settings)
    assert server.paths == [path]


def test_as_many_streams_share_a_connection_as_may(
    server: H2Server, settings: HttpSettings
) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(replace(settings, max_streams=10))
        open_streams = await asyncio.gather(
            *(send(transport, server.url + "/open", headers=EVENTS) for _ in range(30))
        )
        for stream in open_streams:
            await stream.aclose()
        await transport.aclose()

    asyncio.run(main())
    assert server.connections == 3


@pytest.mark.fault(
    "C19",
    "what was not processed is sent once more, what was begun goes on; asked for calm, the next "
    "attempt waits as after a 429",
)
@pytest.mark.parametrize("path", ["/refuse", "/goaway"])
def test_a_stream_that_was_not_processed_is_sent_once_more(
    colour: Colour, server: H2Server, settings: HttpSettings, path: str
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url + "/hello")
        _, body = await fetch(transport, server.url + path)
        assert body == b"hello"

    colour.run(scenario, settings)
    assert server.paths == ["/hello", path, path]


@pytest.mark.fault("C19")
def test_a_server_that_goes_still_serves_what_it_has_begun(
    server: H2Server, settings: HttpSettings
) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(settings)
        begun = await send(transport, server.url + "/open", headers=EVENTS)
        assert await begun.read(time.monotonic() + SOON) == b"first"
        _, body = await fetch(transport, server.url + "/last")
        assert body == b"hello"
        with pytest.raises(ReadTimeout):  # alive still, and silent
            await begun.read(time.monotonic() + 0.2)
        await begun.aclose()
        await transport.aclose()

    asyncio.run(main())
    assert server.paths == ["/open", "/last", "/last"]
    assert server.connections == 2


@pytest.mark.fault("C19")
def test_a_server_that_wants_fewer_requests_is_heeded(
    colour: Colour, server: H2Server, settings: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="fewer requests") as caught:
            await fetch(transport, server.url + "/calm")
        assert caught.value.retry_class == "throttle"

    colour.run(scenario, settings)
    assert server.paths == ["/calm"]


@pytest.mark.fault("C19")
def test_a_server_that_always_goes_is_asked_twice_at_most(
    colour: Colour, server: H2Server, settings: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url + "/hello")
        with pytest.raises(ProtocolError):
            await fetch(transport, server.url + "/calm-goaway")

    colour.run(scenario, settings)
    assert server.paths[:2] == ["/hello", "/calm-goaway"]
    assert len(server.paths) <= 3


def test_a_new_connection_takes_up_the_last_ones_tls_session(
    colour: Colour, server: H2Server, settings: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url + "/hello")
        with pytest.raises(ProtocolError):
            await read_all(await send(transport, server.url + "/cut"))
        await fetch(transport, server.url + "/hello")

    colour.run(scenario, settings)
    assert server.resumed == [False, True]


def test_a_silent_stream_times_out_and_the_connection_lives_on(
    colour: Colour, server: H2Server, settings: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url + "/hello")
        with pytest.raises(ReadTimeout):
            await send(transport, server.url + "/silent", within=0.1)
        response = await send(transport, server.url + "/hello")
        assert await read_all(response) == b"hello"
        assert response.facts.reused

    colour.run(scenario, settings)
    assert server.connections == 1


def test_http2_may_be_demanded(colour: Colour, server: H2Server, settings: HttpSettings) -> None:
    async def scenario(transport: Transport) -> None:
        response, _ = await fetch(transport, server.url + "/hello")
        assert response.facts.http_version == "2"

    colour.run(scenario, HttpSettings(http_version="http2", ca_file=settings.ca_file))


def test_http1_is_kept_where_it_is_asked_for(
    colour: Colour, server: H2Server, settings: HttpSettings
) -> None:
    only_http1 = HttpSettings(http_version="http1", ca_file=settings.ca_file)

    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError):
            await fetch(transport, server.url + "/hello")

    colour.run(scenario, only_http1)
    assert server.paths == []
