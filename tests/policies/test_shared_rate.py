"""The rate that is shared decides as the one in memory does, and keeps the same bound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.policies.limiter import Gcra
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.shared_rate import (
    JUMP,
    MICROSECONDS,
    Level,
    corrected,
    level_at,
    request_rate,
    spent,
    token_rate,
    wait,
)
from fairlead.types.permits import Rate

GAPS = st.one_of(st.integers(0, 3), st.integers(0, 10_000), st.integers(0, 10 * MICROSECONDS))
RATES = st.builds(
    Rate,
    count=st.integers(1, 1000),
    period=st.sampled_from([1, 7, MICROSECONDS, 60 * MICROSECONDS]),
    burst=st.integers(1, 20),
)


@pytest.mark.invariant("I6")
@given(RATES, st.lists(st.tuples(GAPS, st.integers(1, 30)), max_size=40))
@settings(max_examples=200, deadline=None)
def test_it_decides_as_the_one_in_memory_does(rate: Rate, steps: list[tuple[int, int]]) -> None:
    local = Gcra(rate.count, rate.period * 1000, rate.burst)
    level, now = Level(), MICROSECONDS
    for gap, cost in steps:
        now += gap
        level = level_at(level, rate, now)
        expected = local.wait(now * 1000, cost)
        assert wait(level, rate, now, cost) == -(-expected // 1000)
        if expected == 0:
            local.take(now * 1000, cost)
            level = spent(level, rate, cost)


@pytest.mark.invariant("I6")
@given(RATES, st.lists(GAPS, max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_window_holds_more_than_the_burst_and_the_rate(rate: Rate, gaps: list[int]) -> None:
    level, now, admitted = Level(), MICROSECONDS, []
    for gap in gaps:
        now += gap
        level = level_at(level, rate, now)
        if wait(level, rate, now) == 0:
            level = spent(level, rate)
            admitted.append(now)
    for i, first in enumerate(admitted):
        for j in range(i, len(admitted)):
            assert j - i + 1 <= rate.burst + rate.count * (admitted[j] - first) // rate.period


@given(RATES, st.lists(st.tuples(GAPS, st.integers(1, 30), st.integers(-30, 30)), max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_correction_counts_as_the_one_in_memory_does(rate: Rate, steps) -> None:
    local = Gcra(rate.count, rate.period * 1000, rate.burst)
    level, now = Level(), MICROSECONDS
    for gap, cost, difference in steps:
        now += gap
        at = level_at(level, rate, now)
        if wait(at, rate, now, cost):
            continue
        taken = local.take(now * 1000, cost)
        level = spent(at, rate, cost)
        local.correct(taken, max(difference, -cost))
        level = corrected(level, rate, at.emptied, max(difference, -cost))
        asked = level_at(level, rate, now)
        assert wait(asked, rate, now) == -(-local.wait(now * 1000) // 1000)


def test_what_was_forgiven_is_not_given_back_again() -> None:
    rate = Rate(1, MICROSECONDS, 5)
    first = level_at(Level(), rate, 10 * MICROSECONDS)
    level = spent(first, rate, 5)
    later = spent(level_at(level, rate, 100 * MICROSECONDS), rate, 5)
    assert corrected(later, rate, first.emptied, -5) == later
    assert corrected(later, rate, later.emptied, -2).debt == 3 * MICROSECONDS


def test_a_clock_that_goes_back_grants_nothing_and_one_that_leapt_stops_nobody_for_long() -> None:
    rate = Rate(1, MICROSECONDS, 1)
    level = spent(level_at(Level(), rate, 2 * JUMP), rate)
    back = level_at(level, rate, 2 * JUMP - MICROSECONDS)
    assert wait(back, rate, 2 * JUMP - MICROSECONDS) == 2 * MICROSECONDS
    leapt = level_at(level, rate, JUMP - 1)
    assert wait(leapt, rate, JUMP - 1) == MICROSECONDS


def test_what_is_owed_stays_owed_for_as_long_when_the_rate_is_set_anew() -> None:
    slow, fast = Rate(1, MICROSECONDS, 1), Rate(10, MICROSECONDS, 1)
    level = spent(level_at(Level(), slow, MICROSECONDS), slow)
    assert wait(level_at(level, fast, MICROSECONDS), fast, MICROSECONDS) == MICROSECONDS


def test_rates_are_in_the_smallest_whole_numbers() -> None:
    limits = RateLimits(requests_per_minute=600, tokens_per_minute=90_000)
    assert request_rate(limits) == Rate(1, 100_000, 100)
    assert token_rate(limits) == Rate(3, 2000, 15_000)
    assert request_rate(RateLimits(requests_per_second=7, strict=True)) == Rate(7, MICROSECONDS, 1)
    assert request_rate(RateLimits(concurrency=1)) is token_rate(RateLimits(concurrency=1)) is None
