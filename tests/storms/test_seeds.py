"""Thousands of storms at random through the real stack, each held to all that must be true of it.

`FAIRLEAD_SEEDS` says how many; a seed that fails is a bug to be found, and becomes a test by name
in `test_regressions.py`.
"""

from __future__ import annotations

import gc
import os
from dataclasses import replace

import pytest
from tests.storms.checks import check
from tests.storms.dice import plan_of
from tests.storms.storm import Storm

SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "2000"))
EACH = 100


@pytest.mark.invariant("I1")
@pytest.mark.invariant("I2")
@pytest.mark.invariant("I3")
@pytest.mark.invariant("I4")
@pytest.mark.invariant("I5")
@pytest.mark.invariant("I6")
@pytest.mark.invariant("I7")
@pytest.mark.invariant("I13")
@pytest.mark.invariant("I20")
@pytest.mark.parametrize("first", range(0, SEEDS, EACH))
def test_every_storm_keeps_every_promise(first: int) -> None:
    for seed in range(first, min(first + EACH, SEEDS)):
        storm = Storm(plan_of(seed))
        storm.run()
        check(storm)
    gc.collect()  # a storm is made of circles, and thousands would wait for the collector


@pytest.mark.invariant("I14")
def test_the_same_seed_is_the_same_storm_to_the_last_bit() -> None:
    for seed in range(0, SEEDS, SEEDS // 100 + 1):
        assert Storm(plan_of(seed)).run().hash() == Storm(plan_of(seed)).run().hash(), seed


def test_different_seeds_are_different_storms() -> None:
    assert len({Storm(plan_of(seed)).run().hash() for seed in range(100)}) > 95


@pytest.mark.invariant("I22")
def test_an_observer_that_raises_changes_nothing() -> None:
    for seed in range(0, 1000, 20):
        plan = plan_of(seed)
        quiet = Storm(replace(plan, noisy=False)).run()
        noisy = Storm(replace(plan, noisy=True)).run()
        assert noisy.hash() == quiet.hash(), seed


def test_the_storms_are_as_bad_as_they_are_meant_to_be() -> None:
    ends: set[str] = set()
    faults: set[str | None] = set()
    turns = 0
    for seed in range(300):
        trace = Storm(plan_of(seed)).run()
        ends |= {end.kind for end in trace.ends.values()}
        faults |= {sent.fault for sent in trace.sent}
        turns += len(trace.turns)
    assert {"complete", "closed", "cancelled", "StreamInterrupted", "AllTargetsFailed"} <= ends
    assert {"BreakerOpen", "LimitExceeded", "BudgetExceeded", "DeadlineExceeded"} <= ends
    assert "StoreError" in ends
    assert {None, "529", "hinted", "cut", "stalled", "silent", "withheld", "401"} <= faults
    assert turns > 100
