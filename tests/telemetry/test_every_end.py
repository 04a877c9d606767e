"""Invariant I1: a call and an attempt end exactly once, wherever a run is stopped."""

from __future__ import annotations

from asyncio import CancelledError
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, strategies
from tests.telemetry.sweeping import Points, core, streamed, whole

from fairlead.errors import ConnectError, FairleadError, ProtocolError
from fairlead.ports import Observer
from fairlead.telemetry import Statistics
from fairlead.testing.memory import Answer

DOWN = Answer((b'{"error":{"message":"down"}}',), status=500)
CUT = Answer(
    (streamed("one").body[0], ProtocolError("reset", sent=True)),
    headers=(("content-type", "text/event-stream"),),
)


class Ledger(Observer):
    """How often each call and each attempt has begun and ended."""

    def __init__(self) -> None:
        self.started: Counter[object] = Counter()
        self.ended: Counter[object] = Counter()

    def call_start(self, call) -> None:
        self.started[call] += 1

    def call_stop(self, call, end) -> None:
        self.ended[call] += 1

    def call_exception(self, call, end, error) -> None:
        self.ended[call] += 1

    def attempt_start(self, call, begun) -> None:
        assert self.started[call] > self.ended[call], "an attempt of a call that is over"
        self.started[begun] += 1

    def attempt_stop(self, call, begun, attempt) -> None:
        self.ended[begun] += 1

    def attempt_exception(self, call, begun, attempt, error) -> None:
        self.ended[begun] += 1


class Refusing(Observer):
    """Raises everywhere."""

    def call_start(self, *heard) -> None:
        raise RuntimeError("observer")

    call_stop = call_exception = attempt_start = attempt_stop = attempt_exception = call_start


async def _chat(client) -> None:
    await client.chat("fake/m", "Hi", {})


async def _stream(client) -> None:
    reply = await client.stream("fake/m", "Hi", {})
    try:
        async for _ in reply:
            pass
    finally:
        await reply.aclose()


async def _closed_early(client) -> None:
    reply = await client.stream("fake/m", "Hi", {})
    try:
        await reply.__anext__()
    finally:
        await reply.aclose()


SCENARIOS = {
    "answered": (_chat, [whole()]),
    "retried": (_chat, [DOWN, ConnectError("refused"), whole()]),
    "refused": (_chat, [Answer((b"{}",), status=401)]),
    "given up": (_chat, [DOWN] * 4),
    "streamed": (_stream, [streamed("one", "two")]),
    "cut": (_stream, [CUT]),
    "retried stream": (_stream, [ProtocolError("lost", sent=True), streamed("one")]),
    "closed early": (_closed_early, [streamed("one", "two")]),
}


def _run(name: str, colour: str, stop_at: int | None) -> tuple[Points, Ledger, Statistics, int]:
    scenario, answers = SCENARIOS[name]
    points, ledger, statistics = Points(colour, stop_at), Ledger(), Statistics()
    client = core(points, list(answers), Refusing(), ledger, statistics)
    with suppress(FairleadError, CancelledError, KeyboardInterrupt):
        points.run(scenario(client))
    return points, ledger, statistics, client._transport.open


@pytest.mark.parametrize("colour", ["async", "blocking"])
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.invariant("I1")
def test_every_start_has_one_end_wherever_a_run_is_stopped(name, colour) -> None:
    points = _run(name, colour, None)[0]
    assert points.seen > 2

    for stop_at in (*range(points.seen), None):
        _, ledger, statistics, still_open = _run(name, colour, stop_at)
        assert ledger.started == ledger.ended, f"stopped at {stop_at}"
        assert set(ledger.started.values()) == {1}
        assert statistics.snapshot().under_way == 0
        assert still_open == 0


@given(strategies.data())
@pytest.mark.invariant("I1")
def test_every_start_has_one_end_under_any_faults(data) -> None:
    """Calls in a row, each meeting any fault and stopped anywhere."""
    names = data.draw(strategies.lists(strategies.sampled_from(sorted(SCENARIOS)), max_size=4))
    for name in names:
        colour = data.draw(strategies.sampled_from(["async", "blocking"]))
        stop_at = data.draw(strategies.none() | strategies.integers(0, 20))
        ledger = _run(name, colour, stop_at)[1]
        assert ledger.started == ledger.ended
