"""One response of an asynchronous httpx client, read ahead by a task.

A read of the library that was given up cannot be taken up again; so the task goes on reading, and
who waits does so on its own clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from fairlead.errors import ProtocolError, ReadTimeout
from fairlead.transports.adapting import GRACE, Room, Sending, remaining
from fairlead.transports.httpx_errors import translated

if TYPE_CHECKING:
    from fairlead.transports.httpx2 import LibraryResponse
    from fairlead.types.http import Headers

_HIGH_WATER = 64 << 10


class TaskedResponse:
    """`ports.HttpResponse` over a response of the library. Freed also when it is forgotten."""

    def __init__(
        self, response: LibraryResponse, headers: Headers, sending: Sending, room: Room
    ) -> None:
        self._response = response
        self._sending = sending
        self._flow = flow = Flow()
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(flow.fill(response, sending, room))
        self.status = response.status_code
        self.headers = headers
        self.facts = sending.facts

    async def read(self, deadline: float) -> bytes:
        flow = self._flow
        while not flow.chunks:
            if flow.ended:
                if flow.error is not None:
                    raise flow.error
                return b""
            await self._wait(deadline)
        self.facts.bytes_in = self._response.num_bytes_downloaded
        return flow.take()

    async def _wait(self, deadline: float) -> None:
        """Until something has come.

        Where the loop was blocked, what came before the deadline is still on its way behind it.
        """
        arrived = self._flow.arrived
        arrived.clear()
        try:
            for patience in (remaining(deadline), GRACE):
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await arrived.wait()
                    return
        except BaseException:
            await self.aclose()
            raise
        raise ReadTimeout(f"{self._sending.host} sent nothing more in time")

    async def aclose(self) -> None:
        self._flow.leave()
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})
        with suppress(Exception):  # the connection is lost with it, as was wanted
            await self._response.aclose()

    def __del__(self) -> None:
        if not self._task.done():
            with suppress(RuntimeError):  # the loop is closed, and its connections with it
                self._loop.call_soon_threadsafe(self._task.cancel)

    def __repr__(self) -> str:
        return f"<TaskedResponse {self.status}>"


class Flow:
    """What the task has read and nobody has taken; it stops while that is much."""

    def __init__(self) -> None:
        self.chunks: deque[bytes] = deque()
        self.ended = False
        self.error: BaseException | None = None
        self.arrived = asyncio.Event()
        self._held = 0
        self._room_made = asyncio.Event()

    async def fill(self, response: LibraryResponse, sending: Sending, room: Room) -> None:
        """Read `response` to its end, and close it however that comes."""
        try:
            async for data in response.aiter_bytes():
                room.count(data)
                await self._put(data)
        except Exception as error:
            self.error = self.error or translated(error, sending) or error
        finally:
            self.ended = True
            self.arrived.set()
            with suppress(Exception):
                await response.aclose()

    async def _put(self, data: bytes) -> None:
        if not data:
            return
        self.chunks.append(data)
        self._held += len(data)
        self.arrived.set()
        while self._held >= _HIGH_WATER:
            self._room_made.clear()
            await self._room_made.wait()

    def take(self) -> bytes:
        data = b"".join(self.chunks)
        self.chunks.clear()
        self._held = 0
        self._room_made.set()
        return data

    def leave(self) -> None:
        """Nobody will read any more."""
        if not self.ended:
            self.error = ProtocolError("the response was closed before its end", sent=True)
        self.ended = True
        self.chunks.clear()
