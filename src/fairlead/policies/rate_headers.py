"""What a provider's own headers say is left of its limits, by the names its table gives."""

from __future__ import annotations

from math import inf

from msgspec import Struct

from fairlead.policies.hints import seconds_from, server_clock
from fairlead.types.http import Headers

_MOST = 1 << 62


class Left:
    """So many units until an instant; any number after it."""

    __slots__ = ("count", "until")

    def __init__(self, count: int = _MOST, until: float = -inf) -> None:
        self.count = count
        self.until = until

    def room_at(self, now: float, cost: int) -> float:
        """When `cost` units are there, on the clock of `until`."""
        return now if self.count >= cost or now >= self.until else self.until


class HeaderNames(Struct, frozen=True):
    """The headers that tell of one limit, in lower case: what remains, and when it is reset."""

    remaining: str
    reset: str


def left(headers: Headers, names: HeaderNames | None, *, now: float, wall: float) -> Left | None:
    """What is left by these headers, until an instant on the clock of `now`.

    None where they are missing or make no sense: a limit that nobody understands limits nobody.
    `wall` is the same instant in seconds since 1970.
    """
    if names is None:
        return None
    remaining = headers.get(names.remaining)
    if remaining is None or not (remaining.isascii() and remaining.isdigit()):
        return None
    reset = headers.get(names.reset)
    seconds = None if reset is None else seconds_from(reset, server_clock(headers, wall))
    if seconds is None or seconds <= 0:
        return None
    return Left(int(remaining[:_DIGITS]), now + seconds)


_DIGITS = 18
"""A longer number is as good as any."""
