"""The order in which targets are tried, and how long each may be silent."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.route import Standing, arranged, share

ORDERS = ("listed", "weighted", "least_loaded", "cheapest", "fastest")

maybe = st.none() | st.floats(0.0, 100.0)
standings = st.lists(
    st.builds(
        Standing,
        weight=st.floats(0.01, 100.0),
        cost=maybe,
        latency=maybe,
        load=st.integers(0, 50),
        rests=st.sampled_from([0.0, 0.0, 1.0, 60.0]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("order", ORDERS)
@given(found=standings, seed=st.integers(0, 1000))
def test_every_target_has_one_place_and_who_rests_comes_last(order, found, seed) -> None:
    places = arranged(order, found, Random(seed).random)

    assert sorted(places) == list(range(len(found)))
    rests = [found[place].rests for place in places]
    assert rests == sorted(rests)


def test_listed_is_the_order_of_the_list() -> None:
    assert arranged("listed", [Standing()] * 3, Random(1).random) == [0, 1, 2]


def test_weights_are_shares_of_the_first_places() -> None:
    dice = Random(1).random
    found = [Standing(weight=1), Standing(weight=3)]
    firsts = Counter(arranged("weighted", found, dice)[0] for _ in range(4000))

    assert 0.72 < firsts[1] / 4000 < 0.78


def test_cheapest_goes_by_cost_and_the_unknown_comes_last() -> None:
    found = [Standing(), Standing(cost=2.0), Standing(cost=1.0), Standing(cost=0.0)]

    assert arranged("cheapest", found, Random(1).random) == [3, 2, 1, 0]


def test_fastest_goes_by_latency_and_the_unknown_comes_first() -> None:
    found = [Standing(latency=2.0), Standing(latency=1.0), Standing()]

    assert arranged("fastest", found, Random(1).random) == [2, 1, 0]


def test_of_two_the_less_loaded_and_quicker_one_is_taken() -> None:
    busy, free = Standing(latency=1.0, load=9), Standing(latency=1.0)
    slow, quick = Standing(latency=5.0), Standing(latency=1.0)

    for seed in range(20):
        assert arranged("least_loaded", [busy, free], Random(seed).random) == [1, 0]
        assert arranged("least_loaded", [slow, quick], Random(seed).random) == [1, 0]


def test_of_many_the_worst_is_never_first_and_not_all_go_to_the_best() -> None:
    dice = Random(1).random
    found = [Standing(latency=float(number)) for number in range(1, 6)]
    firsts = Counter(arranged("least_loaded", found, dice)[0] for _ in range(1000))

    assert firsts[4] == 0
    assert 200 < firsts[0] < 600


@given(
    remaining=st.floats(0.1, 600.0),
    others=st.lists(st.none() | st.floats(0.0, 600.0), max_size=6),
)
def test_each_target_is_left_something_and_never_less_than_an_even_part(remaining, others) -> None:
    own = share(remaining, others, least=2.0)

    assert remaining / (len(others) + 1) - 1e-6 <= own <= remaining


def test_quick_targets_are_left_less_but_enough_to_begin() -> None:
    assert share(30.0, [None], least=2.0) == 15.0
    assert share(30.0, [3.0], least=2.0) == 21.0
    assert share(30.0, [0.1], least=2.0) == 28.0
    assert share(30.0, [100.0], least=2.0) == 15.0
