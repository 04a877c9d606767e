"""What is kept of each target, by threads that ask ever new ones at the same time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from fairlead.engine.layers.retry import RetryBudgets
from fairlead.policies.per_target import MOST_TARGETS
from fairlead.policies.target_record import TargetRecords


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


KEPT: dict[str, Callable[[], RetryBudgets | TargetRecords]] = {
    "retry budgets": lambda: RetryBudgets(ratio=0.2, floor=10),
    "records": TargetRecords,
}


@pytest.mark.parametrize("kind", KEPT)
def test_the_oldest_of_too_many_targets_is_forgotten_while_others_ask(kind, restless) -> None:
    kept, wrong = KEPT[kind](), []

    def ask(number: int) -> None:
        try:
            for target in range(4000):
                kept.of(f"{number}/{target}")
        except Exception as error:
            wrong.append(error)

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(kept.known()) == MOST_TARGETS
