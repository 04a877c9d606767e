"""The number of places, fixed or finding itself."""

from __future__ import annotations

import pytest

from fairlead.policies.concurrency import Concurrency


def round_trip(places: Concurrency, at: float, sent: int, capacity: int) -> int:
    """Send `sent` at once to a provider with room for `capacity`; how many it refused."""
    sent = min(sent, places.limit or sent)
    for _ in range(sent):
        places.in_use += 1
    for index in range(sent):
        places.give_back(at, at + 1.0, throttled=index >= capacity)
    return max(0, sent - capacity)


def test_a_fixed_number_is_kept_whatever_happens() -> None:
    places = Concurrency(2)
    places.in_use += 1
    assert not places.full
    places.in_use += 1
    assert places.full
    places.give_back(0.0, 1.0, throttled=True)
    assert (places.limit, places.in_use, places.full) == (2, 1, False)


def test_without_a_number_there_is_always_room() -> None:
    places = Concurrency(None)
    for _ in range(10_000):
        places.in_use += 1
    assert not places.full


def test_many_refusals_of_one_round_trip_take_off_one_tenth_only() -> None:
    places = Concurrency(None, adaptive=True)
    assert round_trip(places, at=0.0, sent=64, capacity=0) == 64
    assert places.limit == 57


def test_it_never_sinks_below_four_nor_rises_past_what_is_set() -> None:
    places = Concurrency(70, adaptive=True)
    for trip in range(100):
        round_trip(places, at=2.0 * trip, sent=512, capacity=0)
    assert places.limit == 4
    for trip in range(100, 5000):
        round_trip(places, at=2.0 * trip, sent=512, capacity=512)
    assert places.limit == 70


def test_a_round_trip_that_uses_less_than_half_adds_nothing() -> None:
    places = Concurrency(None, adaptive=True)
    for trip in range(100):
        round_trip(places, at=2.0 * trip, sent=31, capacity=512)
    assert places.limit == 64


def test_an_end_that_proves_nothing_changes_nothing_but_the_places() -> None:
    places = Concurrency(None, adaptive=True)
    for _ in range(500):
        for _ in range(64):
            places.in_use += 1
        for _ in range(64):
            places.give_back(0.0, 1.0, throttled=None)
    assert (places.limit, places.in_use) == (64, 0)


@pytest.mark.parametrize("capacity", [6, 20, 50, 150, 400])
def test_it_finds_the_capacity_of_a_provider_and_stays_there(capacity: int) -> None:
    places = Concurrency(None, adaptive=True)
    refused = sent = 0
    for trip in range(3000):
        before = places.limit or 0
        lost = round_trip(places, at=2.0 * trip, sent=10_000, capacity=capacity)
        if trip >= 1000:
            refused, sent = refused + lost, sent + before
            assert 0.85 * capacity - 1 <= before <= capacity + 1
    assert refused <= 0.06 * sent


def test_another_bound_counts_what_is_under_way() -> None:
    subject = Concurrency(5)
    subject.in_use = 3
    subject.follow(Concurrency(2))
    assert subject.full
    subject.follow(Concurrency(None))
    assert not subject.full
    assert subject.in_use == 3


def test_a_number_that_was_found_stays_within_the_new_bound() -> None:
    subject = Concurrency(100, adaptive=True)
    subject.limit = 30
    subject.follow(Concurrency(50, adaptive=True))
    assert subject.limit == 30
    subject.follow(Concurrency(10, adaptive=True))
    assert subject.limit == 10
