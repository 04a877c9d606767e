"""Runs that are left or fail amid their course: what the conversation can go on with."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.client.conftest import settings_for
from tests.client.test_run import call
from tests.client.wire import begun, chunk

from fairlead import AsyncClient, Client, Message, StreamInterrupted
from fairlead.testing.chat import calls, fails, says
from fairlead.testing.server import Await, ScriptedServer
from fairlead.types.events import TextDelta
from fairlead.types.messages import ToolResult
from fairlead.types.runs import ToolEnd, ToolStart

ADDING = calls("add", a=1, b=2)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def told(messages: tuple[Message, ...]) -> list[object]:
    """Roles, with what tools said."""
    return [
        [part.content for part in message.parts if isinstance(part, ToolResult)] or message.role
        for message in messages
    ]


def test_a_run_whose_second_answer_is_cut_tells_all_that_came_before() -> None:
    with ScriptedServer(ADDING, says("It is th", cut=True), says("Three.")) as server:
        client = Client(settings_for(server.url))
        with (
            pytest.raises(StreamInterrupted),
            client.stream_run("fake/m", "1 + 2?", tools=[add]) as run,
        ):
            run.result()
        assert told(run.messages) == ["assistant", ["3"], "assistant"]
        assert run.messages[-1].text == "It is th"
        assert run.usage is not None
        assert run.usage.total_tokens == 13

        turns = [Message.user("1 + 2?"), *run.messages, Message.user("Go on.")]
        assert client.chat("fake/m", turns).text == "Three."
        client.close()


def test_a_run_whose_second_request_fails_tells_what_its_tools_have_done() -> None:
    with (
        ScriptedServer(ADDING, fails(400)) as server,
        Client(settings_for(server.url)) as client,
    ):
        run = client.stream_run("fake/m", "1 + 2?", tools=[add])
        with pytest.raises(Exception, match="400"):
            run.result()
    assert told(run.messages) == ["assistant", ["3"]]


def test_before_its_first_word_a_run_has_added_nothing() -> None:
    with ScriptedServer() as server, Client(settings_for(server.url)) as client:
        run = client.stream_run("fake/m", "Hi", tools=[add])
        assert (run.messages, run.usage, run.cost) == ((), None, None)


def test_messages_grow_while_the_run_goes_on_and_end_as_those_of_the_result() -> None:
    with (
        ScriptedServer(ADDING, says("Three", ".")) as server,
        Client(settings_for(server.url)) as client,
        client.stream_run("fake/m", "1 + 2?", tools=[add]) as run,
    ):
        lengths = [len(run.messages) for _ in run]
        assert lengths == sorted(lengths)
        assert run.messages == run.result().messages


def test_a_task_that_is_cancelled_while_a_tool_runs_leaves_each_call_a_result() -> None:
    began = asyncio.Event()

    async def slow(a: int, b: int) -> int:
        began.set()
        await asyncio.sleep(3600)
        return a + b

    async def main() -> tuple[Message, ...]:
        with ScriptedServer(ADDING + calls("slow", a=3, b=4)) as server:
            async with AsyncClient(settings_for(server.url)) as client:
                run = client.stream_run("fake/m", "1 + 2?", tools=[add, slow])
                ended = asyncio.Event()

                async def read() -> None:
                    async with run:
                        async for event in run:
                            if isinstance(event, ToolEnd):
                                ended.set()

                task = asyncio.create_task(read())
                await ended.wait()
                await began.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                return run.messages

    messages = asyncio.run(main())
    assert told(messages) == [
        "assistant",
        ["3", "Interrupted: the run was left, and what came of this call is not known."],
    ]


def test_a_call_that_nobody_has_approved_yet_was_not_run() -> None:
    def leave(call: object) -> bool:
        raise KeyboardInterrupt

    with ScriptedServer(ADDING) as server, Client(settings_for(server.url)) as client:
        run = client.stream_run("fake/m", "1 + 2?", tools=[add], approve=leave)
        with pytest.raises(KeyboardInterrupt):
            run.result()
    assert told(run.messages) == ["assistant", ["Not run: the run was left before its end."]]


def test_a_call_that_was_run_amid_an_answer_that_was_left_counts_as_whole() -> None:
    released = threading.Event()
    first, second = call(0, "add", '{"a":1,"b":2}'), call(1, "add", '{"a":3,"b":4}')
    with ScriptedServer([begun(first, second), Await(released)]) as server:
        with (
            Client(settings_for(server.url)) as client,
            client.stream_run("fake/m", "1 + 2?", tools=[add]) as run,
        ):
            next(event for event in run if isinstance(event, ToolStart))
        released.set()
    message, results = run.messages
    assert [call.complete for call in message.parts] == [True, False]
    assert [result.tool_call_id for result in results.parts] == ["c0"]


def test_text_alone_that_was_left_is_kept_as_far_as_it_came() -> None:
    released = threading.Event()
    with ScriptedServer([begun(chunk({"content": "Hel"})), Await(released)]) as server:
        with (
            Client(settings_for(server.url)) as client,
            client.stream_run("fake/m", "Hi", tools=[add]) as run,
        ):
            next(event for event in run if isinstance(event, TextDelta))
        released.set()
    assert [message.text for message in run.messages] == ["Hel"]
