"""Where tools run beside the model: threads for the blocking client, tasks for the other.

Both run so many at once, and the others wait in order. A function that blocks cannot be stopped
from outside: one that is left keeps its place until it ends by itself, so that threads never pile
up, and as a daemon keeps no process alive.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from threading import Condition, Thread
from typing import TypeVar

from fairlead.engine.runtime import GLANCE
from fairlead.turns.jobs import Job, Places, TooLate, Work, moved

_T = TypeVar("_T")

_THREAD_NAME = "fairlead-tool"


class BlockingWorkers(Places):
    """Threads. A function that is asynchronous gets an event loop of its own in one of them."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        super().__init__(most, now)
        self._free = most
        self._waiting: deque[Job] = deque()
        self._changed = Condition()

    def start(self, work: Work, *, asynchronous: bool) -> Job:
        job = self._new(work, asynchronous=asynchronous)
        with self._changed:
            self._waiting.append(job)
            if not self._free:
                return job
            self._free -= 1
        Thread(target=self._serve, name=_THREAD_NAME, daemon=True).start()
        return job

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        waiting = [job for job in jobs if job.began is None]
        most = GLANCE if seconds is None else min(seconds, GLANCE)  # whoever asks asks again
        with self._changed:
            self._changed.wait_for(lambda: moved(jobs, waiting), most)

    async def answered(self, question: Awaitable[_T], seconds: float | None) -> _T:
        return await question

    async def aclose(self) -> None:
        with self._changed:
            self._waiting.clear()
        for job in self._jobs:
            if not job.over:
                job.leave()

    def _serve(self) -> None:
        """Run one job after the other, as long as there are any."""
        while (job := self._next()) is not None:
            job.run()
            if job.error is None and inspect.isawaitable(job.value):
                job.asynchronous = True
                self._await(job, job.value)
            with self._changed:
                job.over = True
                self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            while self._waiting:
                job = self._waiting.popleft()
                if not job.is_left:
                    job.began = self._now()
                    self._changed.notify_all()
                    return job
            self._free += 1
            return None

    def _await(self, job: Job, value: Awaitable[object]) -> None:
        async def awaited() -> object:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None, "a loop runs tasks"
            job.stop = lambda: _stop(loop, task)
            if job.is_left:  # since the line before, or long ago
                task.cancel()
            return await value

        job.work = lambda: asyncio.run(awaited())
        job.run()


class AsyncWorkers(Places):
    """Tasks of the running loop. A function that blocks runs in a thread of its own."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        super().__init__(most, now)
        self._places = asyncio.Semaphore(most)
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    def start(self, work: Work, *, asynchronous: bool) -> Job:
        job = self._new(work, asynchronous=asynchronous)
        task = asyncio.get_running_loop().create_task(self._placed(job))
        job.stop = task.cancel
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def wait(self, jobs: Sequence[Job], seconds: float | None) -> None:
        waiting = [job for job in jobs if job.began is None]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not moved(jobs, waiting):
                    self._changed.clear()
                    await self._changed.wait()

    async def answered(self, question: Awaitable[_T], seconds: float | None) -> _T:
        try:
            async with asyncio.timeout(seconds) as bound:
                return await question
        except TimeoutError:
            if bound.expired():
                raise TooLate from None
            raise  # its own

    async def aclose(self) -> None:
        """Those that are asynchronous are cancelled, and have ended when this returns."""
        tasks = tuple(self._tasks)
        for job in self._jobs:
            if not job.over:
                job.leave()
        if tasks:
            await asyncio.wait(tasks)

    async def _placed(self, job: Job) -> None:
        await self._places.acquire()
        job.began = self._now()
        self._changed.set()
        thread: asyncio.Future[None] | None = None
        try:
            if not job.asynchronous:
                thread = _in_thread(job)
                await asyncio.wait((thread,))  # a cancelled wait leaves what is waited for alone
            value = job.work() if job.asynchronous else job.value
            job.asynchronous = inspect.isawaitable(value)
            job.value = await value if inspect.isawaitable(value) else value
        except BaseException as error:
            job.error = error
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
        finally:
            if thread is None or thread.done():
                self._ended(job)
            else:
                thread.add_done_callback(lambda _: self._ended(job))

    def _ended(self, job: Job) -> None:
        job.over = True
        self._places.release()
        self._changed.set()


def _in_thread(job: Job) -> asyncio.Future[None]:
    """Runs what blocks; the future says that it is over, and nothing else."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def run() -> None:
        job.run()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(ended.set_result, None)

    Thread(target=run, name=_THREAD_NAME, daemon=True).start()
    return ended


def _is_cancelled() -> bool:
    """Whether the running task was told to end, and its tool did not think of it by itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _stop(loop: asyncio.AbstractEventLoop, task: asyncio.Task[object]) -> None:
    with suppress(RuntimeError):  # it has ended meanwhile
        loop.call_soon_threadsafe(task.cancel)
