"""What a route buys, in a simulated world of outages: two targets against one, seed by seed."""

from __future__ import annotations

import pytest
from tests.engine.simulation import History, World

from fairlead.policies.retry import LEAST_ATTEMPT
from fairlead.types.routes import Route

SEEDS = 300
CALLS = 200
EVERY = 10.0


def history(seed: int, targets: int, order: str = "listed") -> History:
    world = World(seed, targets)
    return world.run(Route(targets=tuple(world.names), order=order), calls=CALLS, every=EVERY)


def total(targets: int, seeds: range, order: str = "listed") -> History:
    return sum((history(seed, targets, order) for seed in seeds), History())


def test_two_targets_answer_999_of_1000_calls_where_one_does_not() -> None:
    two, one = total(2, range(SEEDS)), total(1, range(SEEDS // 3))

    assert two.good / two.calls >= 0.999
    assert two.attempts / two.calls <= 1.2
    assert one.good / one.calls < 0.99
    assert two.late == one.late == 0


@pytest.mark.parametrize("order", ["weighted", "least_loaded", "fastest"])
def test_every_order_keeps_the_promise(order) -> None:
    found = total(2, range(1000, 1060), order)

    assert found.good / found.calls >= 0.998
    assert found.attempts / found.calls <= 1.2
    assert found.late == 0


@pytest.mark.invariant("I14")
def test_the_same_seed_is_the_same_history() -> None:
    for seed in range(10):
        assert history(seed, 2).trace == history(seed, 2).trace


@pytest.mark.invariant("I4")
def test_no_attempt_is_made_past_the_deadline_or_beyond_the_retries() -> None:
    for seed in range(2000, 2060):
        world = World(seed, 3, share=0.5, errors=0.3)
        route = Route(targets=tuple(world.names))
        for _ in range(50):
            world.runtime.advance(world.dice.expovariate(1 / EVERY))
            before, began = len(world.transport.sent), world.runtime.now()
            world.run(route, calls=1, every=0.001, allowed=12.0)
            sent = world.transport.sent[before:]
            # Three targets once each, then at most one of the three retries is left.
            assert 1 <= len(sent) <= 4
            assert all(s.at <= began + 12.0 - LEAST_ATTEMPT + 0.02 for s in sent[1:])
    assert world.transport.open == 0


def test_a_herd_at_a_dead_target_moves_on_at_once_and_multiplies_nothing() -> None:
    world = World(7, 2, share=0.0, errors=0.0)
    world.transport.fail("target0", "overloaded")

    found = world.run(Route(targets=tuple(world.names)), calls=500, every=0.01)

    assert found.good == 500
    assert found.attempts == 1000
