"""The bound of the cell rate algorithm holds for every pair of admissions, in whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.policies.limiter import SECOND, Gcra, nanoseconds

# Gaps of nanoseconds, of seconds, and at the edge of what a float can hold.
GAPS = st.lists(
    st.one_of(st.integers(0, 3), st.integers(0, 10 * SECOND), st.integers(2**53 - 3, 2**53 + 3)),
    max_size=60,
)
COUNTS = st.integers(1, 1000)
BURSTS = st.integers(1, 20)
PERIODS = st.sampled_from([1, SECOND, 60 * SECOND])


def admissions(limiter: Gcra, instants: list[int]) -> list[int]:
    taken = []
    for now in instants:
        if limiter.wait(now) == 0:
            limiter.take(now)
            taken.append(now)
    return taken


def running(gaps: list[int], start: int = 0) -> list[int]:
    instants = [start]
    for gap in gaps:
        instants.append(instants[-1] + gap)
    return instants


def assert_bounded(taken: list[int], count: int, period: int, burst: int) -> None:
    for i, first in enumerate(taken):
        for j in range(i + 1, len(taken)):
            assert j - i + 1 <= burst + count * (taken[j] - first) // period


@pytest.mark.invariant("I6")
@given(GAPS, COUNTS, PERIODS, BURSTS, st.integers(0, 2**53))
@settings(max_examples=300, deadline=None)
def test_i6_no_window_holds_more_than_the_burst_and_the_rate(
    gaps, count, period, burst, start
) -> None:
    taken = admissions(Gcra(count, period, burst), running(gaps, start))
    assert_bounded(taken, count, period, burst)


@given(GAPS, COUNTS, BURSTS)
@settings(max_examples=200, deadline=None)
def test_a_refusal_says_exactly_when_there_is_room(gaps, count, burst) -> None:
    limiter = Gcra(count, SECOND, burst)
    latest = 0
    for arrival in running(gaps):
        now = max(arrival, latest)
        wait = limiter.wait(now)
        if wait:
            assert limiter.wait(now + wait - 1) > 0
        latest = now + wait
        assert limiter.wait(latest) == 0
        limiter.take(latest)


@pytest.mark.invariant("I6")
@given(st.lists(st.integers(-10 * SECOND, 10 * SECOND), max_size=60), COUNTS, BURSTS)
@settings(max_examples=200, deadline=None)
def test_i6_a_clock_that_jumps_back_grants_nothing(jumps, count, burst) -> None:
    limiter = Gcra(count, SECOND, burst)
    instants = running(jumps, start=1000 * SECOND)
    furthest, taken = 0, []
    for now in instants:
        if limiter.wait(now) == 0:
            limiter.take(now)
            taken.append(max(furthest, now))
        furthest = max(furthest, taken[-1] if taken else 0)
    assert_bounded(taken, count, SECOND, burst)


def test_ten_a_second_with_a_burst_of_ten_admits_twenty_in_the_first_second() -> None:
    limiter = Gcra(10, SECOND, 10)
    every_millisecond = [n * SECOND // 1000 for n in range(1000)]
    assert len(admissions(limiter, every_millisecond)) == 19
    assert len(admissions(Gcra(10, SECOND, 1), every_millisecond)) == 10


def test_what_is_larger_than_the_burst_goes_when_all_is_there_and_is_owed() -> None:
    limiter = Gcra(100, SECOND, 10)
    assert limiter.wait(0, 500) == 0
    limiter.take(0, 500)
    assert limiter.wait(0, 1) == nanoseconds(4.91)
    assert limiter.wait(0, 500) == nanoseconds(5)


def test_who_stands_behind_others_is_told_a_later_time() -> None:
    limiter = Gcra(10, SECOND, 1)
    limiter.take(0)
    assert limiter.wait(0) == nanoseconds(0.1)
    assert limiter.wait(0, behind=3) == nanoseconds(0.4)


def test_too_high_an_estimate_is_given_back_and_too_low_a_one_is_owed() -> None:
    limiter = Gcra(100, SECOND, 100)
    taken = limiter.take(0, 100)
    assert limiter.wait(0, 50) > 0
    limiter.correct(taken, -60)
    assert limiter.wait(0, 60) == 0
    limiter.correct(taken, 60)
    assert limiter.wait(0, 1) > 0


def test_nothing_is_given_back_that_time_has_forgiven_already() -> None:
    limiter = Gcra(100, SECOND, 100)
    early = limiter.take(0, 100)
    limiter.take(nanoseconds(5), 100)
    limiter.correct(early, -100)
    assert limiter.wait(nanoseconds(5), 1) > 0


@given(
    st.lists(st.tuples(st.integers(0, SECOND), st.integers(1, 50), st.integers(0, 50)), max_size=40)
)
@settings(max_examples=300, deadline=None)
def test_corrected_estimates_never_admit_more_than_true_ones_would(steps) -> None:
    """Against a bucket that knows each cost beforehand, and is charged at the same instants."""
    limiter, level, last, now = Gcra(100, SECOND, 50), 50.0, 0, 0
    for gap, estimate, less in steps:
        now += gap
        level = min(50.0, level + (now - last) * 100 / SECOND)
        last = now
        if limiter.wait(now, estimate) == 0:
            true = max(0, estimate - less)
            assert level >= min(estimate, 50) - 1e-6
            taken = limiter.take(now, estimate)
            limiter.correct(taken, true - estimate)
            level -= true


@given(
    taken=st.integers(0, 20),
    old=st.tuples(st.integers(1, 50), st.integers(1, 60), st.integers(1, 20)),
    new=st.tuples(st.integers(1, 50), st.integers(1, 60), st.integers(1, 20)),
)
def test_at_another_rate_the_units_that_are_owed_stay_owed(taken, old, new) -> None:
    def made(rate: tuple[int, int, int]) -> Gcra:
        return Gcra(rate[0], rate[1] * SECOND, rate[2])

    subject, now = made(old), 1000 * SECOND
    for _ in range(taken):
        subject.take(now)
    subject.follow(made(new), now)
    straight = made(new)
    for _ in range(taken):
        straight.take(now)
    assert subject.wait(now) == straight.wait(now)
