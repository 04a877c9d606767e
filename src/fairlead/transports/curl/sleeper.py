"""Where a thread sleeps while another one looks after its exchange."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque

_GLANCE = 1.0
"""The longest sleep of the main thread, which alone handles signals: one that lands just before the
sleep begins is noticed after it."""

_LOOK = 5.0
"""The same of any other: then it looks whether somebody still leads."""


class Sleeper:
    """One thread's place to sleep. An exchange takes it for its `Waiter`.

    What wakes it puts it on a list first: whoever is roused needs the lane's lock, so that it is
    roused when that is free.
    """

    __slots__ = ("_bell", "_roused")

    def __init__(self, roused: deque[Sleeper]) -> None:
        self._roused = roused
        self._bell = threading.Lock()
        self._bell.acquire()

    def done(self) -> bool:
        return False

    def set_result(self, _result: None, /) -> None:
        """The exchange has something for the thread."""
        self._roused.append(self)

    def rouse(self) -> None:
        """From any thread; the next sleep is over at once where none is under way."""
        with suppress(RuntimeError):  # roused twice
            self._bell.release()

    def sleep(self, seconds: float) -> None:
        """Until it is roused, for so long at most; an interrupt comes through."""
        self._bell.acquire(timeout=longest_sleep(seconds))


def longest_sleep(seconds: float) -> float:
    """How long this thread may sleep in one go."""
    is_main = threading.current_thread() is threading.main_thread()
    return min(seconds, _GLANCE if is_main else _LOOK)
