"""Storms by name: what a brown-out, a flapping target, a herd or a refused token must come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from tests.storms.checks import check
from tests.storms.clock import START
from tests.storms.plans import Climate, Plan, Spell, Visit
from tests.storms.storm import Storm
from tests.storms.trace import Trace

from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.types.routes import Route

FOREVER = 1e9


def weathered(plan: Plan) -> Trace:
    """The trace of a storm that has kept every promise."""
    storm = Storm(plan)
    storm.run()
    check(storm)
    return storm.trace


def crowd(dice: Random, count: int, seconds: float, **how: object) -> tuple[Visit, ...]:
    """Calls spread over a time."""
    return tuple(Visit(at=dice.uniform(0, seconds), **how) for _ in range(count))


def again(trace: Trace) -> list[float]:
    """When retries were sent: whatever was not the first request of its call."""
    first: set[int] = set()
    found = []
    for sent in trace.sent:
        if sent.visit in first:
            found.append(sent.at)
        first.add(sent.visit)
    return found


def binned(instants: Sequence[float], width: float, begins: float, ends: float) -> list[int]:
    """How many fall into each piece of a time."""
    counted = Counter(int((at - begins) / width) for at in instants if begins <= at < ends)
    return [counted[n] for n in range(round((ends - begins) / width))]


def complete(trace: Trace) -> int:
    return sum(end.kind == "complete" for end in trace.ends.values())


# -- P4, I21: a storm of 529 ---------------------------------------------------------------------


@pytest.mark.fault("P4", "200 clients send 1.2 times as much as without retries, and 10 a minute")
@pytest.mark.parametrize("seed", range(5))
def test_p4_a_storm_of_529_is_not_made_worse(seed: int) -> None:
    storm = Climate(spells=(Spell(0, FOREVER, ("529",)),))
    visits = crowd(Random(seed), 200, 10.0)

    trace = weathered(Plan(seed, (storm,), visits, breaker=None))

    assert len(trace.sent) <= 1.2 * 200 + 10
    assert complete(trace) == 0


@pytest.mark.invariant("I21")
@pytest.mark.parametrize("seed", range(5))
def test_i21_after_a_mass_refusal_nobody_comes_back_in_step(seed: int) -> None:
    storm = Climate(spells=(Spell(0, FOREVER, ("529",)),), quickest=0.1, slowest=0.1)
    visits = tuple(Visit(at=0.0) for _ in range(2000))
    once = RetryPolicy(max_retries=1)

    trace = weathered(Plan(seed, (storm,), visits, breaker=None, ratio=1.0, retries=once))

    # All were refused at 10 ms; the first retry comes within a second of that.
    retries = again(trace)
    assert len(retries) == 2000
    bins = binned(retries, 0.1, START + 0.02, START + 1.02)
    mean = sum(bins) / len(bins)
    assert max(bins) <= 1.2 * mean
    assert min(bins) >= 0.8 * mean
    assert sum((n - mean) ** 2 for n in bins) / len(bins) / mean < 2


@pytest.mark.invariant("I21")
def test_i21_with_a_hint_the_herd_comes_after_it_and_apart() -> None:
    storm = Climate(spells=(Spell(0, 5.0, ("529",)),), quickest=0.1, slowest=0.1, hint=20.0)
    visits = tuple(Visit(at=0.0) for _ in range(1000))

    trace = weathered(Plan(3, (storm,), visits, breaker=None, ratio=1.0))

    bins = binned(again(trace), 0.1, START + 20.01, START + 21.01)
    assert sum(bins) == 1000
    assert max(bins) <= 2 * 100
    assert complete(trace) == 1000


# -- P5, P6, P7: brown-out, flapping, recovery ---------------------------------------------------


@pytest.mark.fault("P5", "at most 1.2 times the requests and 10 a minute; more succeed, not fewer")
@pytest.mark.parametrize("seed", range(5))
def test_p5_in_a_brown_out_retries_help_and_stay_few(seed: int) -> None:
    brown = Climate(spells=(Spell(0, FOREVER, ("500",), share=0.5),))
    visits = crowd(Random(seed), 1000, 300.0)
    plan = Plan(seed, (brown,), visits, breaker=None)

    with_retries = weathered(plan)
    without = weathered(
        Plan(seed, (brown,), visits, breaker=None, retries=RetryPolicy(max_retries=0))
    )

    assert len(with_retries.sent) <= 1.2 * 1000 + 6 * 10
    assert complete(with_retries) > complete(without) + 100


@pytest.mark.fault("P6", "one probe at a time, and only the four changes of state that there are")
@pytest.mark.parametrize("seed", range(5))
def test_p6_a_flapping_target_is_probed_one_by_one(seed: int) -> None:
    flapping = Climate(
        spells=(Spell(0, 5.0, ("500", "reset", "cut", "silent"), every=10.0),), slowest=0.3
    )
    visits = crowd(Random(seed), 2000, 200.0, allowed=10.0)
    quick = BreakerPolicy(open=2, open_most=4)

    trace = weathered(Plan(seed, (flapping,), visits, breaker=quick))

    assert len(trace.turns) > 20
    assert complete(trace) > 300


@pytest.mark.fault("P7", "the breaker closes after two probes; nobody has saved up requests")
@pytest.mark.parametrize("seed", range(5))
def test_p7_after_ten_minutes_dead_it_closes_and_no_herd_comes(seed: int) -> None:
    dead = Climate(spells=(Spell(0, 600.0, ("refused", "500", "529")),), slowest=0.3)
    visits = crowd(Random(seed), 5000, 1000.0)

    trace = weathered(Plan(seed, (dead,), visits))

    while_dead = [sent for sent in trace.sent if sent.at < START + 600]
    assert len(while_dead) <= 5 + 10 + 8  # opened it, were under way, and the probes
    closed = [at for at, _, _, state in trace.turns if state == "closed"]
    assert len(closed) == 1
    assert START + 600 <= closed[0] <= START + 600 + 330
    # Calls come five a second; who was refused meanwhile has gone, and nothing was queued.
    after = binned([s.at for s in trace.sent], 1.0, closed[0], START + 1000)
    assert max(after) <= 20
    later = [n for n, visit in enumerate(visits) if START + visit.at > closed[0]]
    assert all(trace.ends[n].kind == "complete" for n in later)


# -- herds at a limit ----------------------------------------------------------------------------


@pytest.mark.invariant("I6")
@pytest.mark.parametrize("seed", range(5))
def test_i6_a_herd_at_a_limit_is_let_in_by_the_rate_and_in_order(seed: int) -> None:
    limits = RateLimits(requests_per_second=10, burst=3, concurrency=20)
    visits = tuple(Visit(at=0.0, allowed=600.0) for _ in range(300))

    trace = weathered(Plan(seed, (Climate(),), visits, limits=limits))

    assert complete(trace) == 300
    assert [sent.visit for sent in trace.sent] == list(range(300))
    assert trace.sent[-1].at - START == pytest.approx(29.7, abs=0.01)  # no slower than it may


@pytest.mark.parametrize("seed", range(2))
def test_the_places_of_a_provider_are_found_without_being_told(seed: int) -> None:
    narrow = Climate(capacity=12, quickest=1.0, slowest=1.0, pause=0.0)
    visits = crowd(Random(seed), 9000, 1200.0, allowed=30.0)
    limits = RateLimits(adaptive=True)
    plan = Plan(seed, (narrow,), visits, limits=limits, retries=RetryPolicy(max_retries=0))

    storm = Storm(plan)
    trace = storm.run()
    check(storm)

    refused = Counter(s.fault == "429" for s in trace.sent if s.at > START + 300)
    assert refused[True] <= 0.1 * refused[False]
    assert complete(trace) >= 0.9 * 9000


# -- tokens and clocks ---------------------------------------------------------------------------


@pytest.mark.fault("P8", "one renewal for 500 callers, and each sends its request once more")
@pytest.mark.invariant("I13")
@pytest.mark.parametrize("seed", range(3))
def test_p8_five_hundred_refused_callers_renew_one_token(seed: int) -> None:
    ends = Climate(ends_tokens=(10.0,), quickest=0.2, slowest=2.0)
    visits = (Visit(at=0.0), *(Visit(at=11.0) for _ in range(500)))

    trace = weathered(Plan(seed, (ends,), visits, login=True))

    assert len(trace.tokens) == 2  # the first, and the one that replaces it
    assert complete(trace) == 501
    assert Counter(len(trace.of_visit(n)) for n in range(1, 501)) == {2: 500}


@pytest.mark.fault("P11", "a wall clock that is set back or ahead ends no call and no token early")
@pytest.mark.parametrize("jump", [-86_400.0, -600.0, 600.0, 86_400.0])
def test_p11_a_clock_that_jumps_keeps_no_token_from_being_replaced(jump: float) -> None:
    ends = Climate(ends_tokens=(20.0,), slowest=0.2)
    visits = tuple(Visit(at=float(n)) for n in range(40))

    trace = weathered(Plan(1, (ends,), visits, login=True, jumps=((10.0, jump),)))

    assert complete(trace) == 40
    assert len(trace.tokens) <= 3


@pytest.mark.fault("P11", "what a limit grants goes by time that passes, not by what a clock says")
@pytest.mark.invariant("I6")
@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_p11_a_clock_that_jumps_grants_no_burst(jump: float) -> None:
    visits = tuple(Visit(at=0.0, allowed=600.0) for _ in range(200))
    limits = RateLimits(requests_per_second=5, burst=2)
    jumps = tuple((float(at), jump) for at in range(3, 30, 3))

    trace = weathered(Plan(1, (Climate(),), visits, limits=limits, jumps=jumps))

    assert complete(trace) == 200
    assert trace.sent[-1].at - START == pytest.approx(198 / 5, abs=0.01)


@pytest.mark.fault("P11", "after a sleep of the machine, what had no time left is not sent")
def test_p11_who_slept_past_the_deadline_sends_nothing_more() -> None:
    down = Climate(spells=(Spell(0, 5.0, ("hinted",)),), slowest=0.2)
    visits = tuple(Visit(at=0.0, allowed=100.0) for _ in range(20))
    slept = Plan(5, (down,), visits, breaker=None, suspends=((0.3, 900.0),), ratio=5.0)

    trace = weathered(slept)

    assert all(sent.at < START + 100 for sent in trace.sent)
    assert {end.kind for end in trace.ends.values()} <= {"DeadlineExceeded", "RateLimitError"}


# -- cancelled and cut ---------------------------------------------------------------------------


@pytest.mark.invariant("I1")
@pytest.mark.invariant("I11")
@pytest.mark.parametrize("on_break", ["error", "restart"])
def test_two_thousand_streams_cut_and_cancelled_at_random_leave_nothing(on_break) -> None:
    dice = Random(on_break)
    rough = Climate(
        spells=(Spell(0, FOREVER, ("cut", "stalled", "broken", "ended", "529"), share=0.3),)
    )
    visits = tuple(
        Visit(at=dice.uniform(0, 300), stream=True, leaves=dice.expovariate(0.5))
        for _ in range(2000)
    )
    plan = Plan(
        7,
        (rough, rough),
        visits,
        route=Route(targets=("target0", "target1"), on_break=on_break),
        limits=RateLimits(concurrency=30),
        breaker=BreakerPolicy(open=5),
        budget=1_000_000,
    )

    trace = weathered(plan)

    kinds = Counter(end.kind for end in trace.ends.values())
    assert kinds["cancelled"] > 300
    assert kinds["complete"] > 300
