"""Runs that go wrong in the middle: repeated ids, tools that hang, restarts, cancelling."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.test_run import call, calling, sent
from tests.client.wire import DONE, USAGE, begun, chunk, pieces, streamed
from tests.timing import prompt

from fairlead import AsyncClient, Client, ToolFailed, route
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Close, Pause, ScriptedServer
from fairlead.types.events import StreamRestarted
from fairlead.types.runs import ToolEnd, ToolStart


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def quick() -> str:
    return "quick"


# -- calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [(1, 2), (3, 4)])
def test_two_calls_of_one_answer_with_one_id_are_both_run(opened, second) -> None:
    a, b = second
    calls = [call(0, "add", '{"a":1,"b":2}', "x"), call(1, "add", f'{{"a":{a},"b":{b}}}', "x")]
    with ScriptedServer(calling(*calls), streamed("Fine.")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Hi", tools=[add])
    assert [run.result.content for run in result.tools] == ["3", str(a + b)]


def test_each_call_of_a_cut_answer_has_its_own_result_though_they_share_an_id(opened) -> None:
    calls = [call(number, "add", f'{{"a":{number},"b":2}}', "x") for number in range(3)]
    with ScriptedServer(calling(*calls, finish="length")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Hi", tools=[add])
    assert len(result.response.tool_calls) == 3
    assert [part.tool_call_id for part in result.messages[1].parts] == ["x"] * 3


def test_errors_of_a_call_that_the_length_cut_are_not_the_tools(opened) -> None:
    calls = [call(0, "add", '{"a":1,"b":2}'), call(1, "missing", '{"a":')]
    with ScriptedServer(calling(*calls, finish="length")) as server:
        client = opened.at(server.url)
        result = client.do("run", "fake/m", "Hi", tools=[add], on_tool_error="raise")
    assert result.finish_reason == "length"
    assert {run.call.name for run in result.tools} <= {"add"}


def test_a_run_that_was_left_has_no_result(opened) -> None:
    with ScriptedServer(calling(call(0, "quick")), streamed("Fine.")) as server:
        client = opened.at(server.url)
        stream = client.client.stream_run("fake/m", "Hi", tools=[quick])
        if isinstance(client.client, Client):
            with stream:
                next(iter(stream))
            with pytest.raises(RuntimeError, match="the run is not over"):
                stream.result()
        else:

            async def leave() -> None:
                async with stream:
                    await anext(stream)
                with pytest.raises(RuntimeError, match="the run is not over"):
                    await stream.result()

            client._run(leave())


# -- tools that hang -------------------------------------------------------------------------------


async def cancels() -> str:
    raise asyncio.CancelledError


def test_a_tool_that_cancels_itself_has_failed_and_the_run_goes_on(opened) -> None:
    with ScriptedServer(calling(call(0, "cancels")), streamed("Fine.")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Hi", tools=[cancels])
    assert (result.text, [run.outcome for run in result.tools]) == ("Fine.", ["failed"])


def test_what_is_meant_for_the_program_is_not_told_to_the_model(opened) -> None:
    def leave() -> None:
        raise SystemExit(3)

    with ScriptedServer(calling(call(0, "leave"))) as server:
        client = opened.at(server.url)
        with pytest.raises(SystemExit):
            client.do("run", "fake/m", "Hi", tools=[leave])


def test_a_tool_that_hangs_keeps_its_place_and_the_others_are_told_so(opened) -> None:
    release = threading.Event()

    def hang() -> str:
        release.wait(10)
        return "late"

    calls = calling(call(0, "hang"), call(1, "hang"), call(2, "quick"))
    with ScriptedServer(calls, streamed("Fine.")) as server:
        client = opened.at(server.url)
        try:
            result = client.do(
                "run", "fake/m", "Hi", tools=[hang, quick], tool_timeout=0.05, tool_concurrency=1
            )
            hanging = [t for t in threading.enumerate() if t.name == "fairlead-tool"]
        finally:
            release.set()
    assert [run.error and run.error.partition(": ")[2] for run in result.tools] == [
        "it took longer than 0.05 s",
        *["it cannot run: tools that took too long before it have not ended"] * 2,
    ]
    assert (len(hanging), hanging[0].daemon) == (1, True)


def test_time_that_a_tool_waits_for_a_place_is_not_its_own(opened) -> None:
    moments: list[float] = []

    def slow() -> str:
        moments.append(time.monotonic())
        time.sleep(0.1)
        return "slow"

    calls = calling(*(call(place, "slow") for place in range(4)))
    for watch in prompt(0.55):  # were it more, one of them may have taken too long indeed
        with ScriptedServer(calls, streamed("Fine.")) as server:
            result = opened.at(server.url).do(
                "run", "fake/m", "Hi", tools=[slow], tool_timeout=0.3, tool_concurrency=1
            )
        watch.seconds = time.monotonic() - moments[0]
        moments.clear()
    assert [run.outcome for run in result.tools] == ["done"] * 4


def test_an_asynchronous_tool_that_takes_too_long_is_cancelled(opened) -> None:
    ended: list[str] = []

    async def slow() -> str:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cancelled")
        return "late"

    with ScriptedServer(calling(call(0, "slow"), call(1, "quick")), streamed("Fine.")) as server:
        client = opened.at(server.url)
        result = client.do(
            "run", "fake/m", "Hi", tools=[slow, quick], tool_timeout=0.05, tool_concurrency=1
        )
    assert [run.outcome for run in result.tools] == ["failed", "done"]
    assert ended == ["cancelled"]


HANGS = """
import sys, threading
from fairlead import Client
from tests.client.conftest import settings_for
def hang() -> str:
    threading.Event().wait(600)
