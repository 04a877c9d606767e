"""What can be done to the answers of a tape: toxics of `fairlead.testing`, and what providers do.

Of the toxics, `count` is bytes of an answer's body, after its headers.
"""

from __future__ import annotations

from msgspec import Struct

from fairlead.testing.toxics import (
    Bandwidth,
    Down,
    HalfOpen,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
)


class DuplicateFrames(Struct, frozen=True):
    """Every event of a stream comes twice."""


class RateLimited(Struct, frozen=True):
    """The answer is a 429 that asks to wait for `retry_after` seconds."""

    retry_after: float = 1.0


class ErrorInside(Struct, frozen=True):
    """A 200 in which, after so many events, an error stands instead of the answer."""

    after: int = 0
    message: str = "Overloaded"
    kind: str = "overloaded_error"


Always = (
    Latency
    | Bandwidth
    | Slicer
    | LimitData
    | ResetPeer
    | HalfOpen
    | Down
    | DuplicateFrames
    | RateLimited
    | ErrorInside
)


class First(Struct, frozen=True):
    """`fault` strikes only the first `count` answers."""

    fault: Always
    count: int = 1


Fault = Always | First
