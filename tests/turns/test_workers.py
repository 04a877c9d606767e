"""Tools that run beside the model: each is told once to stop, and may then tidy up."""

from __future__ import annotations

import asyncio
from threading import Condition
from typing import Any

from fairlead.engine.runtime import GLANCE, drive
from fairlead.turns.jobs import Job
from fairlead.turns.workers import AsyncWorkers, BlockingWorkers


def test_what_is_left_twice_is_stopped_once() -> None:
    stops: list[str] = []
    job = Job(lambda: None, asynchronous=True)
    job.stop = lambda: stops.append("stop")

    job.leave()
    job.leave()

    assert stops == ["stop"]


def test_a_tool_that_was_given_up_tidies_up_undisturbed_by_the_end_of_the_run() -> None:
    seen: list[str] = []

    async def work() -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("tidies")
                await may_end.wait()
                seen.append("tidy")

        workers = AsyncWorkers(1, lambda: 0.0)
        job = workers.start(slow, asynchronous=True)
        await begun.wait()
        job.leave()
        await asyncio.sleep(0)
        closing = asyncio.create_task(workers.aclose())
        await asyncio.sleep(0)
        may_end.set()
        await closing

    asyncio.run(work())

    assert seen == ["tidies", "tidy"]


def test_a_function_that_blocks_may_return_what_is_awaited() -> None:
    async def later() -> str:
        return "later"

    async def work() -> Job:
        workers = AsyncWorkers(1, lambda: 0.0)
        job = workers.start(lambda: later(), asynchronous=False)
        while not job.over:
            await workers.wait([job], None)
        return job

    job = asyncio.run(work())

    assert (job.value, job.error, job.asynchronous) == ("later", None, True)


def test_an_interrupt_that_lands_just_before_the_wait_for_tools_is_noticed_soon() -> None:
    asked: list[float | None] = []

    class Noted(Condition):
        def wait_for(self, predicate: Any, timeout: float | None = None) -> Any:
            asked.append(timeout)
            return False

    workers = BlockingWorkers(1, lambda: 0.0)
    workers._changed = Noted()
    for seconds in (None, 600.0, 0.25):
        drive(workers.wait([Job(lambda: None, asynchronous=False)], seconds))

    assert asked == [GLANCE, GLANCE, 0.25]
