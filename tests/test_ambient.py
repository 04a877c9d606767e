"""A deadline that holds for a whole block."""

from __future__ import annotations

import asyncio
import contextvars
from threading import Thread

import pytest

import fairlead
from fairlead.ambient import nearest
from fairlead.errors import InvalidRequest


def test_outside_of_a_block_nothing_is_shortened() -> None:
    assert nearest(600.0) == 600.0
    with fairlead.deadline(8):
        pass
    assert nearest(600.0) == 600.0


def test_the_nearer_end_holds_and_the_outer_one_comes_back() -> None:
    with fairlead.deadline(8):
        assert 7 < nearest(600.0) <= 8
        assert nearest(2.0) == 2.0
        with fairlead.deadline(100):
            assert nearest(600.0) <= 8
        with fairlead.deadline(1):
            assert nearest(600.0) <= 1
        assert nearest(600.0) > 7


def test_a_block_that_raises_ends_its_deadline() -> None:
    with pytest.raises(KeyError), fairlead.deadline(1):
        raise KeyError
    assert nearest(600.0) == 600.0


def test_time_that_is_up_is_zero_and_not_negative() -> None:
    with fairlead.deadline(1e-9):
        assert nearest(600.0) == 0.0


@pytest.mark.parametrize("wrong", [0, -1, True, "8", None, float("nan"), float("inf")])
def test_what_is_no_number_of_seconds_is_refused(wrong) -> None:
    with pytest.raises(InvalidRequest, match="seconds above 0"):
        fairlead.deadline(wrong)


def test_one_deadline_is_for_one_block_at_a_time() -> None:
    with fairlead.deadline(8) as own, pytest.raises(RuntimeError, match="one for each block"):
        own.__enter__()


def test_tasks_inherit_it_and_do_not_disturb_each_other() -> None:
    async def inner(seconds: float) -> float:
        with fairlead.deadline(seconds):
            await asyncio.sleep(0)
            return nearest(600.0)

    async def outer() -> list[float]:
        with fairlead.deadline(50):
            return await asyncio.gather(inner(5), inner(500), inner(20))

    five, inherited, twenty = asyncio.run(outer())
    assert four_to(five, 5)
    assert four_to(inherited, 50)
    assert four_to(twenty, 20)


def four_to(found: float, most: float) -> bool:
    return most - 1 < found <= most


def test_a_thread_sees_it_only_with_the_context_of_the_block() -> None:
    found: list[float] = []
    with fairlead.deadline(5):
        inside = contextvars.copy_context()
        threads = [
            Thread(target=lambda: found.append(nearest(600.0))),
            Thread(target=lambda: inside.run(lambda: found.append(nearest(600.0)))),
        ]
        for thread in threads:
            thread.start()
            thread.join()

    assert found[0] == 600.0
    assert found[1] <= 5
