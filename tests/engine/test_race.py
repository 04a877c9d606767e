"""Two runs of one thing on an event loop, and copies of calls that are slow to begin."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairlead.engine.race import race

AT_ONCE = 0.0


class Runs:
    """Runs that end when the test says so, and what became of them."""

    def __init__(self) -> None:
        self.gates = {"first": asyncio.Event(), "second": asyncio.Event()}
        self.results: dict[str, Any] = {}
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.lost: list[bool] = []
        self.closed: list[Any] = []

    async def run(self, name: str) -> Any:
        self.begun.append(name)
        try:
            await self.gates[name].wait()
        except asyncio.CancelledError:
            self.cancelled.append(name)
            if f"late {name}" in self.results:
                return self.results[f"late {name}"]
            raise
        result = self.results[name]
        if isinstance(result, Exception):
            raise result
        return result

    def end(self, name: str, result: Any) -> None:
        self.results[name] = result
        self.gates[name].set()

    async def close(self, value: Any) -> None:
        self.closed.append(value)

    def start(self, delay: float = AT_ONCE) -> asyncio.Task[Any]:
        return asyncio.ensure_future(
            race(
                lambda: self.run("first"),
                lambda: self.run("second"),
                delay,
                lost=self.lost.append,
                close=self.close,
            )
        )


async def turns() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def begun() -> Runs:
    runs = Runs()
    runs.task = runs.start()  # type: ignore[attr-defined]
    while len(runs.begun) < 2:  # noqa: ASYNC110  # whoever begins tells nobody
        await asyncio.sleep(0)
    return runs


def test_a_first_run_that_is_quick_is_alone() -> None:
    async def run() -> Runs:
        runs = Runs()
        task = runs.start(delay=60)
        runs.end("first", "one")
        assert await task == "one"
        return runs

    runs = asyncio.run(run())
    assert (runs.cancelled, runs.lost, runs.closed) == ([], [], [])


@pytest.mark.parametrize(("winner", "loser"), [("first", "second"), ("second", "first")])
def test_whoever_succeeds_first_wins_and_the_other_is_closed(winner, loser) -> None:
    async def run() -> Runs:
        runs = await begun()
        runs.end(winner, "won")
        assert await runs.task == "won"
        return runs

    runs = asyncio.run(run())
    assert runs.cancelled == [loser]
    assert runs.lost == [loser == "first"]


def test_a_failure_waits_for_the_other() -> None:
    async def run(fails: str, wins: str) -> Runs:
        runs = await begun()
        runs.end(fails, ValueError(fails))
        await turns()
        assert not runs.task.done()
        runs.end(wins, "won")
        assert await runs.task == "won"
        return runs

    for fails, wins in (("first", "second"), ("second", "first")):
        runs = asyncio.run(run(fails, wins))
        assert (runs.cancelled, runs.lost) == ([], [])


def test_where_both_fail_the_first_says_why() -> None:
    async def run() -> None:
        runs = await begun()
        runs.end("second", KeyError("second"))
        await turns()
        runs.end("first", ValueError("first"))
        with pytest.raises(ValueError, match="first"):
            await runs.task

    asyncio.run(run())


def test_a_first_run_that_fails_before_the_second_began_is_not_followed() -> None:
    async def run() -> None:
        runs = Runs()
        task = runs.start(delay=60)
        runs.end("first", ValueError("first"))
        with pytest.raises(ValueError, match="first"):
            await task

    asyncio.run(run())


def test_a_second_run_may_decline() -> None:
    async def run() -> None:
        runs = await begun()
        runs.end("second", None)
        await turns()
        runs.end("first", "one")
        assert await runs.task == "one"

    asyncio.run(run())


def test_whoever_cancels_the_race_cancels_both_and_waits_for_them() -> None:
    async def run() -> Runs:
        runs = await begun()
        runs.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await runs.task
        return runs

    runs = asyncio.run(run())
    assert sorted(runs.cancelled) == ["first", "second"]
    assert runs.lost == []


def test_what_a_loser_got_in_the_same_moment_is_closed() -> None:
    async def run() -> Runs:
        runs = await begun()
        runs.results["late second"] = "too late"
        runs.end("first", "one")
        assert await runs.task == "one"
        return runs

    assert asyncio.run(run()).closed == ["too late"]


def test_two_successes_at_once_leave_one_to_close() -> None:
    async def run() -> Runs:
        runs = await begun()
        runs.end("second", "two")
        runs.end("first", "one")
        assert await runs.task == "one"
        return runs

    runs = asyncio.run(run())
    assert (runs.closed, runs.lost) == (["two"], [])


class Slow(Runs):
    """Whoever is cancelled takes its time to end, until it is told twice."""

    async def run(self, name: str) -> Any:
        try:
            return await super().run(name)
        except asyncio.CancelledError:
            await asyncio.sleep(60)
            raise

    async def close(self, value: Any) -> None:
        await super().close(value)
        await asyncio.sleep(0)


@pytest.mark.invariant("I11")
@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_is_cancelled_while_the_loser_ends_leaves_no_winner_behind(times: int) -> None:
    async def run() -> Runs:
        runs = Slow()
        task = runs.start()
        while len(asyncio.all_tasks()) < 4:  # noqa: ASYNC110  # this one, the race and both runs
            await asyncio.sleep(0)
        await turns()
        runs.end("first", "won")
        await turns()
        assert not task.done()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1, "both have ended"
        return runs

    assert asyncio.run(run()).closed == ["won"]
