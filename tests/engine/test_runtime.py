from __future__ import annotations

import asyncio
import threading

import pytest

from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive


async def _answer() -> int:
    return 42


def test_drive_runs_a_coroutine_to_its_end() -> None:
    assert drive(_answer()) == 42


def test_drive_raises_what_the_coroutine_raises() -> None:
    async def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        drive(fail())


def test_drive_fails_loudly_when_a_leaf_waits_for_an_event_loop() -> None:
    closed = []

    class Suspends:
        def __await__(self):
            try:
                yield
            finally:
                closed.append(True)

    async def wait() -> None:
        await Suspends()

    with pytest.raises(RuntimeError, match="waits for an event loop"):
        drive(wait())
    assert closed == [True]


def test_the_blocking_runtime_sleeps_without_suspending() -> None:
    runtime = BlockingRuntime()
    before = runtime.now()

    drive(runtime.sleep(0.01))

    assert runtime.now() - before >= 0.01


def test_the_asynchronous_runtime_keeps_the_loop_free_while_a_function_blocks() -> None:
    async def main() -> bool:
        gate = threading.Event()
        waiting = asyncio.create_task(AsyncRuntime().blocking(lambda: gate.wait(5)))
        await asyncio.sleep(0)
        gate.set()
        return await waiting

    assert asyncio.run(main()) is True
