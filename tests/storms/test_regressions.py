"""What storms at random have found, each as the smallest storm that shows it."""

from __future__ import annotations

import asyncio

import pytest
from tests.storms.checks import check
from tests.storms.clock import START
from tests.storms.plans import Climate, Plan, Spell, Visit
from tests.storms.storm import Storm
from tests.storms.trace import Trace

from fairlead.engine.runtime import AsyncRuntime
from fairlead.errors import DeadlineExceeded
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.types.routes import Route

FOREVER = 1e9


def storm(*climates: Climate, visits: tuple[Visit, ...], seed: int = 1, **how: object) -> Trace:
    run = Storm(Plan(seed, climates, visits, **how))
    run.run()
    check(run)
    return run.trace


# Refusals come after 0.4 s and answers after 4. Of twenty calls one may be sent a second time.
SLOW = Climate(spells=(Spell(189.0, 195.0, ("529",)),), quickest=4.0, slowest=4.0, hint=20.0)
TWENTY = tuple(Visit(at=10.0 * number) for number in range(20))


@pytest.mark.invariant("I5")
def test_seed_240_a_copy_does_not_go_to_a_target_that_asked_to_be_left_alone() -> None:
    route = Route(targets=("target0",), hedge=1.0)

    trace = storm(SLOW, visits=TWENTY, route=route, breaker=None)

    asked = [sent.at - START for sent in trace.of_visit(19)]
    assert asked[0] == 190.0
    assert asked[1] >= 210.4


@pytest.mark.invariant("I5")
def test_seed_622_nor_does_a_copy_that_waits_for_a_place() -> None:
    route = Route(targets=("target0",), hedge=0.3)
    limits = RateLimits(concurrency=1, follow_headers=False)

    trace = storm(SLOW, visits=TWENTY, route=route, limits=limits, breaker=None)

    asked = [sent.at - START for sent in trace.of_visit(19)]
    assert asked[0] == 190.0
    assert asked[1] >= 210.4


@pytest.mark.invariant("I4")
def test_seed_4_going_back_to_a_target_earns_no_retries() -> None:
    down = Climate(spells=(Spell(0, FOREVER, ("500",)),), slowest=0.1)
    refuses = Climate(spells=(Spell(0, FOREVER, ("401",)),), slowest=0.1)
    visits = tuple(Visit(at=0.01 * n) for n in range(200))
    route = Route(targets=("target0", "target1"))

    trace = storm(down, refuses, visits=visits, route=route, breaker=None, ratio=0.5, floor=0)

    earned = [target for _, target in trace.deposits if target == "target0/m"]
    assert len(earned) == 200
    assert len(trace.withdrawals) <= 100


@pytest.mark.invariant("I4")
def test_seed_947_who_is_let_in_at_the_last_moment_has_none_left() -> None:
    visits = tuple(Visit(at=0.0, allowed=1.0) for _ in range(3))
    limits = RateLimits(requests_per_second=1)

    trace = storm(Climate(), visits=visits, limits=limits)

    assert len(trace.sent) == 1
    assert [end.kind for end in trace.ends.values()].count("LimitExceeded") == 2


@pytest.mark.invariant("I4")
def test_seed_68_a_machine_that_slept_through_a_wait_sends_nothing_after_the_deadline() -> None:
    down = Climate(spells=(Spell(0, 1.0, ("529",)),), slowest=0.1, hint=3.0)
    visits = (Visit(at=0.0, allowed=30.0),)

    trace = storm(down, visits=visits, suspends=((1.0, 900.0),))

    assert len(trace.sent) == 1
    assert trace.ends[0].kind == "DeadlineExceeded"


@pytest.mark.invariant("I7")
def test_an_attempt_that_was_never_sent_says_nothing_about_its_target() -> None:
    # The first attempt waits as long as a target may be silent, and the second is never made.
    down = Climate(spells=(Spell(0, 1.0, ("silent",)),), slowest=0.1)
    once = BreakerPolicy(failures=2)

    trace = storm(
        down,
        visits=(Visit(at=0.0, allowed=100.0),),
        suspends=((60.05, 900.0),),
        breaker=once,
        retries=RetryPolicy(max_ambiguous_retries=3),
    )

    assert trace.ends[0].kind == "DeadlineExceeded"
    assert not trace.turns


@pytest.mark.invariant("I5")
@pytest.mark.parametrize(("fails", "seed"), [("500", 1), *(("cut", n) for n in range(4))])
def test_seed_2958_what_a_copy_was_told_holds_for_the_first_too(fails: str, seed: int) -> None:
    # The first request fails or breaks off after 4 s; its copy is told meanwhile to come later.
    first, copy = Spell(189.0, 190.5, (fails,)), Spell(190.5, 195.0, ("529",))
    target = Climate(spells=(first, copy), quickest=4.0, slowest=4.0, pause=0.0, hint=20.0)
    visits = (*TWENTY[:19], Visit(at=190.0, stream=True))
    route = Route(targets=("target0",), hedge=1.0, on_break="restart")

    trace = storm(target, visits=visits, route=route, breaker=None, seed=seed)

    asked = [sent.at - START for sent in trace.of_visit(19)]
    assert asked[:2] == [190.0, 191.0]
    assert all(at >= 211.4 for at in asked[2:])
    assert len(asked) == 3 or fails == "cut"


