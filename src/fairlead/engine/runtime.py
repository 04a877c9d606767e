"""The only place that waits: two runtimes for two colours, and `drive`, which runs a coroutine that
never suspends.

The engine is written once, as coroutines. `AsyncClient` awaits them on the caller's event loop.
`Client` drives them: its runtime sleeps with `time.sleep`, its transport blocks inside, so nothing
ever yields, and one `send(None)` carries the coroutine to its end.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import asyncio

    from fairlead.engine.layers.hedge import Race

_T = TypeVar("_T")


def drive(coroutine: Coroutine[object, None, _T]) -> _T:
    """Run `coroutine` to its end without an event loop.

    Raises RuntimeError if it suspends: some part of a blocking client tried to wait for a loop.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: _T = stop.value
        return result
    coroutine.close()
    raise RuntimeError(
        "a blocking client was given a part that waits for an event loop "
        "(such as an asynchronous transport); use AsyncClient with it"
    )


class BlockingWaiter:
    """Blocks its thread."""

    def __init__(self) -> None:
        self._woken = Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self, until: float) -> None:
        self._woken.wait(max(0.0, until - time.monotonic()))
        self._woken.clear()


class AsyncWaiter:
    """Suspends its task. It belongs to the running loop."""

    def __init__(self, now: Callable[[], float]) -> None:
        import asyncio

        self._now = now
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        import asyncio

        if asyncio._get_running_loop() is self._loop:
            self._woken.set()
            return
        with suppress(RuntimeError):  # its loop is closed, so nobody waits there any more
            self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self, until: float) -> None:
        import asyncio

        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - self._now())):
                await self._woken.wait()
        self._woken.clear()


class BlockingRuntime:
    """Waits by blocking the calling thread."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def __init__(self) -> None:
        self._flights: dict[str, Future[Any]] = {}
        self._lock = Lock()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # blocking is this runtime's way of waiting

    def waiter(self) -> BlockingWaiter:
        return BlockingWaiter()

    async def blocking(self, function: Callable[[], _T]) -> _T:
        return function()

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        with self._lock:
            running = self._flights.get(key)
            if running is None:
                mine: Future[_T] = Future()
                self._flights[key] = mine
        if running is not None:
            return await self._joined(running, key, make, within)
        # The flight is struck off before it is settled: who is woken by its end and asks anew must
        # not find it again.
        try:
            value = await make()
        except BaseException as error:
            del self._flights[key]
            if isinstance(error, Exception):
                mine.set_exception(error)
            else:
                mine.cancel()  # such as Ctrl-C, which is the leader's alone
            raise
        del self._flights[key]
        mine.set_result(value)
        return value

    async def _joined(
        self,
        running: Future[_T],
        key: str,
        make: Callable[[], Awaitable[_T]],
        within: float | None,
    ) -> _T:
        started = self.now()
        try:
            return running.result(within)
        except CancelledError:
            left = None if within is None else max(0.0, within - (self.now() - started))
            return await self.once(key, make, within=left)


class AsyncRuntime:
    """Waits on the running asyncio loop."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def __init__(self) -> None:
        self._flights: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[str, asyncio.Task[Any]]
        ] = WeakKeyDictionary()

    @property
    def race(self) -> Race:
        """Runs two things at once; only this runtime can."""
        from fairlead.engine.race import race

        return race

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    def waiter(self) -> AsyncWaiter:
        return AsyncWaiter(self.now)

    async def blocking(self, function: Callable[[], _T]) -> _T:
        import asyncio

        return await asyncio.to_thread(function)

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        import asyncio

        flights = self._flights.setdefault(asyncio.get_running_loop(), {})
        task = flights.get(key)
        if task is None:
            task = flights[key] = asyncio.ensure_future(_awaited(make))
            task.add_done_callback(lambda ended: _forget(flights, key, ended))
        # Its own task, shielded: a caller that is cancelled takes nobody else along.
        async with asyncio.timeout(within):
            value: _T = await asyncio.shield(task)
        return value


def _forget(flights: dict[str, asyncio.Task[Any]], key: str, ended: asyncio.Task[Any]) -> None:
    flights.pop(key, None)
    if not ended.cancelled():
        ended.exception()  # whoever waited for it may have gone


async def _awaited(make: Callable[[], Awaitable[_T]]) -> _T:
    return await make()
