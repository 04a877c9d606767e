"""Leave for a call: who may give it until when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fairlead.engine.runtime import drive
from fairlead.errors import DeadlineExceeded
from fairlead.schemas.function_tool import tool_of
from fairlead.testing.runtime import FakeRuntime
from fairlead.turns.jobs import TooLate
from fairlead.turns.rules import RunRules, Verdict
from fairlead.turns.toolbox import Toolbox
from fairlead.turns.toolwork import ToolWork
from fairlead.turns.workers import AsyncWorkers, BlockingWorkers
from fairlead.types.messages import ToolCall
from fairlead.types.runs import ToolEnd, ToolStart

CALL = ToolCall("c", "act")


class Desk:
    """A tool that needs leave, and the work of a turn that calls it."""

    def __init__(
        self, runtime: FakeRuntime, approve: Callable[[ToolCall], Verdict | Awaitable[Verdict]]
    ) -> None:
        self.ran: list[str] = []
        self.workers = BlockingWorkers(1, runtime.now)
        rules = RunRules(approve=approve)
        self.work = ToolWork(1, Toolbox((tool_of(self.act),)), self.workers, rules, runtime)
        self.work.add(0, CALL)
        self.work.answered(calls=True)

    def act(self) -> None:
        self.ran.append("act")


def test_leave_that_is_given_in_time_starts_the_tool() -> None:
    runtime = FakeRuntime()
    desk = Desk(runtime, lambda call: True)
    (started,) = drive(desk.work.ask(runtime.now() + 5))
    assert started == ToolStart(CALL)
    while desk.work.running:
        drive(desk.work.wait(float("inf")))
        desk.work.ended()
    assert desk.ran == ["act"]


@pytest.mark.parametrize("verdict", [True, False, "no"])
def test_an_answer_that_comes_after_the_deadline_starts_nothing(verdict: Verdict) -> None:
    runtime = FakeRuntime()

    def approve(call: ToolCall) -> Verdict:
        runtime.advance(6)
        return verdict

    desk = Desk(runtime, approve)
    with pytest.raises(DeadlineExceeded, match="passed before act was approved"):
        drive(desk.work.ask(runtime.now() + 5))
    assert (desk.ran, desk.work.runs()) == ([], ())


def test_nobody_is_asked_after_the_deadline() -> None:
    runtime = FakeRuntime()
    asked: list[ToolCall] = []

    def approve(call: ToolCall) -> Verdict:
        asked.append(call)
        return True

    desk = Desk(runtime, approve)
    with pytest.raises(DeadlineExceeded):
        drive(desk.work.ask(runtime.now()))
    assert asked == []


def test_an_answer_that_is_awaited_is_heard_too() -> None:
    runtime = FakeRuntime()

    async def approve(call: ToolCall) -> Verdict:
        return "it rains"

    desk = Desk(runtime, approve)
    (ended,) = drive(desk.work.ask(float("inf")))
    assert isinstance(ended, ToolEnd)
    assert ended.run.error == "it rains"


def test_a_question_on_a_loop_is_cut_short() -> None:
    cancelled: list[bool] = []

    async def question() -> bool:
        try:
            return await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def main() -> None:
        with pytest.raises(TooLate):
            await AsyncWorkers(1, FakeRuntime().now).answered(question(), 0.01)

    asyncio.run(main())
    assert cancelled == [True]


def test_a_timeout_of_the_question_itself_is_its_own() -> None:
    async def question() -> bool:
        raise TimeoutError("nobody is there")

    async def main() -> None:
        with pytest.raises(TimeoutError, match="nobody is there"):
            await AsyncWorkers(1, FakeRuntime().now).answered(question(), None)

    asyncio.run(main())
