"""Virtual time for many calls at once: an event loop without a network whose clock jumps ahead.

When nobody has anything to do, the time is that of the next timer. Nothing outside can wake it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fairlead.engine.runtime import AsyncRuntime

_T = TypeVar("_T")

START = 1000.0
_LEAST = 1e-9


class _NoFiles:
    """What stands where a loop looks for files that are ready: there are none."""

    def select(self, timeout: float | None) -> tuple[()]:
        assert timeout == 0, "everybody waits, and there is no timer: nothing can happen any more"
        return ()

    def close(self) -> None:
        pass


class StormLoop(asyncio.BaseEventLoop):
    """One thread, no sockets, and a clock that is right for as long as somebody works."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoFiles()
        self._virtual = START

    def time(self) -> float:
        return self._virtual

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: the time passes, and what was due has to wait for the end of it."""
        self._virtual += seconds

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
            while timers and timers[0]._cancelled:  # type: ignore[attr-defined]
                timer = heapq.heappop(timers)
                timer._scheduled = False  # type: ignore[attr-defined]
                self._timer_cancelled_count -= 1  # type: ignore[attr-defined]
            if timers:
                # Some time always passes, as it does everywhere: rounding stops no clock.
                self._virtual = max(self._virtual + _LEAST, timers[0].when())
        super()._run_once()  # type: ignore[misc]

    def _process_events(self, events: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class StormRuntime(AsyncRuntime):
    """Goes by the loop's clock; the wall clock beside it may be set anew at any time."""

    def __init__(self, loop: StormLoop, *, store: float = 0.0) -> None:
        """`store`: the seconds that what blocks takes, off the loop."""
        super().__init__()
        self._loop = loop
        self._store = store
        self._working = 0
        self.set_off = 0.0
        """Seconds by which the wall clock is wrong."""
        self.now = loop.time

    def wall(self) -> float:
        return 1_700_000_000.0 + self._loop.time() + self.set_off

    async def blocking(self, function: Callable[[], _T]) -> _T:
        """As a thread does it: it goes on to its end, whoever waits for it has gone or not."""
        done: asyncio.Future[_T] = self._loop.create_future()

        def work() -> None:
            self._working -= 1
            try:
                value = function()
            except Exception as error:
                if not done.cancelled():
                    done.set_exception(error)
            else:
                if not done.cancelled():
                    done.set_result(value)

        self._working += 1
        self._loop.call_at(self._loop.time() + self._store, work)
        return await done

    async def idle(self) -> None:
        """Until nothing is done any more off the loop."""
        while self._working:  # noqa: ASYNC110  # by the loop's own clock, which jumps
            await asyncio.sleep(self._store)


async def until(when: float) -> None:
    """Return at the instant `when`, to the last bit."""
    loop = asyncio.get_running_loop()
    if when <= loop.time():
        return
    reached = loop.create_future()
    timer = loop.call_at(when, _set, reached)
    try:
        await reached
    finally:
        timer.cancel()


def _set(reached: asyncio.Future[None]) -> None:
    if not reached.done():  # whoever waited may have been cancelled in the same moment
        reached.set_result(None)


def run(loop: StormLoop, main: Coroutine[Any, Any, _T]) -> _T:
    """Run `main` to its end, and whatever it began."""
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
