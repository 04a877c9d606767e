"""HTTP/3 is raced against HTTP/2, and on a busy machine it may be outrun, which is no fault."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

TRIES = 3


def races(test: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a test that needs HTTP/3 to win again, twice at most.

    libcurl gives QUIC 0.2 s before it tries TCP as well, and takes what stands first; it offers no
    way to be told another time.
    """

    @wraps(test)
    def again(*arguments: Any, **named: Any) -> None:
        for left in reversed(range(TRIES)):
            try:
                return test(*arguments, **named)
            except AssertionError:
                if not left:
                    raise
        return None

    return again
