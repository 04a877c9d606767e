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
from math import inf
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


GLANCE = 1.0
"""The longest sleep in one go of a thread that may be the main one: a signal that lands just before
the sleep begins, such as Ctrl-C, is noticed after it."""


class BlockingWaiter:
    """Blocks its thread."""

    def __init__(self) -> None:
        self._woken = Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self, until: float) -> None:
        left = until - time.monotonic()
        while left > 0.0 and not self._woken.wait(min(left, GLANCE)):
            left = until - time.monotonic()
        self._woken.clear()


class AsyncWaiter:
    """Suspends its task. It belongs to the running loop."""

    __slots__ = ("_future", "_loop", "_now", "_running", "_woken")

    def __init__(
        self,
        now: Callable[[], float],
        loop: asyncio.AbstractEventLoop,
        running: Callable[[], asyncio.AbstractEventLoop | None],
    ) -> None:
        """`running` tells which loop runs where it is called, if any."""
        self._now = now
        self._loop = loop
        self._running = running
        self._woken = False
        self._future: asyncio.Future[None] | None = None

    def wake(self) -> None:
        if self._running() is self._loop:
            self._wake_here()
            return
        with suppress(RuntimeError):  # its loop is closed, so nobody waits there any more
            self._loop.call_soon_threadsafe(self._wake_here)

    async def wait(self, until: float) -> None:
        # Without asyncio's events and timeouts, which cost three times as much.
        if not self._woken:
            self._future = future = self._loop.create_future()
            timer = None
            if until < inf:
                timer = self._loop.call_later(max(0.0, until - self._now()), self._rouse)
            try:
                await future
            finally:
                self._future = None
                if timer is not None:
                    timer.cancel()
        self._woken = False

    def _wake_here(self) -> None:
        self._woken = True
        self._rouse()

    def _rouse(self) -> None:
        future = self._future
        if future is not None and not future.done():
            future.set_result(None)


class BlockingRuntime:
    """Waits by blocking the calling thread."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def __init__(self) -> None:
        self._flights: dict[str, Future[Any]] = {}
        self._lock = Lock()

    async def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0.0:
            time.sleep(min(left, GLANCE))  # noqa: ASYNC251  # this runtime waits by blocking

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
        from asyncio import _get_running_loop

        self._running = _get_running_loop
        self._flights: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[str, asyncio.Task[Any]]
        ] = WeakKeyDictionary()
        self._started: set[asyncio.Task[None] | None] = set()

    @property
    def race(self) -> Race:
        """Runs two things at once; only this runtime can."""
        from fairlead.engine.race import race

        return race

    def place(self) -> object:
        """Where tasks run: the running loop."""
        return self._loop_here()

    def _loop_here(self) -> asyncio.AbstractEventLoop:
        loop = self._running()
        if loop is None:
            raise RuntimeError("no event loop is running; an AsyncClient works within one")
        return loop

    def start(
        self, make: Callable[[], Coroutine[object, None, None]]
    ) -> Callable[[], Awaitable[None]]:
        """Do something that whoever starts it need not outlive; what is returned ends it."""
        task: asyncio.Task[None] | None = None
        started = self._started

        async def run() -> None:
            try:
                await make()
            finally:
                started.discard(task)  # sooner than by a callback, which costs a call more

        async def stop() -> None:
            import asyncio

            begun.cancel()
            try:
                await asyncio.wait((begun,))
            finally:
                started.discard(begun)  # it may never have begun to run

        task = begun = self._loop_here().create_task(run())
        if not task.done():  # where tasks start eagerly it may be
            started.add(task)
        return stop

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    def waiter(self) -> AsyncWaiter:
        return AsyncWaiter(self.now, self._loop_here(), self._running)

    async def blocking(self, function: Callable[[], _T]) -> _T:
        import asyncio

        return await asyncio.to_thread(function)

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        import asyncio

        flights = self._flights.setdefault(asyncio.get_running_loop(), {})
        task = flights.get(key)
        # One that has ended is struck off a moment later, and must not be joined until then.
        if task is None or task.done():
            task = flights[key] = asyncio.ensure_future(_awaited(make))
            task.add_done_callback(lambda ended: _forget(flights, key, ended))
        # Its own task, shielded: a caller that is cancelled takes nobody else along.
        async with asyncio.timeout(within):
            value: _T = await asyncio.shield(task)
        return value


def _forget(flights: dict[str, asyncio.Task[Any]], key: str, ended: asyncio.Task[Any]) -> None:
    if flights.get(key) is ended:
        del flights[key]
    if not ended.cancelled():
        ended.exception()  # whoever waited for it may have gone


async def _awaited(make: Callable[[], Awaitable[_T]]) -> _T:
    return await make()