@pytest.mark.invariant("I13")
def test_seed_6304_a_renewal_that_has_just_ended_is_not_joined() -> None:
    runtime = AsyncRuntime()

    async def late() -> None:
        raise DeadlineExceeded("of whoever began it")

    async def well() -> str:
        return "renewed"

    async def main() -> str:
        first = asyncio.ensure_future(runtime.once("key", late))
        await asyncio.sleep(0)
        # The flight ends in this turn of the loop, and is struck off in the next.
        await asyncio.sleep(0)
        again = await runtime.once("key", well)
        await asyncio.gather(first, return_exceptions=True)
        assert await runtime.once("key", well) == "renewed"
        return again

    assert asyncio.run(main()) == "renewed"


@pytest.mark.invariant("I5")
def test_who_waits_for_a_place_that_processes_share_hears_what_the_provider_says() -> None:
    # The first is refused while the others wait behind it, and told to come in 20 s.
    target = Climate(spells=(Spell(0, 0.005, ("529",)),), quickest=1.0, slowest=1.0, hint=20.0)
    limits = RateLimits(concurrency=1, shared=True)
    visits = tuple(Visit(at=0.01 * number) for number in range(4))

    trace = storm(target, visits=visits, limits=limits, breaker=None, store=0.0)

    assert [end.kind for end in trace.ends.values()] == ["complete"] * 4
    assert trace.sent[1].at - START >= 20.1


@pytest.mark.invariant("I5")
def test_nobody_comes_while_the_store_is_told_that_a_refused_one_has_left() -> None:
    target = Climate(spells=(Spell(0, 0.5, ("529",)),), quickest=1.0, slowest=1.0, hint=20.0)
    limits = RateLimits(concurrency=2, shared=True)
    # It is refused after 0.1 s, behind the store's 0.05.
    visits = (Visit(at=0.0), Visit(at=0.16))

    trace = storm(target, visits=visits, limits=limits, breaker=None, store=0.05)

    assert trace.sent[1].at - START >= 20.1


def test_who_is_cancelled_between_two_attempts_pays_for_none_that_was_refused() -> None:
    down = Climate(spells=(Spell(0, FOREVER, ("500",)),), slowest=0.1)

    trace = storm(down, visits=(Visit(at=0.0, leaves=0.2),), budget=1000)

    assert trace.ends[0].kind == "cancelled"
    assert [sent.status for sent in trace.sent] == [500]


@pytest.mark.invariant("I2")
@pytest.mark.parametrize("store", [None, 0.05])
@pytest.mark.parametrize("held", ["money", "a place"])
def test_seed_3855_what_a_call_holds_that_others_share_lasts_as_long_as_they_listen(
    store, held
) -> None:
    slow = Climate(quickest=0.0, slowest=0.0, pause=30.0)
    hasty = Visit(at=0.0, stream=True, allowed=10.0)
    patient = Visit(at=5.0, stream=True, allowed=600.0)
    others = tuple(Visit(at=20.0 + 5 * n, asks=1 + n, allowed=1.0) for n in range(20))

    trace = storm(
        slow,
        visits=(hasty, patient, *others),
        store=store,
        cache=60.0,
        limits=RateLimits(concurrency=1, shared=True) if held == "a place" else None,
        budget=100 if held == "money" else None,
        breaker=None,
    )

    (shared,) = trace.of_visit(0)
    assert trace.ends[1].kind == "complete"
    assert shared.closed is not None
    assert shared.closed - START > 100
    during = [s for s in trace.sent if s is not shared and s.at < shared.closed]
    assert during == []


def test_what_the_slower_of_two_copies_at_one_target_may_cost_is_counted_once() -> None:
    target = Climate(spells=(Spell(189.0, 190.5, ("slow",)),), quickest=1.0, slowest=1.0)
    route = Route(targets=("target0",), hedge=2.0)

    visits = (*TWENTY[:19], Visit(at=190.0, stream=True))
    run = Storm(Plan(1, (target,), visits, route=route, breaker=None, budget=100_000))
    run.run()
    check(run)

    assert [sent.fault for sent in run.trace.of_visit(19)] == ["slow", None]
    assert run.store is not None
    assert run.store.spent == 20 * 50 + 40


def test_a_copy_that_no_budget_had_room_for_leaves_its_target_to_the_call() -> None:
    # Twenty calls may be paid, one at a time: the copy may not, and what follows the first may.
    slow = Climate(spells=(Spell(189.0, 195.0, ("500",)),), quickest=4.0, slowest=4.0)
    route = Route(targets=("target0", "target1"), hedge=1.0)
    once = RetryPolicy(max_retries=0)

    trace = storm(
        slow, Climate(), visits=TWENTY, route=route, breaker=None, retries=once, budget=1050
    )

    assert trace.ends[19].kind == "complete"
    assert [sent.target for sent in trace.of_visit(19)] == ["target0", "target1"]
