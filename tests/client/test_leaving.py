"""A stream that is left early: closed at once and estimated, or read out and settled exactly."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import DONE, USAGE, begun, chunk, pieces, streamed, whole
from tests.timing import prompt

from fairlead import AsyncClient, Client
from fairlead.settings.values import StreamSettings
from fairlead.testing.server import Close, Pause, ScriptedServer, Step

DRAIN = StreamSettings(on_close="drain", drain_seconds=20)


def slow(*rest: Step) -> list[Step]:
    """Two pieces at once, and the rest later."""
    return [begun(*pieces("one", "two")[:3]), *rest]


def late(seconds: float = 0.05) -> list[Step]:
    ending = [chunk({"content": " three"}), chunk({}, "stop"), USAGE, DONE]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in ending)
    return slow(Pause(seconds), body + b"0\r\n\r\n")


def test_what_is_left_early_is_read_to_its_usage_where_that_is_asked_for(opened) -> None:
    with ScriptedServer(late()) as server:
        _, stream = opened.at(server.url, streams=DRAIN).first(2, "fake/m", "Hi")

    assert not stream.usage.estimated
    assert (stream.usage.input, stream.usage.output) == (9, 4)
    assert stream.receipt.attempts[0].error is None


def test_without_that_it_is_closed_at_once_and_estimated(opened) -> None:
    with ScriptedServer(late(5)) as server:
        for watch in prompt(2.0):
            with watch:
                _, stream = opened.at(server.url).first(2, "fake/m", "Hi")

    assert stream.usage.estimated
    assert stream.receipt.attempts[0].error == "closed before its end"


def test_nobody_waits_for_longer_than_the_bound(opened) -> None:
    short = StreamSettings(on_close="drain", drain_seconds=0.1)
    with ScriptedServer(late(5)) as server:
        for watch in prompt(2.0):
            with watch:
                _, stream = opened.at(server.url, streams=short).first(2, "fake/m", "Hi")

    assert stream.usage.estimated


def test_no_more_is_read_than_the_bound(opened) -> None:
    long = [chunk({"content": "x" * 1000}) for _ in range(500)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in long)
    few = StreamSettings(on_close="drain", drain_bytes=2000)
    with ScriptedServer(slow(Pause(0.05), body, Pause(5))) as server:
        for watch in prompt(2.0):
            with watch:
                _, stream = opened.at(server.url, streams=few).first(2, "fake/m", "Hi")

    assert stream.usage.estimated


def test_a_stream_that_breaks_while_it_is_read_out_raises_nothing(opened) -> None:
    with ScriptedServer(slow(Pause(0.02), Close())) as server:
        _, stream = opened.at(server.url, streams=DRAIN).first(2, "fake/m", "Hi")

    assert stream.usage.estimated


@pytest.mark.asks("reused")
def test_a_connection_that_was_read_out_serves_the_next_call(opened) -> None:
    with ScriptedServer(late(), whole()) as server:
        client = opened.at(server.url, streams=DRAIN)
        client.first(2, "fake/m", "Hi")
        assert client.chat("fake/m", "Hi").receipt.attempts[0].reused_connection


def test_a_block_that_is_left_by_an_error_is_read_out_too() -> None:
    with ScriptedServer(late()) as server, Client(settings_for(server.url, streams=DRAIN)) as own:
        stream = own.stream("fake/m", "Hi")
        with pytest.raises(LookupError), stream:
            next(iter(stream))
            raise LookupError
        assert not stream.usage.estimated


def test_a_block_that_is_left_by_ctrl_c_is_not() -> None:
    with ScriptedServer(late(5)) as server, Client(settings_for(server.url, streams=DRAIN)) as own:
        for watch in prompt(1.5):
            stream = own.stream("fake/m", "Hi")
            with watch, pytest.raises(KeyboardInterrupt), stream:
                next(iter(stream))
                raise KeyboardInterrupt
            assert stream.usage.estimated


@pytest.mark.parametrize("explicit", [False, True])
def test_a_task_that_is_cancelled_does_not_wait(explicit) -> None:
    async def main(url: str) -> tuple[float, Any]:
        async with AsyncClient(settings_for(url, streams=DRAIN)) as client:
            reading = asyncio.Event()
            streams: list[Any] = []

            async def use() -> None:
                stream = client.stream("fake/m", "Hi")
                streams.append(stream)
                if explicit:
                    await stream
                    try:
                        reading.set()
                        async for _ in stream:
                            pass
                    finally:
                        await stream.aclose()
                    return
                async with stream:
                    reading.set()
                    async for _ in stream:
                        pass

            task = asyncio.create_task(use())
            await reading.wait()
            await asyncio.sleep(0.05)
            started = time.monotonic()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return time.monotonic() - started, streams[0]

    with ScriptedServer(late(5)) as server:
        for watch in prompt(1.0):
            watch.seconds, stream = asyncio.run(main(server.url))
            assert stream.usage.estimated


def test_a_stream_that_was_read_to_its_end_is_not_touched(opened) -> None:
    with ScriptedServer(streamed("a", "b")) as server:
        _, answer = opened.at(server.url, streams=DRAIN).stream("fake/m", "Hi")
    assert answer.text == "ab"
