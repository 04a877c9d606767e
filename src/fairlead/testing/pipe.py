"""One direction of one connection through a `FaultProxy`: reads, does what the toxics say, writes.

Toxics are looked at anew for every piece, so that they may change under an open connection.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from fairlead.testing.toxics import (
    Bandwidth,
    HalfOpen,
    Latency,
    LimitData,
    ResetPeer,
    Side,
    Slicer,
    SlowClose,
    Stop,
    Toxic,
)

if TYPE_CHECKING:
    from asyncio import Queue, StreamReader, StreamWriter

_T = TypeVar("_T", bound=Toxic)

_PIECE = 16 << 10
_AHEAD = 16
_END = (0.0, b"")
_GRAIN_SECONDS = 0.02


class Cut(Exception):
    """The connection ends here, by a toxic; `reset` says how."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self.reset = reset


class Pipe:
    """`passed` counts the bytes that have arrived at `side`."""

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        side: Side,
        toxics: Callable[[], tuple[Toxic, ...]],
    ) -> None:
        self.passed = 0
        self._reader = reader
        self._writer = writer
        self._side = side
        self._all = toxics
        self._free_at = 0.0

    async def run(self) -> None:
        """Until the sender ends. Raises `Cut`, or `OSError` where a side has broken off."""
        self._check_stop()
        queue: Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)
        reading = asyncio.ensure_future(self._read(queue))
        try:
            while True:
                arrived, data = await queue.get()
                if not data:
                    break
                await self._pass(arrived, data)
            await reading  # raises what broke it
            await self._finish()
        finally:
            reading.cancel()

    async def _read(self, queue: Queue[tuple[float, bytes]]) -> None:
        """Ahead of what is sent, since a delay must not hold up what comes behind it."""
        clock = asyncio.get_running_loop().time
        try:
            while data := await self._reader.read(_PIECE):
                await queue.put((clock(), data))
        except OSError:
            await queue.put(_END)
            raise
        await queue.put(_END)

    async def _pass(self, arrived: float, data: bytes) -> None:
        await self._delay(arrived)
        stop = self._stop()
        room = len(data) if stop is None else max(0, stop.count - self.passed)
        for piece in self._pieces(data[:room]):
            await self._send(piece)
        self._check_stop()

    async def _delay(self, arrived: float) -> None:
        wait = sum(t.seconds + random.random() * t.jitter for t in self._of(Latency))
        await asyncio.sleep(max(0.0, arrived + wait - asyncio.get_running_loop().time()))

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        sizes = [slicer.size for slicer in self._of(Slicer)]
        sizes += [int(b.bytes_per_second * _GRAIN_SECONDS) for b in self._of(Bandwidth)]
        size = max(1, min([*sizes, _PIECE]))
        return (data[at : at + size] for at in range(0, len(data), size))

    async def _send(self, piece: bytes) -> None:
        clock = asyncio.get_running_loop().time
        for bandwidth in self._of(Bandwidth):
            self._free_at = max(self._free_at, clock()) + len(piece) / bandwidth.bytes_per_second
            await asyncio.sleep(max(0.0, self._free_at - clock()))
        for slicer in self._of(Slicer):
            await asyncio.sleep(slicer.pause)
        self._writer.write(piece)
        await self._writer.drain()
        self.passed += len(piece)

    def _stop(self) -> Stop | None:
        """The first that will strike."""
        stops: list[Stop] = [*self._of(LimitData), *self._of(ResetPeer), *self._of(HalfOpen)]
        return min(stops, key=lambda stop: stop.count, default=None)

    def _check_stop(self) -> None:
        """End the connection if it is time to. What comes to one half open is swallowed."""
        stop = self._stop()
        if stop is None or stop.count > self.passed or isinstance(stop, HalfOpen):
            return
        raise Cut(reset=isinstance(stop, ResetPeer))

    async def _finish(self) -> None:
        await asyncio.sleep(sum(toxic.seconds for toxic in self._of(SlowClose)))
        if any(stop.count <= self.passed for stop in self._of(HalfOpen)):
            raise Cut(reset=False)
        if self._writer.can_write_eof():
            self._writer.write_eof()

    def _of(self, kind: type[_T]) -> list[_T]:
        return [t for t in self._all() if isinstance(t, kind) and t.toward == self._side]
