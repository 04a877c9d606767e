"""Tool calls of a stream as they come, in both colours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import DONE, USAGE, begun, chunk

import fairlead
from fairlead import AsyncClient, Client, StreamRestarted
from fairlead.errors import StreamInterrupted
from fairlead.testing.server import Close, ScriptedServer, Step, respond, stream
from fairlead.types.events import StreamContinued

Look = Callable[[Any, Any], None]


def in_blocking(settings: Any, model: Any, look: Look) -> Any:
    with Client(settings) as client, client.stream(model, "Hi") as answer:
        for event in answer:
            look(event, answer)
        return answer


def in_async(settings: Any, model: Any, look: Look) -> Any:
    async def main() -> Any:
        async with AsyncClient(settings) as client, client.stream(model, "Hi") as answer:
            async for event in answer:
                look(event, answer)
            return answer

    return asyncio.run(main())


COLOURS = pytest.mark.parametrize("read", [in_blocking, in_async])


def call(index: int, arguments: str, name: str | None = None) -> bytes:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    piece = {"index": index, "function": function} | ({"id": f"c{index}"} if name else {})
    return chunk({"tool_calls": [piece]})


HEAD = [
    call(0, "", "weather"),
    call(0, '{"city": "Be'),
    call(1, '{"when": ', "calendar"),
    call(0, 'rn", "days": 1'),
]
TAIL = [call(1, "[1, 2]}"), call(0, "0}"), chunk({}, "tool_calls"), USAGE, DONE]
FINAL = [
    ("weather", "complete", {"city": "Bern", "days": 10}),
    ("calendar", "complete", {"when": [1, 2]}),
]


def told(answer: Any) -> list[tuple[str, str, object]]:
    return [(c.name, c.state, c.snapshot()) for c in answer.tool_calls]


def whole() -> list[Step]:
    return list(stream([*HEAD, *TAIL]))


@COLOURS
def test_calls_are_seen_growing(read: Any) -> None:
    seen: list[Any] = []
    with ScriptedServer(whole()) as server:
        answer = read(
            settings_for(server.url), "fake/m", lambda _, answer: seen.append(told(answer))
        )

    states = {"named": 1, "arguments": 2, "complete": 3}
    ranks = [[states[state] for _, state, _ in calls] for calls in seen]
    assert seen[-1] == told(answer) == FINAL
    assert all(len(a) <= len(b) for a, b in pairwise(ranks))
    assert [call.tool_call for call in answer.tool_calls] == list(answer.partial.tool_calls)


@COLOURS
@pytest.mark.parametrize("first_look", [0, 3, 7])
def test_whoever_looks_late_sees_the_same(read: Any, first_look: int) -> None:
    events: list[Any] = []

    def look(event: Any, answer: Any) -> None:
        events.append(event)
        if len(events) > first_look:
            assert answer.tool_calls is not None

    with ScriptedServer(whole()) as server:
        answer = read(settings_for(server.url), "fake/m", look)

    assert len(events) > 8
    assert told(answer) == FINAL


@COLOURS
def test_a_look_before_the_first_event_counts_nothing_twice(read: Any) -> None:
    async def main(client: AsyncClient) -> Any:
        async with client, client.stream("fake/m", "Hi") as answer:
            assert answer.tool_calls == ()
            await answer.result()
            return answer

    with ScriptedServer(whole()) as server:
        if read is in_async:
            answer = asyncio.run(main(AsyncClient(settings_for(server.url))))
        else:
            with Client(settings_for(server.url)) as client:
                with client.stream("fake/m", "Hi") as answer:
                    assert answer.tool_calls == ()
                    answer.result()

    assert told(answer) == FINAL


@COLOURS
def test_a_cut_stream_leaves_its_calls_as_far_as_they_came(read: Any) -> None:
    kept: list[Any] = []
    with ScriptedServer([begun(*HEAD), Close()]) as server:
        with pytest.raises(StreamInterrupted):
            read(settings_for(server.url), "fake/m", lambda _, answer: kept.append(answer))

    assert told(kept[-1]) == [
        ("weather", "arguments", {"city": "Bern"}),
        ("calendar", "arguments", {}),
    ]


@COLOURS
@pytest.mark.parametrize("watched", [True, False], ids=["watched all along", "at the new start"])
def test_calls_of_a_stream_that_begins_anew_are_those_of_the_new_one(
    read: Any, watched: bool
) -> None:
    after: list[Any] = []

    def look(event: Any, answer: Any) -> None:
        if watched or isinstance(event, StreamRestarted):
            calls = told(answer)
            if isinstance(event, StreamRestarted):
                after.append(calls)

    with ScriptedServer([begun(*HEAD), Close()], whole()) as server:
        route = fairlead.route("fake/a", "fake/b", on_break="restart")
        answer = read(settings_for(server.url), route, look)

    assert after == [[]]
    assert told(answer) == FINAL


@COLOURS
def test_calls_of_a_stream_that_goes_on_after_a_cut_are_counted_once(read: Any) -> None:
    cuts: list[Any] = []

    def look(event: Any, answer: Any) -> None:
        if isinstance(event, StreamContinued):
            cuts.append(told(answer))

    text = chunk({"role": "assistant", "content": "Let me see"})
    with ScriptedServer([begun(text), Close()], whole()) as server:
        settings = settings_for(server.url, quirks={"prefill": "plain"})
        route = fairlead.route("fake/a", "fake/b", on_break="continue")
        answer = read(settings, route, look)

    assert cuts == [[]]
    assert told(answer) == FINAL


@COLOURS
def test_repair_is_a_choice_and_is_told(read: Any) -> None:
    body = [call(0, "{'city': 'Bern',}", "weather"), chunk({}, "tool_calls"), USAGE, DONE]
    lenient: list[Any] = []

    def look(_: Any, answer: Any) -> None:
        if not lenient:
            lenient.append(answer.track_tool_calls(recovery="repair"))

    with ScriptedServer(list(stream(body)), list(stream(body))) as server:
        settings = settings_for(server.url)
        read(settings, "fake/m", look)
        strict = read(settings, "fake/m", lambda *_: None)

    (repaired,), (failed,) = lenient[0].calls, strict.tool_calls
    assert (repaired.state, repaired.arguments) == ("complete", {"city": "Bern"})
    assert len(repaired.repairs) == 3
    assert (failed.state, failed.failure.arguments) == ("failed", "{'city': 'Bern',}")
    assert isinstance(failed.failure, fairlead.MalformedToolArguments)


def test_a_stream_that_is_not_open_has_no_calls_to_look_at() -> None:
    with ScriptedServer(respond(500)) as server, Client(settings_for(server.url)) as client:
        answer = client.stream("fake/m", "Hi")
        with pytest.raises(RuntimeError, match="not open"):
            _ = answer.tool_calls
