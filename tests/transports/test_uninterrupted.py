"""Signals wait for the end of a block, in the main thread."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from fairlead.transports.curl.uninterrupted import Uninterrupted


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """What stood before stands afterwards."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        assert signal.getsignal(number) is handler
        signal.signal(number, handler)


def test_an_interrupt_comes_at_the_end_of_the_block() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), Uninterrupted():
        signal.raise_signal(signal.SIGINT)
        reached = True

    assert reached


def test_a_block_within_another_ends_nothing() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), Uninterrupted():
        with Uninterrupted():
            signal.raise_signal(signal.SIGINT)
            steps.append("within")
        steps.append("between")

    assert steps == ["within", "between"]


def test_a_handler_of_the_programs_own_is_called_with_what_it_is_used_to() -> None:
    came: list[tuple[int, bool]] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append((number, bool(frame))))
    try:
        with Uninterrupted():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            assert came == []
        assert came == [(signal.SIGTERM, True)] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_is_raised_in_the_block_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, Uninterrupted():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("amid")

    assert isinstance(caught.value.__context__, ValueError)


def test_other_threads_change_no_handlers() -> None:
    found: list[object] = []

    def look() -> None:
        with Uninterrupted():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
