from __future__ import annotations

import asyncio
import gc
import sys
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


def test_who_asks_while_a_flight_is_under_way_gets_its_result() -> None:
    runtime, entered, go, results = BlockingRuntime(), threading.Event(), threading.Event(), []

    async def make() -> int:
        entered.set()
        assert go.wait(20)
        return 42

    async def never() -> int:
        raise AssertionError("there is a flight already")

    def ask(make) -> None:
        results.append(drive(runtime.once("key", make)))

    first = threading.Thread(target=ask, args=(make,))
    first.start()
    assert entered.wait(20)
    with pytest.raises(TimeoutError):
        drive(runtime.once("key", never, within=0.0))
    second = threading.Thread(target=ask, args=(_answer,))
    second.start()
    go.set()
    for thread in (first, second):
        thread.join(20)

    assert results == [42, 42]
    assert drive(runtime.once("key", _answer)) == 42


def test_a_leader_that_is_interrupted_leaves_the_flight_to_the_others() -> None:
    runtime, entered, go, results = BlockingRuntime(), threading.Event(), threading.Event(), []

    async def interrupted() -> int:
        entered.set()
        assert go.wait(20)
        raise KeyboardInterrupt

    def lead() -> None:
        with pytest.raises(KeyboardInterrupt):
            drive(runtime.once("key", interrupted))
        results.append("interrupted")

    def follow() -> None:
        results.append(drive(runtime.once("key", _answer)))

    leader, follower = threading.Thread(target=lead), threading.Thread(target=follow)
    leader.start()
    assert entered.wait(20)
    follower.start()
    go.set()
    for thread in (leader, follower):
        thread.join(20)

    assert sorted(map(str, results)) == ["42", "interrupted"]


def test_an_asynchronous_flight_outlives_those_who_stop_waiting() -> None:
    runtime = AsyncRuntime()

    async def run() -> int:
        go = asyncio.Event()

        async def make() -> int:
            await go.wait()
            return 42

        patient = asyncio.ensure_future(runtime.once("key", make))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await runtime.once("key", _answer, within=0.01)
        go.set()
        return await patient

    assert asyncio.run(run()) == 42


def test_a_flight_that_fails_after_everybody_left_is_not_reported_as_lost() -> None:
    runtime, complaints = AsyncRuntime(), []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, c: complaints.append(c))

        async def fail() -> int:
            await asyncio.sleep(0.02)
            raise KeyError("gone")

        with pytest.raises(TimeoutError):
            await runtime.once("key", fail, within=0.0)
        await asyncio.sleep(0.05)

    asyncio.run(run())
    gc.collect()

    assert complaints == []


def test_who_is_woken_by_the_end_of_a_flight_begins_another() -> None:
    runtime = BlockingRuntime()
    found: list[int] = []

    async def interrupted() -> int:
        # What a joined thread does, at the earliest instant at which it can.
        flight = runtime._flights["key"]
        flight.add_done_callback(lambda _: found.append(drive(runtime.once("key", _answer))))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(runtime.once("key", interrupted))
    assert found == [42]
    assert runtime._flights == {}


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_nothing_is_left_of_what_was_started_however_it_ends(steps) -> None:
    async def run() -> None:
        runtime = AsyncRuntime()

        async def work() -> None:
            await asyncio.sleep(0)

        stop = runtime.start(work)
        assert len(runtime._started) == 1
        for _ in range(steps):
            await asyncio.sleep(0)
        await stop()
        assert runtime._started == set()

    asyncio.run(run())


if sys.version_info >= (3, 12):  # tasks may start eagerly

    def test_what_has_ended_before_its_start_returns_is_not_held() -> None:
        async def run() -> None:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            runtime = AsyncRuntime()

            async def work() -> None:
                pass

            stop = runtime.start(work)
            assert runtime._started == set()
            await stop()

        asyncio.run(run())
