"""A test is run again for a machine that stood still, and for nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.stalls import LONG, STALL, TICK, TRIES, Heart, tried


class Clock:
    """Tries that fare as they are told to, and what was lost by the end of each."""

    def __init__(self, *fares: tuple[str, float]) -> None:
        self._fares = list(fares)
        self.lost = 0.0

    def run(self) -> list[SimpleNamespace]:
        outcome, lost = self._fares.pop(0)
        self.lost += lost
        return [SimpleNamespace(outcome=outcome, failed=outcome == "failed")]


def outcomes(*fares: tuple[str, float]) -> list[str]:
    clock = Clock(*fares)
    tries = tried(clock.run, lambda: clock.lost, lambda: clock.lost)
    return [reports[0].outcome for reports in tries]


def test_what_passes_is_run_once_however_the_machine_stood() -> None:
    assert outcomes(("passed", 3.0)) == ["passed"]


def test_what_fails_on_a_machine_that_runs_has_failed() -> None:
    assert outcomes(("failed", 0.0)) == ["failed"]


def test_what_failed_while_the_machine_stood_still_has_another_try() -> None:
    assert outcomes(("failed", 3.0), ("passed", 0.0)) == ["failed", "passed"]
    assert outcomes(("failed", 3.0), ("failed", 0.0)) == ["failed", "failed"]


def test_what_always_fails_has_failed_however_often_the_machine_stands() -> None:
    assert outcomes(*[("failed", 3.0)] * TRIES) == ["failed"] * TRIES


def test_what_may_have_been_ended_by_its_time_limit_has_no_other_try() -> None:
    assert outcomes(("failed", LONG + 1.0)) == ["failed"]


def test_a_beat_that_comes_late_is_lost_time_also_before_it_comes() -> None:
    now = 10.0
    heart = Heart(lambda: now)
    for seconds in (TICK, TICK + STALL * 0.9):
        now += seconds
        heart.beat()
    assert heart.lost() == 0.0
    now += TICK + 3.0
    assert heart.lost() == pytest.approx(3.0)
    heart.beat()
    now += TICK
    heart.beat()
    assert heart.lost() == pytest.approx(3.0)
