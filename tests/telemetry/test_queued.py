"""An observer on its own thread holds up no call, whatever it does."""

from __future__ import annotations

from threading import Event, Thread, current_thread, enumerate as threads

import pytest
from tests.telemetry.sweeping import Points, core, whole

from fairlead.engine.runtime import drive
from fairlead.errors import ConfigError
from fairlead.ports import Observer
from fairlead.telemetry import Queued


class Slow(Observer):
    """Hangs at its first event until it is let go."""

    def __init__(self) -> None:
        self.go = Event()
        self.begun = Event()
        self.heard: list[str] = []
        self.threads: set[Thread] = set()
        self.answers: list[object] = []

    def call_start(self, call) -> None:
        self.begun.set()
        self.threads.add(current_thread())
        assert self.go.wait(30)
        self.heard.append("start")

    def call_stop(self, call, end) -> None:
        self.heard.append("stop")
        self.answers.append(end.answer)


def chat(queued: Queued, times: int = 1) -> object:
    client = core(Points("blocking", None), [whole()] * times, queued)
    for _ in range(times):
        answer = drive(client.chat("fake/m", "Hi", {}))
    return answer


@pytest.mark.fault("R5", "the call goes on; what does not fit is dropped and counted")
@pytest.mark.invariant("I22")
def test_an_observer_that_hangs_changes_nothing() -> None:
    """Invariant I22."""
    slow = Slow()
    queued = Queued(slow)

    answer = chat(queued, 3)
    assert slow.begun.wait(30)
    assert slow.heard == []
    assert queued.close(timeout=0.01) is False
    slow.go.set()

    assert queued.close(timeout=30)
    assert slow.heard == ["start", "stop"] * 3
    assert slow.answers[-1] is answer
    assert current_thread() not in slow.threads


@pytest.mark.fault("R5")
def test_what_does_not_fit_is_dropped_and_counted() -> None:
    slow = Slow()
    queued = Queued(slow, size=4)
    chat(queued)
    assert slow.begun.wait(30)

    chat(queued, 50)
    slow.go.set()

    assert queued.close(timeout=30)
    assert queued.dropped == 102 - len(slow.heard)
    assert queued.dropped >= 90


def test_it_goes_on_after_it_was_closed_and_leaves_no_thread() -> None:
    slow = Slow()
    slow.go.set()
    queued = Queued(slow)

    for _ in range(3):
        chat(queued)
        assert queued.close(timeout=30)

    assert len(slow.heard) == 6
    assert not [thread for thread in threads() if thread.name == "fairlead-observer"]


def test_nothing_is_begun_for_one_that_hears_nothing_of_it() -> None:
    class Ends(Observer):
        def call_exception(self, call, end, error) -> None:
            raise AssertionError("no call fails here")

    queued = Queued(Ends())
    chat(queued)

    assert queued._thread is None
    assert queued.close()


def test_no_room_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="size"):
        Queued(Slow(), size=0)
