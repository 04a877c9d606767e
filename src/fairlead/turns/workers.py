"""Where tools run beside the model: threads for the blocking client, tasks for the other.

Both give futures, which a run asks whether they are done. A function that blocks cannot be stopped
from outside; a run that ends early leaves it to its end, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

Work = Callable[[], object]
"""A tool with its arguments; what it returns may have to be awaited."""


class Job(Protocol):
    """A tool that runs, or waits for a place."""

    def done(self) -> bool: ...
    def result(self) -> object: ...
    def cancel(self) -> bool: ...


class Workers(Protocol):
    """Runs so many tools at once; the others wait in order."""

    def start(self, work: Work, *, asynchronous: bool) -> Job:
        """Begin `work` in a copy of the caller's context. `asynchronous`: it does not block."""
        ...

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        """Until one of `jobs` is done, at most for `seconds`."""
        ...

    def close(self) -> None:
        """Begin nothing more."""
        ...


class BlockingWorkers:
    """Threads. A function that is asynchronous gets an event loop of its own in one of them."""

    def __init__(self, most: int) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="fairlead-tool")

    def start(self, work: Work, *, asynchronous: bool) -> Future[object]:
        return self._pool.submit(contextvars.copy_context().run, _to_its_end, work)

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        futures = [job for job in jobs if isinstance(job, Future)]
        wait(futures, seconds, FIRST_COMPLETED)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class AsyncWorkers:
    """Tasks of the running loop. A function that blocks runs in one of the loop's threads."""

    def __init__(self, most: int) -> None:
        self._places = asyncio.Semaphore(most)

    def start(self, work: Work, *, asynchronous: bool) -> asyncio.Task[object]:
        return asyncio.ensure_future(self._placed(work, asynchronous))

    async def _placed(self, work: Work, asynchronous: bool) -> object:
        async with self._places:
            value = work() if asynchronous else await asyncio.to_thread(work)
            return await value if inspect.isawaitable(value) else value

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        tasks = [job for job in jobs if isinstance(job, asyncio.Task)]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> None:
        """Those that run are the run's to cancel."""


def _to_its_end(work: Work) -> object:
    value = work()
    return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value


async def _awaited(value: Awaitable[object]) -> object:
    return await value
