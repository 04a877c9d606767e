"""HTTP/2: negotiation, sharing of one connection, and the ways in which a stream may end."""

from __future__ import annotations

import asyncio
import time

import pytest
from msgspec.structs import replace
from tests.transports.colours import EVENTS, SOON, Colour, fetch, read_all, send, until
from tests.transports.h2_server import H2Server

from fairlead.errors import ProtocolError, ReadTimeout
from fairlead.ports import Transport
from fairlead.transports.curl import AsyncCurlTransport
from fairlead.types.http import HttpSettings


def test_http2_is_negotiated(colour: Colour, http2: H2Server, trusting: HttpSettings) -> None:
    async def scenario(transport: Transport) -> None:
        first, body = await fetch(transport, http2.url + "/hello")
        second, _ = await fetch(transport, http2.url + "/hello")
        assert (first.status, body) == (200, b"hello")
        assert first.headers.get("content-type") == "text/plain"
        assert (first.facts.http_version, second.facts.http_version) == ("2", "2")
        assert (first.facts.reused, second.facts.reused) == (False, True)

    colour.run(scenario, trusting)
    assert http2.connections == 1


def test_two_hundred_streams_share_one_connection(http2: H2Server, trusting: HttpSettings) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(trusting)
        await fetch(transport, http2.url + "/hello")  # only now is the server's limit known
        answers = await asyncio.gather(
            *(fetch(transport, http2.url + "/hello", headers=EVENTS) for _ in range(200))
        )
        assert {body for _, body in answers} == {b"hello"}
        open_streams = await asyncio.gather(
            *(send(transport, http2.url + "/open", headers=EVENTS) for _ in range(200))
        )
        await open_streams[7].aclose()
        assert until(lambda: http2.resets == 1)
        for stream in open_streams[:7] + open_streams[8:]:
            assert await stream.read(time.monotonic() + SOON) == b"first"
            await stream.aclose()
        _, body = await fetch(transport, http2.url + "/hello")
        assert body == b"hello"
        assert until(lambda: http2.resets == 200)
        await transport.aclose()

    asyncio.run(main())
    assert http2.connections == 1


@pytest.mark.parametrize("path", ["/reset", "/cut"])
@pytest.mark.parametrize("headers", [(), EVENTS], ids=["plain", "events"])
def test_a_stream_that_breaks_is_an_error_after_what_had_come(
    colour: Colour,
    http2: H2Server,
    trusting: HttpSettings,
    path: str,
    headers: tuple[tuple[str, str], ...],
) -> None:
    async def scenario(transport: Transport) -> None:
        got = b""
        with pytest.raises(ProtocolError) as caught:
            response = await send(transport, http2.url + path, headers=headers)
            while data := await response.read(time.monotonic() + SOON):
                got += data
        assert caught.value.sent
        assert got in (b"", b"first")

    colour.run(scenario, trusting)
    assert http2.paths == [path]


def test_as_many_streams_share_a_connection_as_may(http2: H2Server, trusting: HttpSettings) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(replace(trusting, max_streams=10))
        open_streams = await asyncio.gather(
            *(send(transport, http2.url + "/open", headers=EVENTS) for _ in range(30))
        )
        for stream in open_streams:
            await stream.aclose()
        await transport.aclose()

    asyncio.run(main())
    assert http2.connections == 3


@pytest.mark.fault(
    "C19",
    "what was not processed is sent once more, what was begun goes on; asked for calm, the next "
    "attempt waits as after a 429",
)
@pytest.mark.parametrize("path", ["/refuse", "/goaway"])
def test_a_stream_that_was_not_processed_is_sent_once_more(
    colour: Colour, http2: H2Server, trusting: HttpSettings, path: str
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        _, body = await fetch(transport, http2.url + path)
        assert body == b"hello"

    colour.run(scenario, trusting)
    assert http2.paths == ["/hello", path, path]


@pytest.mark.fault("C19")
def test_a_server_that_goes_still_serves_what_it_has_begun(
    http2: H2Server, trusting: HttpSettings
) -> None:
    async def main() -> None:
        transport = AsyncCurlTransport(trusting)
        begun = await send(transport, http2.url + "/open", headers=EVENTS)
        assert await begun.read(time.monotonic() + SOON) == b"first"
        _, body = await fetch(transport, http2.url + "/last")
        assert body == b"hello"
        with pytest.raises(ReadTimeout):  # alive still, and silent
            await begun.read(time.monotonic() + 0.2)
        await begun.aclose()
        await transport.aclose()

    asyncio.run(main())
    assert http2.paths == ["/open", "/last", "/last"]
    assert http2.connections == 2


@pytest.mark.fault("C19")
def test_a_server_that_wants_fewer_requests_is_heeded(
    colour: Colour, http2: H2Server, trusting: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError, match="fewer requests") as caught:
            await fetch(transport, http2.url + "/calm")
        assert caught.value.retry_class == "throttle"

    colour.run(scenario, trusting)
    assert http2.paths == ["/calm"]


@pytest.mark.fault("C19")
def test_a_server_that_always_goes_is_asked_twice_at_most(
    colour: Colour, http2: H2Server, trusting: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        with pytest.raises(ProtocolError):
            await fetch(transport, http2.url + "/calm-goaway")

    colour.run(scenario, trusting)
    assert http2.paths[:2] == ["/hello", "/calm-goaway"]
    assert len(http2.paths) <= 3


def test_a_new_connection_takes_up_the_last_ones_tls_session(
    colour: Colour, http2: H2Server, trusting: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        with pytest.raises(ProtocolError):
            await read_all(await send(transport, http2.url + "/cut"))
        await fetch(transport, http2.url + "/hello")

    colour.run(scenario, trusting)
    assert http2.resumed == [False, True]


def test_a_silent_stream_times_out_and_the_connection_lives_on(
    colour: Colour, http2: H2Server, trusting: HttpSettings
) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, http2.url + "/hello")
        with pytest.raises(ReadTimeout):
            await send(transport, http2.url + "/silent", within=0.1)
        response = await send(transport, http2.url + "/hello")
        assert await read_all(response) == b"hello"
        assert response.facts.reused

    colour.run(scenario, trusting)
    assert http2.connections == 1


def test_http2_may_be_demanded(colour: Colour, http2: H2Server, trusting: HttpSettings) -> None:
    async def scenario(transport: Transport) -> None:
        response, _ = await fetch(transport, http2.url + "/hello")
        assert response.facts.http_version == "2"

    colour.run(scenario, HttpSettings(http_version="http2", ca_file=trusting.ca_file))


def test_http1_is_kept_where_it_is_asked_for(
    colour: Colour, http2: H2Server, trusting: HttpSettings
) -> None:
    only_http1 = HttpSettings(http_version="http1", ca_file=trusting.ca_file)

    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError):
            await fetch(transport, http2.url + "/hello")

    colour.run(scenario, only_http1)
    assert http2.paths == []
