"""Waits are spread evenly, bounded, and never shorter than what the server asked for."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.backoff import (
    BATCH_THROTTLE,
    FLOOR,
    THROTTLE,
    TRANSIENT,
    UNSENT,
    Backoff,
    backoff_for,
    wait_after_hint,
)

NO_LIMIT = float("inf")
UNIT_INTERVAL = st.floats(0, 1, exclude_max=True)


@pytest.mark.invariant("I21")
@pytest.mark.parametrize("backoff", [UNSENT, TRANSIENT, THROTTLE, BATCH_THROTTLE])
@pytest.mark.parametrize("retry", [0, 2, 9])
def test_the_waits_are_uniform(backoff: Backoff, retry: int) -> None:
    draw = Random(f"{backoff.base} {retry}").random
    top = backoff.ceiling(retry)
    bins = [0] * 10
    for _ in range(10_000):
        wait = backoff.wait(retry, room=NO_LIMIT, random=draw)
        bins[int((wait - FLOOR) / (top - FLOOR) * 10)] += 1
    assert all(800 <= count <= 1200 for count in bins), bins


def test_a_thousand_callers_refused_at_once_do_not_come_back_at_once() -> None:
    draw = Random(529).random
    bins = [0] * 10
    for _ in range(1000):
        bins[int(THROTTLE.wait(0, room=NO_LIMIT, random=draw) / 0.1)] += 1
    assert max(bins) <= 200, bins


@pytest.mark.parametrize(
    ("backoff", "ceilings"),
    [
        (UNSENT, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]),
        (TRANSIENT, [0.5, 1, 2, 4, 8, 8]),
        (THROTTLE, [1, 2, 4, 8, 16, 30, 30]),
        (BATCH_THROTTLE, [10, 20, 40, 80, 160, 300, 300]),
    ],
)
def test_the_longest_wait_doubles_up_to_its_cap(backoff: Backoff, ceilings: list[float]) -> None:
    assert [backoff.ceiling(retry) for retry in range(len(ceilings))] == pytest.approx(ceilings)


def test_the_batch_profile_is_patient_with_throttling_only() -> None:
    assert backoff_for("throttle", "batch") is BATCH_THROTTLE
    assert backoff_for("throttle", "interactive") is THROTTLE
    assert backoff_for("transient", "batch") is TRANSIENT
    assert backoff_for("unsent", "batch") is UNSENT


@given(st.integers(0, 10**9), UNIT_INTERVAL, st.floats(FLOOR, 1e6))
def test_a_wait_lies_between_the_floor_and_what_room_there_is(
    retry: int, drawn: float, room: float
) -> None:
    wait = THROTTLE.wait(retry, room=room, random=lambda: drawn)
    assert FLOOR <= wait <= min(THROTTLE.cap, room)


@given(st.floats(0, 120), UNIT_INTERVAL)
@pytest.mark.invariant("I5")
def test_a_hint_is_never_undercut_and_hardly_passed(hint: float, drawn: float) -> None:
    wait = wait_after_hint(hint, room=NO_LIMIT, random=lambda: drawn)
    assert max(hint, FLOOR) <= wait <= max(FLOOR, hint + min(1.0, hint * 0.1))


@given(st.floats(FLOOR, 120), st.floats(0, 10), UNIT_INTERVAL)
def test_the_jitter_on_a_hint_gives_way_to_the_deadline(
    hint: float, spare: float, drawn: float
) -> None:
    assert hint <= wait_after_hint(hint, room=hint + spare, random=lambda: drawn) <= hint + spare


def test_a_hint_is_not_undercut_even_where_there_is_no_room_for_it() -> None:
    assert wait_after_hint(5.0, room=1.0, random=lambda: 0.5) == 5


def test_callers_with_the_same_hint_are_spread() -> None:
    draw = Random(7).random
    waits = {wait_after_hint(20.0, room=NO_LIMIT, random=draw) for _ in range(100)}
    assert len(waits) == 100
    assert min(waits) >= 20
    assert 20.8 < max(waits) <= 21
