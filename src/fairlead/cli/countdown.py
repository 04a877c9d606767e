"""A wait for a person, shown while it lasts: a clock on a terminal, else a line a minute."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from fairlead.cli.terminal import is_terminal, note, write_error

_TURN_SECONDS = 0.25
_LINE_SECONDS = 60.0
_CLEAR = "\r\x1b[2K"


class Countdown:
    """A context manager. `what` is what is waited for; nothing of a clock stays on the screen."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = ""
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        note(f"{self._what} (Ctrl-C ends it)")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shown:
            write_error(_CLEAR)

    def __call__(self, left: float) -> None:
        """Show how many seconds are left."""
        text = f"{int(left) // 60}:{int(left) % 60:02d} left"
        if is_terminal(sys.stderr):
            if text != self._shown:
                self._shown = text
                write_error(f"{_CLEAR}{text} ")
        elif time.monotonic() - self._told >= _LINE_SECONDS:
            self._told = time.monotonic()
            note(f"{self._what}, {text}")

    def sleep(self, seconds: float, until: float) -> float:
        """Wait so many seconds, with a clock that runs towards `until`; returns the time."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self(max(0.0, until - time.monotonic()))
            time.sleep(min(rest, _TURN_SECONDS))
        return time.monotonic()
