"""What a `FaultProxy` does to the bytes that go through it; the names are those of Toxiproxy.

Each has a side: `client` is the way of the answer, `server` that of the request. Counts are bytes
that have gone that way on one connection, so that a fault can strike at an exact place.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Side = Literal["client", "server"]


class Latency(Struct, frozen=True):
    """Everything arrives `seconds` later, and up to `jitter` seconds more."""

    seconds: float
    jitter: float = 0.0
    toward: Side = "client"


class Bandwidth(Struct, frozen=True):
    """No more bytes a second than this."""

    bytes_per_second: float
    toward: Side = "client"


class Slicer(Struct, frozen=True):
    """Writes of at most `size` bytes, `pause` seconds apart."""

    size: int = 1
    pause: float = 0.0
    toward: Side = "client"


class LimitData(Struct, frozen=True):
    """After `count` bytes both connections are closed in order (FIN)."""

    count: int
    toward: Side = "client"


class ResetPeer(Struct, frozen=True):
    """After `count` bytes both connections are broken off (RST); after none, at once."""

    count: int = 0
    toward: Side = "client"


class HalfOpen(Struct, frozen=True):
    """After `count` bytes nothing arrives any more, and nobody is told."""

    count: int = 0
    toward: Side = "client"


class SlowClose(Struct, frozen=True):
    """The end of the connection is passed on `seconds` later."""

    seconds: float
    toward: Side = "client"


class Down(Struct, frozen=True):
    """Nobody listens; connections that stand are broken off."""

    toward: Side = "client"


Stop = LimitData | ResetPeer | HalfOpen
Toxic = Latency | Bandwidth | Slicer | SlowClose | Down | Stop
