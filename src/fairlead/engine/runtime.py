"""The only place that waits: two runtimes for two colours, and `drive`, which runs a coroutine that
never suspends.

The engine is written once, as coroutines. `AsyncClient` awaits them on the caller's event loop.
`Client` drives them: its runtime sleeps with `time.sleep`, its transport blocks inside, so nothing
ever yields, and one `send(None)` carries the coroutine to its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TypeVar

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


class BlockingRuntime:
    """Waits by blocking the calling thread."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # blocking is this runtime's way of waiting

    async def blocking(self, function: Callable[[], _T]) -> _T:
        return function()


class AsyncRuntime:
    """Waits on the running asyncio loop."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    async def blocking(self, function: Callable[[], _T]) -> _T:
        import asyncio

        return await asyncio.to_thread(function)
