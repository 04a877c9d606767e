"""A block that a signal does not cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

_RAISING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name)
)
"""What programs let raise: Ctrl-C, the wish to end them, and clocks of their own."""


class Uninterrupted:
    """In the main thread, handlers of signals are called at the block's end, not amid it.

    What one raises in a callback of libcurl ends the exchange that it was called for, or all of
    them, and those may be other threads'. Other threads never run handlers.
    """

    __slots__ = ("_came", "_handlers")

    def __init__(self) -> None:
        self._came: list[tuple[Handler, int, FrameType | None]] = []
        self._handlers: dict[int, Handler] = {}

    def __enter__(self) -> None:
        if threading.get_ident() != threading.main_thread().ident:
            return
        for number in _RAISING:
            handler = signal.getsignal(number)
            # not what the system does by itself, and not the note of a block around this one
            if callable(handler) and not isinstance(getattr(handler, "__self__", None), type(self)):
                self._handlers[number] = handler
                with suppress(ValueError):  # an embedded Python, where another thread is main
                    signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came.append((self._handlers[number], number, frame))

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            with suppress(ValueError):
                signal.signal(number, handler)
        for handler, number, frame in self._came:
            handler(number, frame)
