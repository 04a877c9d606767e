"""A TCP proxy on loopback that does to a connection what networks do: see `toxics`.

It stands between a client and any server, passes TLS through unread, and runs in a thread of its
own, so that it serves blocking and asynchronous tests alike.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from fairlead.testing.pipe import Cut, Pipe
from fairlead.testing.toxics import Down, ResetPeer, Toxic

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, StreamWriter, Task
    from collections.abc import Coroutine

_HOST = "127.0.0.1"
_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_JOIN_SECONDS = 5.0
_BACKLOG = 1024
_TURNS = 8


class FaultProxy:
    """A context manager: `FaultProxy(server.url, Latency(0.1))`; clients go to its `url`.

    `set` replaces the toxics, also for connections that are open. `connections` counts those that
    were accepted. Raises `OSError` where it cannot listen.
    """

    def __init__(self, upstream: str, *toxics: Toxic) -> None:
        parts = urlsplit(upstream)
        self._scheme = parts.scheme
        self._upstream = (parts.hostname or _HOST, parts.port or 80)
        self._toxics = toxics
        self.connections = 0
        self._port = 0
        self._loop: AbstractEventLoop
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listener: socket.socket | None = None
        self._tasks: set[Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{self._scheme}://{_HOST}:{self._port}"

    @property
    def toxics(self) -> tuple[Toxic, ...]:
        return self._toxics

    def set(self, *toxics: Toxic) -> None:
        """Have these toxics from now on; with none everything passes."""
        self._toxics = toxics
        self._do(self._listen())

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        try:
            self._do(self._listen())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._do(self._close())
        self._stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_JOIN_SECONDS)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_JOIN_SECONDS)

    async def _listen(self) -> None:
        """Listen, or where it is down, break everything off."""
        if self._listener is None:
            self._listener = socket.create_server((_HOST, self._port), backlog=_BACKLOG)
            self._listener.setblocking(False)
            self._port = self._listener.getsockname()[1]
            self._loop.add_reader(self._listener, self._accept, self._listener)
        if any(isinstance(toxic, Down) for toxic in self._toxics):
            await self._close()

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self._loop.remove_reader(listener)
            listener.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(_TURNS):  # what was closed is let go of
            await asyncio.sleep(0)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:  # whoever it was has gone
            return
        self.connections += 1
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda task: connection.close() if task.cancelled() else None)

    async def _serve(self, connection: socket.socket) -> None:
        writers: list[StreamWriter] = []
        reset = True
        try:
            reader, writer = await asyncio.open_connection(sock=connection)
            writers.append(writer)
            if ResetPeer() not in self._toxics:
                inward, outward = await asyncio.open_connection(*self._upstream)
                writers.append(outward)
                to_server = Pipe(reader, outward, "server", lambda: self._toxics)
                to_client = Pipe(inward, writer, "client", lambda: self._toxics)
                await _both(to_server, to_client)
                reset = False
        except Cut as cut:
            reset = cut.reset
        except OSError:
            pass  # a side broke off, and so does the other
        finally:
            for each in writers:
                _end(each, reset=reset)


def _end(writer: StreamWriter, *, reset: bool) -> None:
    if not reset:
        writer.close()
        return
    connection = writer.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
    writer.transport.abort()


async def _both(one: Pipe, other: Pipe) -> None:
    """Run two pipes to their ends; where one is cut the other ends with it."""
    tasks = [asyncio.ensure_future(pipe.run()) for pipe in (one, other)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
