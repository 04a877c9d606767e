"""An event loop that is blocked for longer than a timeout is no fault of the provider's."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import pieces, whole

from fairlead import AsyncClient
from fairlead.ports import Timeouts
from fairlead.settings import RetrySettings
from fairlead.testing.server import Pause, ScriptedServer, stream

TIGHT = Timeouts(connect=0.4, pool=0.4, first_event=0.4, idle=0.4, progress=0.4, total=0.4)
BLOCKED = 0.8


async def _meanwhile(client: AsyncClient, server: ScriptedServer, *, streams: bool) -> str:
    """A call whose loop is blocked while its answer comes."""
    before = len(server.requests)

    async def ask() -> str:
        if not streams:
            return (await client.chat("fake/m", "Hi")).text
        async with client.stream("fake/m", "Hi") as answer:
            return "".join([piece async for piece in answer.text])

    task = asyncio.ensure_future(ask())
    while len(server.requests) == before and not task.done():  # noqa: ASYNC110  # none tells
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.1 if streams else 0.0)
    time.sleep(BLOCKED)  # noqa: ASYNC251  # this is the fault
    return await task


@pytest.mark.fault(
    "R8", "what came meanwhile is read, no timeout; a connection under way is made anew"
)
@pytest.mark.parametrize("streams", [False, True])
def test_r8_a_blocked_loop_causes_no_timeout_of_what_came_meanwhile(streams: bool) -> None:
    script = list(stream([*pieces("a", "b", "c")], pause=0.06)) if streams else None
    with ScriptedServer(whole(), script or [Pause(0.3), *whole()]) as server:

        async def run() -> str:
            async with AsyncClient(settings_for(server.url)) as client:
                await client.chat("fake/m", "Hi")  # what is imported takes longer than it may
            settings = settings_for(server.url, timeouts=TIGHT, retry=RetrySettings())
            async with AsyncClient(settings) as client:
                return await _meanwhile(client, server, streams=streams)

        assert asyncio.run(run()) == ("abc" if streams else "Hello there")
        assert len(server.requests) == 2


@pytest.mark.fault("R8")
def test_r8_a_connection_that_was_being_made_meanwhile_is_made_anew_and_nothing_sent_twice() -> (
    None
):
    tight = Timeouts(connect=0.4, pool=0.4)
    with ScriptedServer(whole()) as server:

        async def run() -> tuple[str, list[bool]]:
            settings = settings_for(server.url, timeouts=tight, retry=RetrySettings())
            async with AsyncClient(settings) as client:
                task = asyncio.ensure_future(client.chat("fake/m", "Hi"))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                time.sleep(BLOCKED)  # noqa: ASYNC251  # this is the fault
                answer = await task
            return answer.text, [a.possibly_billed for a in answer.receipt.attempts]

        text, billed = asyncio.run(run())
    assert text == "Hello there"
    assert not any(billed)
    assert len(server.requests) == 1
