"""The breaker around the exchange: what opens it, what it refuses, and storms of calls."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from tests.engine.crowd import Crowd
from tests.engine.guarding import gate, guarded

from fairlead.engine.runtime import drive
from fairlead.errors import (
    BadRequestError,
    BreakerOpen,
    ConnectError,
    DeadlineExceeded,
    FairleadError,
    LimitExceeded,
    ProtocolError,
    ServerError,
    StreamInterrupted,
)
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.testing.memory import Answer, sse

FINE = Answer((b"{}",))
DOWN = Answer((b'{"error":{"message":"down"}}',), status=500)
CUT = Answer(
    (b"data: one\n\n", ProtocolError("reset", sent=True)),
    headers=(("content-type", "text/event-stream"),),
)


def fail(rig, times: int) -> None:
    for _ in range(times):
        with pytest.raises(FairleadError):
            rig.run(rig.call())


@pytest.fixture
def once(rig):
    """A rig whose calls are tried once, behind a breaker."""
    rig.policy = RetryPolicy(max_retries=0)
    rig.guards = guarded()
    return rig


def state(rig) -> str:
    return rig.guards.health("agent/run", rig.runtime.now()).breaker


def test_after_five_failures_nothing_is_sent_and_the_error_says_why(once) -> None:
    once.serve(*[DOWN] * 5)
    fail(once, 5)
    once.runtime.advance(6)

    with pytest.raises(BreakerOpen, match=r"ServerError, HTTP 500.*try again in 54\.0 s") as caught:
        once.run(once.call())

    assert caught.value.retry_after == pytest.approx(54.0)
    assert caught.value.retryable
    assert caught.value.target == "agent/run"
    assert len(once.transport.requests) == 5


def test_each_attempt_is_a_sample_and_a_refusal_is_not_retried(rig) -> None:
    rig.guards = guarded()
    rig.serve(*[DOWN] * 5)
    with pytest.raises(ServerError):
        rig.run(rig.call())

    with pytest.raises(BreakerOpen) as caught:
        rig.run(rig.call())

    assert len(rig.transport.requests) == 5
    assert [attempt.status for attempt in caught.value.receipt.attempts] == [500]


def test_it_closes_after_two_probes(once) -> None:
    once.serve(*[ConnectError("refused")] * 5, FINE, FINE, FINE)
    fail(once, 5)
    once.runtime.advance(60)

    once.run(once.call())
    assert state(once) == "half_open"
    once.run(once.call())
    assert state(once) == "closed"


def test_a_failed_probe_opens_it_for_twice_as_long(once) -> None:
    once.serve(*[DOWN] * 6)
    fail(once, 5)
    once.runtime.advance(60)
    fail(once, 1)

    assert once.guards.health("agent/run", once.runtime.now()).retry_after == pytest.approx(120)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_what_is_not_the_providers_failure_never_opens_it(once, status) -> None:
    once.serve(*[Answer((b"{}",), status=status)] * 50)
    fail(once, 50)
    assert state(once) == "closed"


def test_a_stream_tells_with_its_first_event_that_the_target_works(once) -> None:
    once.serve(*[DOWN] * 5, sse("one", "two"), sse("one", "two"))
    fail(once, 5)
    once.runtime.advance(60)

    probe = once.run(once.call(stream=True))
    other = once.run(once.call(stream=True))  # though the first one is still running

    assert state(once) == "closed"
    drive(probe.aclose())
    drive(other.aclose())


def test_streams_that_keep_breaking_off_open_it(once) -> None:
    once.serve(*[CUT] * 20)
    for _ in range(20):
        reply = once.run(once.call(stream=True))
        with pytest.raises(StreamInterrupted):
            once.events(reply)
    assert state(once) == "open"


def test_streams_that_the_caller_closes_do_not(once) -> None:
    once.serve(*[sse("one", "two", "three")] * 40)
    for _ in range(40):
        drive(once.run(once.call(stream=True)).aclose())
    assert state(once) == "closed"


def test_a_provider_that_hangs_opens_it_and_an_impatient_caller_does_not(once) -> None:
    once.serve(*[Answer((b"{}",), delay=1000.0)] * 20)
    for _ in range(10):
        with pytest.raises(DeadlineExceeded):
            once.run(once.call(allowed=5))
    assert state(once) == "closed"
    for _ in range(5):
        with pytest.raises(DeadlineExceeded):
            once.run(once.call(allowed=60))
    assert state(once) == "open"


def test_a_check_of_the_target_passes_an_open_breaker(once) -> None:
    once.serve(*[DOWN] * 5, FINE)
    fail(once, 5)
    call = once.call()
    call.operation = "check"

    assert once.run(call).receipt.attempts[0].status == 200


def test_who_finds_no_room_gives_the_probe_back(once) -> None:
    once.guards = guarded(RateLimits(concurrency=1, max_wait=0))
    once.serve(sse("one", "two"), *[DOWN] * 5, FINE)
    taken = gate(once.guards)
    fail_at = once.runtime.now()
    held = once.run(once.call(stream=True))
    drive(held.aclose())
    fail(once, 5)
    permit = taken.enter(fail_at, 0)
    once.runtime.advance(60)

    with pytest.raises(LimitExceeded):
        once.run(once.call())
    permit.give_back(once.runtime.now(), throttled=None)

    assert once.run(once.call()).receipt.attempts[0].status == 200


def test_adaptive_throttling_spares_a_provider_that_has_no_room(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.guards = guarded(adaptive_throttle=True, enabled=False)
    rig.serve(*[Answer((b"{}",), status=529)] * 100)

    ends = []
    for _ in range(100):
        with pytest.raises(FairleadError) as caught:
            rig.run(rig.call())
        ends.append(type(caught.value).__name__)

    assert ends.count("LimitExceeded") > 90  # the dice always show a half here
    assert rig.guards.health("agent/run", rig.runtime.now()).throttled > 0.9


def test_cancelled_calls_do_not_throttle(rig) -> None:
    guard = guarded(adaptive_throttle=True).breakers.of(rig.call().target)

    for _ in range(100):
        entered = guard.enter(0.0)
        guard.failed(entered, asyncio.CancelledError(), 0.0, waited=1.0, patience=60.0)

    assert guard.health(0.0, ()).throttled == 0.0


def test_requests_that_the_caller_got_wrong_do_not_throttle(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)
    rig.guards = guarded(adaptive_throttle=True)
    rig.serve(*[Answer((b"{}",), status=400)] * 100)

    for _ in range(100):
        with pytest.raises(BadRequestError):
            rig.run(rig.call())


# -- storms --------------------------------------------------------------------------------------


@pytest.mark.invariant("I7")
def test_i7_a_cancelled_probe_lets_the_next_one_through() -> None:
    crowd = Crowd(lambda busy, now: 500 if now < 1060 else 200, guarded())

    async def main() -> None:
        for _ in range(5):
            with pytest.raises(ServerError):
                await crowd.call()
        await asyncio.sleep(70)
        probe = asyncio.ensure_future(crowd.call())
        await asyncio.sleep(0.5)
        with pytest.raises(BreakerOpen):
            await crowd.call()
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        await crowd.call()

    crowd.run(main())


async def _stormed(crowd: Crowd, seconds: float, every: float) -> tuple[int, int]:
    """Calls at random, about `every` seconds apart; how many there were and how many went well."""
    tasks = []
    until = crowd.loop.time() + seconds
    while crowd.loop.time() < until:
        await asyncio.sleep(crowd.dice.expovariate(1 / every))
        tasks.append(asyncio.ensure_future(crowd.call(allowed=20)))
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        assert not isinstance(end, Exception) or isinstance(end, FairleadError)
    return len(ends), sum(not isinstance(end, BaseException) for end in ends)


def dead_until(recovery: float):
    return lambda busy, now: 500 if now < recovery else 200


@pytest.mark.fault("P7")
@pytest.mark.parametrize("seed", range(10))
def test_p7_a_target_dead_for_ten_minutes_is_probed_gently_and_recovers(seed: int) -> None:
    dice = Random(seed)
    crowd = Crowd(
        dead_until(1600.0), guarded(random=dice.random), retries=3, seconds=0.2, seed=seed
    )

    async def main() -> tuple[int, int]:
        _, well = await _stormed(crowd, 600, 0.1)
        assert well == 0
        dead = len(crowd.provider.sent)
        await asyncio.sleep(330)
        total, well = await _stormed(crowd, 60, 0.1)
        assert well >= 0.98 * total
        return dead, total

    dead, _ = crowd.run(main())

    assert dead <= 5 + 15 + 6  # those that opened it, those then under way, and the probes


@pytest.mark.fault("P6")
@pytest.mark.parametrize("seed", range(10))
def test_p6_a_flapping_target_sees_one_probe_at_a_time(seed: int) -> None:
    crowd = Crowd(
        lambda busy, now: 500 if int(now / 5) % 2 else 200,
        guarded(open=2, open_most=4, random=Random(seed).random),
        seconds=0.3,
        seed=seed,
    )
    crowded: list[int] = []
    answer = crowd.provider._answer

    def seen(busy: int, now: float) -> int:
        health = crowd.guards.health("agent/run", now)
        if health.breaker == "half_open":
            crowded.append(busy)
        return answer(busy, now)

    crowd.provider._answer = seen

    async def main() -> tuple[int, int]:
        return await _stormed(crowd, 300, 0.05)

    total, well = crowd.run(main())

    assert set(crowded) == {1}
    assert well > 0.05 * total


@pytest.mark.fault("P4")
@pytest.mark.parametrize("seed", range(10))
def test_p4_a_storm_of_529_does_not_multiply_the_attempts(seed: int) -> None:
    crowd = Crowd(lambda busy, now: 529, guarded(random=Random(seed).random), retries=3, seed=seed)

    async def main() -> tuple[int, int]:
        return await _stormed(crowd, 300, 0.05)

    total, _ = crowd.run(main())

    assert total > 5000
    assert len(crowd.provider.sent) <= 60


@pytest.mark.fault("P5")
@pytest.mark.parametrize("seed", range(10))
def test_p5_in_a_brown_out_attempts_stay_below_the_budget(seed: int) -> None:
    dice = Random(seed)
    crowd = Crowd(
        lambda busy, now: 500 if dice.random() < 0.5 else 200,
        guarded(random=dice.random),
        retries=3,
        seed=seed,
    )

    async def main() -> tuple[int, int]:
        return await _stormed(crowd, 300, 0.1)

    total, _ = crowd.run(main())

    assert len(crowd.provider.sent) <= 1.2 * total + 5 * 10
