"""What a request needs of the limits that several processes share, and what it is told."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Why = Literal["places", "requests", "tokens"]
"""What is in the way: places that are taken, or one of the rates."""
LimitsWhenDown = Literal["local", "refuse"]
"""What becomes of shared limits while their store is down: this process's own share, or no call."""


class Rate(Struct, frozen=True):
    """`count` units in `period` microseconds, of which `burst` may come at once."""

    count: int
    period: int
    burst: int


class Asked(Struct, frozen=True):
    """One request at `place`, which all who share the limits call the same.

    It costs one of `requests` and `cost` of `tokens`. Of `places` it takes one, for at most `lease`
    seconds, should its holder die. None: not limited.
    """

    place: str
    id: str
    requests: Rate | None
    tokens: Rate | None
    cost: int
    places: int | None
    lease: float

    @property
    def comes_back(self) -> bool:
        """Whether something is to be given back, or counted anew, when the request has ended."""
        return self.places is not None or self.tokens is not None


class Granted(Struct, frozen=True):
    """It may be sent. `emptied` is the instant at which nothing was owed of the tokens."""

    emptied: int = 0


class Denied(Struct, frozen=True):
    """Nothing was taken. It is worth asking again after `wait` seconds; `why` is in the way.

    Places may come free before that.
    """

    wait: float
    why: Why
