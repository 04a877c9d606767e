"""Limits around the exchange: who waits, for how long, and when what was taken comes back."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

import pytest
from tests.engine.crowd import Crowd
from tests.engine.guarding import Rules, gate, limited

from fairlead.engine.guards import Gates, Guards
from fairlead.engine.runtime import drive
from fairlead.errors import (
    ConnectError,
    LimitExceeded,
    OverloadedError,
    ProtocolError,
    RateLimitError,
    StreamInterrupted,
)
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.testing.memory import Answer, sse

FINE = Answer((b"{}",))


def test_a_call_above_the_rate_waits_and_its_attempt_says_for_how_long(rig) -> None:
    rig.guards = limited(requests_per_second=2, strict=True)
    rig.serve(FINE, FINE)

    rig.run(rig.call())
    attempt = rig.run(rig.call()).receipt.attempts[0]

    assert attempt.wait == pytest.approx(0.5, abs=0.001)


def test_what_would_begin_after_the_deadline_is_refused_at_once(rig) -> None:
    rig.guards = limited(requests_per_minute=1, strict=True)
    rig.serve(FINE)
    rig.run(rig.call())

    with pytest.raises(LimitExceeded, match=r"room in 60\.0 s") as caught:
        rig.run(rig.call(allowed=30))

    assert caught.value.retry_after == pytest.approx(60.0)
    assert caught.value.retryable
    assert rig.runtime.slept == []
    assert gate(rig.guards).waiting == 0


def test_it_is_never_retried_and_nothing_is_sent(rig) -> None:
    rig.guards = limited(concurrency=1, max_wait=0)
    rig.serve(sse("one", "two"), FINE)
    held = rig.run(rig.call(stream=True))

    with pytest.raises(LimitExceeded, match="1 requests are under way") as caught:
        rig.run(rig.call())

    assert caught.value.receipt.attempts == ()
    assert caught.value.retry_after is None
    assert len(rig.transport.requests) == 1
    drive(held.aclose())


def test_a_wait_for_a_place_ends_at_the_deadline(rig) -> None:
    rig.guards = limited(concurrency=1)
    rig.serve(sse("one", "two"))
    held = rig.run(rig.call(stream=True))
    began = rig.runtime.now()

    with pytest.raises(LimitExceeded):
        rig.run(rig.call(allowed=8))

    assert rig.runtime.now() == began + 8
    drive(held.aclose())


def test_a_stream_holds_its_place_until_its_end(rig) -> None:
    rig.guards = limited(concurrency=3)
    rig.serve(sse("one", "two"), sse("one", "two"))
    whole, early = rig.run(rig.call(stream=True)), rig.run(rig.call(stream=True))

    assert gate(rig.guards).in_use == 2
    rig.events(whole)
    assert gate(rig.guards).in_use == 1
    drive(early.aclose())
    drive(early.aclose())
    assert gate(rig.guards).in_use == 0


@pytest.mark.parametrize(
    "answer",
    [
        ConnectError("refused"),
        Answer((b"{}",), status=400),
        Answer((b"{}",), status=500),
        Answer((b"<html>",), headers=(("content-type", "text/html"),)),
        Answer((b"{", ProtocolError("reset", sent=True))),
    ],
)
def test_a_failure_gives_the_place_back(rig, answer) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.guards = limited(concurrency=1)
    rig.serve(answer)

    with pytest.raises(Exception, match=r"."):
        rig.run(rig.call())

    assert gate(rig.guards).in_use == 0


def test_a_stream_that_breaks_gives_the_place_back(rig) -> None:
    rig.guards = limited(concurrency=1)
    cut = Answer(
        (b"data: one\n\n", ProtocolError("reset", sent=True)),
        headers=(("content-type", "text/event-stream"),),
    )
    rig.serve(cut)
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted):
        rig.events(reply)

    assert gate(rig.guards).in_use == 0


def test_each_retry_takes_its_own_permit(rig) -> None:
    rig.guards = limited(requests_per_minute=1, strict=True)
    rig.serve(Answer((b"{}",), status=500), FINE)

    receipt = rig.run(rig.call()).receipt

    assert [attempt.status for attempt in receipt.attempts] == [500, 200]
    assert receipt.seconds == pytest.approx(60.0, abs=0.01)
    assert receipt.attempts[1].wait == pytest.approx(60.0, abs=0.01)


@pytest.mark.parametrize(("status", "expected"), [(429, RateLimitError), (503, OverloadedError)])
def test_when_the_provider_names_a_time_others_wait_for_it_too(rig, status, expected) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.guards = limited(concurrency=5)
    rig.serve(Answer((b"{}",), status=status, headers=(("retry-after", "7"),)), FINE)
    with pytest.raises(expected):
        rig.run(rig.call())

    assert rig.run(rig.call()).receipt.attempts[0].wait == pytest.approx(7.0)


def test_headers_of_an_answer_lower_the_limit(rig) -> None:
    rig.guards = limited(requests_per_second=1000)
    empty = (("x-remaining-requests", "0"), ("x-reset-requests", "20s"))
    rig.serve(Answer((b"{}",), headers=(("content-type", "application/json"), *empty)), FINE)
    rig.run(rig.call())

    assert rig.run(rig.call()).receipt.attempts[0].wait == pytest.approx(20.0)


def test_headers_are_not_heard_where_they_shall_not_be(rig) -> None:
    rig.guards = limited(requests_per_second=1000, follow_headers=False)
    empty = (("x-remaining-requests", "0"), ("x-reset-requests", "20s"))
    rig.serve(Answer((b"{}",), headers=(("content-type", "application/json"), *empty)), FINE)
    rig.run(rig.call())

    assert rig.run(rig.call()).receipt.attempts[0].wait == 0.0


def test_without_limits_the_layer_is_left_out(rig) -> None:
    assert rig.guards == Guards()


# -- many at once --------------------------------------------------------------------------------


def test_a_crowd_is_served_in_order_of_arrival_and_never_too_many_at_once() -> None:
    crowd = Crowd(lambda busy, now: 200, limited(concurrency=10))

    async def main() -> None:
        await asyncio.gather(*(crowd.call(str(number)) for number in range(200)))

    crowd.run(main())

    assert crowd.provider.most == 10
    assert crowd.provider.names == [str(number) for number in range(200)]


@pytest.mark.invariant("I6")
def test_i6_a_crowd_never_passes_the_rate_in_any_window() -> None:
    crowd = Crowd(lambda busy, now: 200, limited(requests_per_second=10, burst=3))

    async def main() -> None:
        await asyncio.gather(*(crowd.call() for _ in range(100)))

    crowd.run(main())

    sent = crowd.provider.sent
    assert len(sent) == 100
    for i, first in enumerate(sent):
        for j in range(i + 1, len(sent)):
            assert j - i + 1 <= 3 + 10 * (sent[j] - first) + 1e-6
    assert sent[-1] - sent[0] == pytest.approx(9.7, abs=0.01)  # and no slower than it may


@pytest.mark.invariant("I6")
@pytest.mark.parametrize("seed", range(40))
def test_i6_cancelled_waiters_take_nothing_and_hold_up_nobody(seed: int) -> None:
    guards = limited(concurrency=3, requests_per_second=5)
    crowd = Crowd(lambda busy, now: 200, guards, seed=seed)
    dice = Random(seed)

    async def main() -> list[object]:
        tasks = [asyncio.ensure_future(crowd.call(str(n))) for n in range(60)]
        for task in dice.sample(tasks, 40):
            await asyncio.sleep(dice.choice([0.0, 0.0, 0.1, 0.4]))
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ended = crowd.run(main())

    left_alone = [n for n, end in enumerate(ended) if not isinstance(end, asyncio.CancelledError)]
    assert not any(isinstance(ended[n], Exception) for n in left_alone)
    served = [int(name) for name in crowd.provider.names]
    assert set(left_alone) <= set(served)
    assert served == sorted(served)
    health = guards.health("agent/run", 0.0)
    assert (health.in_use, health.waiting, crowd.provider.under_way) == (0, 0, 0)


def test_adaptive_concurrency_finds_the_limit_of_a_provider_that_nobody_told_of() -> None:
    capacity = 20
    guards = limited(adaptive=True)
    crowd = Crowd(lambda busy, now: 429 if busy > capacity else 200, guards)

    async def worker(until: float) -> None:
        while crowd.loop.time() < until:
            with suppress(RateLimitError):
                await crowd.call()

    async def main() -> tuple[int, int]:
        until = crowd.loop.time() + 400
        workers = [asyncio.ensure_future(worker(until)) for _ in range(100)]
        await asyncio.sleep(100)
        before = len(crowd.provider.sent)
        await asyncio.gather(*workers)
        return before, len(crowd.provider.sent)

    before, after = crowd.run(main())

    # 300 s of a provider that can do 20 a second: nearly all of that, and hardly more.
    assert 0.85 * 300 * capacity <= after - before <= 1.15 * 300 * capacity
    assert capacity * 0.8 <= guards.health("agent/run", 0.0).limits[0].concurrency <= capacity + 2


def test_gates_of_ever_new_keys_are_forgotten_too() -> None:
    gates = Gates(Rules(RateLimits(concurrency=1, per="key"), BreakerPolicy()))
    for number in range(5000):
        gates.of("a/b", f"key {number}")

    assert len(gates._shared) == len(gates._found) == 4096
    assert gates.of("a/c", "key 4999").gate is gates.of("a/b", "key 4999").gate
