"""Memory stays bounded, whatever comes and however slowly it is read: in both colours."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

import psutil
import pytest
from tests.client.conftest import settings_for
from tests.client.wire import begun, chunk

from fairlead import AsyncClient, Client
from fairlead.errors import DecodeError, FairleadError, ResponseTooLarge, StreamInterrupted
from fairlead.ports import Limits
from fairlead.testing.server import Pause, Repeat, ScriptedServer

MOST = 32 << 20
EVENTS = 1_000_000
COMMENT = b": k\n"
BATCH = b"%x\r\n%b\r\n" % (len(COMMENT) * 1000, COMMENT * 1000)
HELLO = chunk({"content": "Hello"})
PIECE = b"%x\r\n%b\r\n" % (len(HELLO), HELLO)


def growth(run: Callable[[], object]) -> int:
    """Bytes that this process has grown by."""
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    run()
    return process.memory_info().rss - before


def read_all(colour: str, url: str, pause: float = 0.0, limits: Limits | None = None) -> None:
    """A stream to its end; `pause` is the rest that the consumer takes behind the first event."""
    settings = settings_for(url, limits=limits or Limits())
    if colour == "blocking":
        with Client(settings) as client, client.stream("fake/m", "Hi") as stream:
            for number, _ in enumerate(stream):
                time.sleep(0 if number else pause)
        return

    async def run() -> None:
        async with AsyncClient(settings) as client:
            async with client.stream("fake/m", "Hi") as stream:
                number = 0
                async for _ in stream:
                    await asyncio.sleep(0 if number else pause)
                    number += 1

    asyncio.run(run())


@pytest.fixture(params=["blocking", "asynchronous"])
def colour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.fault("S11")
@pytest.mark.invariant("I12")
def test_a_million_tiny_events_take_no_memory(colour: str) -> None:
    end = chunk({}, "stop")
    script = [begun(HELLO), Repeat(BATCH, EVENTS // 1000), b"%x\r\n%b\r\n" % (len(end), end)]
    with ScriptedServer([*script, b"0\r\n\r\n"]) as server:
        assert growth(lambda: read_all(colour, server.url)) < MOST


@pytest.mark.fault("S11")
@pytest.mark.invariant("I12")
@pytest.mark.parametrize(
    "endless",
    [Repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n"), Repeat(BATCH), Repeat(PIECE * 100)],
    ids=["one line", "comments", "events"],
)
def test_a_stream_without_end_is_stopped_at_its_cap(colour: str, endless: Repeat) -> None:
    def run() -> None:
        with pytest.raises(FairleadError) as caught:
            read_all(colour, server.url, limits=Limits(total=2 << 20))
        assert isinstance(caught.value, StreamInterrupted)
        assert isinstance(caught.value.__cause__, ResponseTooLarge | DecodeError)

    with ScriptedServer([begun(HELLO), endless]) as server:
        assert growth(run) < MOST


@pytest.mark.fault("S14")
@pytest.mark.invariant("I12")
def test_what_a_slow_consumer_does_not_read_waits_with_the_sender(colour: str) -> None:
    def run() -> None:
        with pytest.raises(StreamInterrupted):
            read_all(colour, server.url, pause=0.5, limits=Limits(total=4 << 20))

    with ScriptedServer([begun(HELLO), Repeat(BATCH), Pause(1)]) as server:
        assert growth(run) < MOST
