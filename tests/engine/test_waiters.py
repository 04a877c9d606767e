"""Waiting to be woken, in every runtime: at most until an instant, and no wake is lost."""

from __future__ import annotations

import asyncio
import time
from threading import Event, Thread

from tests.engine.crowd import VirtualLoop, VirtualRuntime

from fairlead.engine.runtime import GLANCE, AsyncRuntime, BlockingRuntime, drive
from fairlead.testing.runtime import FakeRuntime


def test_a_blocked_thread_is_woken_by_another() -> None:
    runtime = BlockingRuntime()
    waiter = runtime.waiter()
    thread = Thread(target=waiter.wake)
    began = time.monotonic()
    thread.start()
    drive(waiter.wait(began + 30))
    thread.join()
    assert time.monotonic() - began < 10


def test_a_wake_before_the_wait_is_not_lost_and_counts_once() -> None:
    runtime = BlockingRuntime()
    waiter = runtime.waiter()
    waiter.wake()
    waiter.wake()
    began = time.monotonic()
    drive(waiter.wait(began + 30))
    assert time.monotonic() - began < 10
    drive(waiter.wait(began + 0.02))
    assert time.monotonic() - began >= 0.02


def test_no_sleep_in_one_go_is_long_as_an_interrupt_just_before_it_is_noticed_behind_it() -> None:
    asked: list[float] = []

    class Noted(Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            asked.append(timeout)
            return len(asked) == 3

    waiter = BlockingRuntime().waiter()
    waiter._woken = Noted()
    drive(waiter.wait(time.monotonic() + 600))
    assert asked == [GLANCE] * 3


def test_an_instant_that_has_passed_ends_the_wait_at_once() -> None:
    drive(BlockingRuntime().waiter().wait(time.monotonic() - 5))


def test_a_task_waits_until_the_instant_or_until_it_is_woken() -> None:
    loop = VirtualLoop()
    runtime = VirtualRuntime(loop)

    async def main() -> list[float]:
        waiter, began = runtime.waiter(), loop.time()
        ends = []
        await waiter.wait(began + 7)
        ends.append(loop.time() - began)
        loop.call_later(2, waiter.wake)
        await waiter.wait(began + 60)
        ends.append(loop.time() - began)
        waiter.wake()
        await waiter.wait(began + 60)
        ends.append(loop.time() - began)
        return ends

    try:
        assert loop.run_until_complete(main()) == [7.0, 9.0, 9.0]
    finally:
        loop.close()


def test_a_task_is_woken_from_another_thread_and_a_closed_loop_is_left_alone() -> None:
    runtime = AsyncRuntime()

    async def main():
        waiter = runtime.waiter()
        thread = Thread(target=waiter.wake)
        began = time.monotonic()
        asyncio.get_running_loop().call_later(0.01, thread.start)
        await waiter.wait(began + 30)
        assert time.monotonic() - began < 10
        thread.join()
        return waiter

    asyncio.run(main()).wake()


def test_on_a_clock_for_tests_a_wait_passes_the_time_unless_it_was_woken() -> None:
    runtime = FakeRuntime()
    waiter, began = runtime.waiter(), runtime.now()
    waiter.wake()
    drive(waiter.wait(began + 5))
    assert runtime.now() == began
    drive(waiter.wait(began + 5))
    assert (runtime.now(), runtime.slept) == (began + 5, [5.0])
