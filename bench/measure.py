"""How a side is measured: CPU time of this process a unit of work, in rounds that take turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median

Work = Callable[[], None]


def cpu_microseconds(work: Work, units: int) -> float:
    """User and system time of all threads of this process, a unit."""
    gc.collect()
    before = time.process_time_ns()
    work()
    return (time.process_time_ns() - before) / units / 1000


def wall_milliseconds(work: Work) -> float:
    before = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - before) / 1e6


def taking_turns(
    floor: Callable[[], float], subject: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """The medians of both. A first round of each, which is not counted, warms them up."""
    floor(), subject()
    pairs = [(floor(), subject()) for _ in range(rounds)]
    return median(low for low, _ in pairs), median(high for _, high in pairs)


def side_by_side(
    floor: Callable[[], float], subject: Callable[[], float], batches: int
) -> tuple[float, float]:
    """The floor's median, and that times the median of the ratios of neighbouring batches.

    For short batches, so that both sides of a ratio meet the same noise of the machine.
    """
    floor(), subject()
    pairs = [(floor(), subject()) for _ in range(batches)]
    usual = median(low for low, _ in pairs)
    return usual, usual * median(high / low for low, high in pairs)
