"""A call that is stopped at any of its waits, with every layer on, in both colours.

A run is counted once, then stopped at each wait in turn: cancelled, or by Ctrl-C where it blocks.
"""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import suppress
from typing import Any

import pytest
from tests.faults.aftermath import Ends, held, layered
from tests.telemetry.sweeping import Points, WaitingRuntime, WaitingTransport, streamed, whole

import fairlead
from fairlead.core import Core
from fairlead.errors import ConnectError, FairleadError, ProtocolError
from fairlead.settings import RetrySettings
from fairlead.stores.memory import shared_ledger
from fairlead.testing.memory import Answer

ROUTE = fairlead.route("openai/gpt-4o", "openai/gpt-4o-mini", on_break="restart")
DOWN = Answer((b'{"error":{"message":"down"}}',), status=500)
BUSY = Answer((b"{}",), status=529, headers=(("retry-after", "1"),))
CUT = Answer(
    (streamed("one").body[0], ProtocolError("reset", sent=True)),
    headers=(("content-type", "text/event-stream"),),
)
OPTIONS: Any = {"max_tokens": 9}


async def _chat(core: Core) -> None:
    await core.chat(ROUTE, "Hi", dict(OPTIONS))


async def _stream(core: Core) -> None:
    reply = await core.stream(ROUTE, "Hi", dict(OPTIONS))
    try:
        async for _ in reply:
            pass
    finally:
        await reply.aclose()


async def _left(core: Core) -> None:
    reply = await core.stream(ROUTE, "Hi", dict(OPTIONS))
    try:
        await reply.__anext__()
    finally:
        await reply.aclose()


STORIES: dict[str, tuple[Any, list[Any]]] = {
    "answered": (_chat, [whole()]),
    "moved on": (_chat, [DOWN, ConnectError("refused"), BUSY, whole()]),
    "given up": (_chat, [DOWN] * 8),
    "streamed": (_stream, [streamed("one", "two")]),
    "begun anew": (_stream, [CUT, DOWN, streamed("two")]),
    "left": (_left, [BUSY, streamed("one", "two")]),
}


def run(story: str, colour: str, stop_at: int | None) -> tuple[Points, Ends, Core]:
    shared_ledger.cache_clear()
    scenario, answers = STORIES[story]
    points, ends = Points(colour, stop_at), Ends()
    runtime = WaitingRuntime(points)
    core = Core(
        layered("http://127.0.0.1:9", retry=RetrySettings(max_retries=3)),
        transport=WaitingTransport(runtime, list(answers)),
        runtime=runtime,
        observers=[ends],
    )
    with suppress(FairleadError, CancelledError, KeyboardInterrupt):
        with fairlead.budget("faults", usd=1000):
            points.run(scenario(core))
    return points, ends, core


@pytest.mark.fault("S15")
@pytest.mark.invariant("I1")
@pytest.mark.invariant("I2")
@pytest.mark.invariant("I11")
@pytest.mark.parametrize("colour", ["async", "blocking"])
@pytest.mark.parametrize("story", STORIES)
def test_nothing_stays_open_held_or_untold_wherever_it_is_stopped(story: str, colour: str) -> None:
    waits = run(story, colour, None)[0].seen
    assert waits > 2

    for stop_at in (*range(waits), None):
        _, ends, core = run(story, colour, stop_at)
        at = f"stopped at wait {stop_at} of {waits}"
        assert ends.begun == ends.ended, at
        assert core._transport.open == 0, at
        for model in ("openai/gpt-4o", "openai/gpt-4o-mini"):
            health = core.health(model)
            assert (health.in_use, health.waiting) == (0, 0), at
            assert core._records.of(model).load == 0, at
        assert held() == 0, at
