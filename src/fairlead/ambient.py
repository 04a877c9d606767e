"""`fairlead.deadline()`: an end that holds for every call of a block, whoever makes it.

It lives in a context variable, so that threads and tasks that the block starts with its context
inherit it, and others do not see it.
"""

from __future__ import annotations

import time
from contextvars import ContextVar, Token
from math import isfinite
from typing import Self

from fairlead.errors import InvalidRequest

_END: ContextVar[float | None] = ContextVar("fairlead_deadline", default=None)


class deadline:  # noqa: N801  # read as a word: with fairlead.deadline(8):
    """All calls of the block end within `seconds` of its beginning, retries included.

        with fairlead.deadline(8):
            client.chat("openai/gpt-5", "Hi")

    Works in async code too. Of several deadlines, a call's own included, the nearest holds.
    Raises `InvalidRequest` for what is no number of seconds above 0.
    """

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise InvalidRequest("deadline must be a number of seconds above 0")
        if not (isfinite(seconds) and seconds > 0):
            raise InvalidRequest("deadline must be a number of seconds above 0")
        self._seconds = seconds
        self._token: Token[float | None] | None = None

    def __enter__(self) -> Self:
        if self._token is not None:
            raise RuntimeError("this deadline is in use; make one for each block")
        end, outer = time.monotonic() + self._seconds, _END.get()
        self._token = _END.set(end if outer is None else min(end, outer))
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _END.reset(self._token)
            self._token = None


def nearest(seconds: float) -> float:
    """`seconds`, or what is left of the block's deadline where that is less; never below 0."""
    end = _END.get()
    return seconds if end is None else min(seconds, max(0.0, end - time.monotonic()))
