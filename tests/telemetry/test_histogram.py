"""Durations in fixed memory, close to what they were."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import example, given, strategies

from fairlead.telemetry.histogram import BUCKETS, Histogram
from fairlead.telemetry.snapshot import BOUNDS

SECONDS = strategies.floats(min_value=1e-5, max_value=4000)
ERROR = 1 / 32 + 1e-9  # and the rounding of the arithmetic
UNIT = 1 / 819_200


def histogram(*seconds: float) -> Histogram:
    found = Histogram()
    for value in seconds:
        found.add(value)
    return found


@example([1.0, 0.02], 0.0)
@given(strategies.lists(SECONDS, min_size=1, max_size=200), strategies.floats(0, 100))
def test_a_percentile_is_off_by_a_thirty_second_at_most(values, percent) -> None:
    found = histogram(*values).percentile(percent)

    rank = max(1, math.ceil(len(values) * percent / 100 - 1e-9))
    exact = sorted(values)[rank - 1]
    assert found == pytest.approx(exact, rel=ERROR, abs=UNIT)
    assert found <= max(values)


@given(strategies.lists(SECONDS, max_size=100))
def test_the_bounds_of_the_conventions_are_counted_exactly(values) -> None:
    exact = [sum(value < bound for value in values) for bound in BOUNDS]

    assert histogram(*values).up_to(BOUNDS) == exact


@given(strategies.lists(SECONDS, max_size=50), strategies.lists(SECONDS, max_size=50))
def test_merging_is_counting_both(some, others) -> None:
    merged, both = histogram(*some), histogram(*some, *others)
    merged.merge(histogram(*others))

    assert [merged.percentile(p) for p in (1, 50, 99)] == [both.percentile(p) for p in (1, 50, 99)]
    assert merged.total == pytest.approx(both.total)
    assert merged.count == both.count


@pytest.mark.parametrize("value", [0, -1, math.nan, -math.inf])
def test_what_is_no_duration_counts_as_nothing(value) -> None:
    found = histogram(value)

    assert (found.count, found.total, found.percentile(100)) == (1, 0, 0)


def test_what_is_beyond_all_buckets_falls_into_the_last() -> None:
    found = histogram(1e9, math.inf)

    assert found.percentile(50) > 5000
    assert found.count == 2


def test_an_empty_one_says_nothing() -> None:
    assert Histogram().percentile(99) == 0


def test_memory_does_not_grow() -> None:
    found = Histogram()
    size = sys.getsizeof(found._counts)
    for number in range(10_000):
        found.add(number / 7)

    assert sys.getsizeof(found._counts) == size < 4096
    assert len(found._counts) == BUCKETS
