"""A plugin: a test that failed while the machine stood still is run again, and named at the end.

Some tests can only hold real time against real time, such as a timeout of libcurl's. Where the
process did not run for a while, their failure says nothing of the code; where it did run, every
failure counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

TRIES = 3
TICK = 0.05
STALL = 0.15
"""Seconds, of which a process that runs misses a tick by a few thousandths."""

LONG = 60.0
"""Seconds past which a test has no further try: its time limit is set once, for all of them."""

_HEART = pytest.StashKey["Heart"]()
_AGAIN = pytest.StashKey[list[str]]()

Reports = list[pytest.TestReport]


class Heart:
    """Beats every `TICK` seconds where the process runs, and adds up by how much beats are late."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._due = now() + TICK
        self._lost = 0.0

    def beat(self) -> None:
        self._lost = self.lost()
        self._due = self._now() + TICK

    def lost(self) -> float:
        """Seconds so far, with those of a beat that is late now."""
        late = self._now() - self._due
        return self._lost + (late if late > STALL else 0.0)


def _live(heart: Heart) -> None:
    while True:
        time.sleep(TICK)
        heart.beat()


def tried(
    run: Callable[[], Reports],
    lost: Callable[[], float],
    now: Callable[[], float] = time.monotonic,
) -> list[Reports]:
    """The reports of each try; another follows where one failed while time was lost."""
    tries: list[Reports] = []
    last = now() + LONG
    while True:
        before = lost()
        tries.append(run())
        failed = any(report.failed for report in tries[-1])
        if not failed or len(tries) == TRIES or now() > last or lost() == before:
            return tries


def pytest_configure(config: pytest.Config) -> None:
    heart = config.stash[_HEART] = Heart()
    threading.Thread(target=_live, args=(heart,), name="heart", daemon=True).start()
    config.stash[_AGAIN] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    from _pytest.runner import runtestprotocol

    def run() -> Reports:
        return runtestprotocol(item, log=False, nextitem=nextitem)

    heart = item.config.stash[_HEART]
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    tries = tried(run, heart.lost)
    item.config.stash[_AGAIN] += [item.nodeid] * (len(tries) - 1)
    for report in tries[-1]:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if again := config.stash.get(_AGAIN, []):
        terminalreporter.section("run again, as the machine had stood still")
        for name in again:
            terminalreporter.write_line(name)