try:
    Client(settings_for(sys.argv[1])).run("fake/m", "Hi", tools=[hang], deadline=0.5)
except Exception as error:
    print(type(error).__name__)
"""


def test_a_tool_that_hangs_keeps_no_program_alive() -> None:
    with ScriptedServer(calling(call(0, "hang"))) as server:
        done = subprocess.run(
            [sys.executable, "-c", HANGS, server.url],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    assert done.stdout == "DeadlineExceeded\n"


def test_a_tool_may_call_the_client_again(opened) -> None:
    with ScriptedServer(calling(call(0, "ask")), streamed("inner"), streamed("outer")) as server:
        client = opened.at(server.url).client

        def ask() -> str:
            with client.stream("fake/m", "And?") as stream:
                return stream.result().text

        async def ask_later() -> str:
            async with client.stream("fake/m", "And?") as stream:
                return (await stream.result()).text

        ask_later.__name__ = "ask"
        chosen = ask if isinstance(client, Client) else ask_later
        result = opened._opened[-1].do("run", "fake/m", "Hi", tools=[chosen])
    assert (result.text, result.tools[0].result.content) == ("outer", "inner")
    assert len(result.receipt.attempts) == 2


# -- answers that begin anew -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("again", "ran", "told"),
    [
        (calling(call(0, "note", '{"n":1}', "z")), [1], [("z", "done")]),
        (calling(call(0, "note", '{"n":5}', "z")), [1, 5], [("c0", "void"), ("z", "done")]),
        (streamed("Fine."), [1], [("c0", "void")]),
    ],
)
def test_a_call_of_an_answer_that_begins_anew_is_run_once_or_void(opened, again, ran, told) -> None:
    seen: list[int] = []

    def note(n: int) -> str:
        seen.append(n)
        return str(n)

    cut = [begun(call(0, "note", '{"n":1}'), call(1, "note", '{"n":')), Pause(0.1), Close()]
    with ScriptedServer(cut, again, streamed("Fine.")) as server:
        both = route("fake/m", "fake/n", on_break="restart")
        events, result = opened.at(server.url).events("stream_run", both, "Hi", tools=[note])

    assert seen == ran
    assert [(run.call.id, run.outcome) for run in result.tools] == told
    assert any(isinstance(event, StreamRestarted) for event in events)
    starts = sum(isinstance(event, ToolStart) for event in events)
    assert starts == sum(isinstance(event, ToolEnd) for event in events) == len(ran)
    assert "void" not in str(sent(server, -1))


# -- cancelling ------------------------------------------------------------------------------------


class Yielding(MemoryTransport):
    """Lets others run before each step, so that there is a moment to be cancelled at."""

    async def send(self, *arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(0)
        response = await super().send(*arguments, **options)
        read = response.read

        async def slowly(deadline: float) -> bytes:
            await asyncio.sleep(0)
            return await read(deadline)

        response.read = slowly  # type: ignore[method-assign]
        return response


def test_a_run_that_is_cancelled_at_any_moment_leaves_nothing_behind() -> None:
    running: list[int] = []

    async def work(n: int) -> int:
        running.append(n)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            running.remove(n)
        return n

    def answer(*chunks: bytes) -> Answer:
        return Answer(chunks, headers=(("content-type", "text/event-stream"),))

    calls = (call(0, "work", '{"n":1}'), call(1, "work", '{"n":2}'))
    scripts = [answer(*calls, chunk({}, "tool_calls"), USAGE, DONE), answer(*pieces("Fine."))]

    async def stopped_at(moment: int) -> bool:
        transport = Yielding(FakeRuntime(time.monotonic()), scripts)
        async with AsyncClient(settings_for("https://fake.test"), transport=transport) as client:
            task = asyncio.ensure_future(client.run("fake/m", "Hi", tools=[work], max_cost=None))
            for _ in range(moment):
                await asyncio.sleep(0)
            ended = task.done()
            task.cancel()
            await asyncio.wait((task,))
            assert ended or task.cancelled() or task.result().text == "Fine."
            assert (running, transport.open) == ([], 0)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return ended

    async def main() -> int:
        moment = 0
        while not await stopped_at(moment):
            moment += 1
        return moment

    assert asyncio.run(main()) > 10


def test_a_failure_of_one_tool_cancels_the_others(opened) -> None:
    ended = threading.Event()

    async def slow() -> str:
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        return ""

    async def fails() -> str:
        await asyncio.sleep(0.05)
        raise ValueError("no")

    with ScriptedServer(calling(call(0, "slow"), call(1, "fails"))) as server:
        client = opened.at(server.url)
        with pytest.raises(ToolFailed, match="'fails'"):
            client.do("run", "fake/m", "Hi", tools=[slow, fails], on_tool_error="raise")
    assert ended.wait(5)
