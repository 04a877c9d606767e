"""Whatever calls a model makes, in every dialect and any split: a run makes exactly those calls.

Generated calls become the bytes of a stream, the bytes become calls, and their results go back
under the ids that they belong to. What goes back is read independently of the code that wrote it.
"""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings as checks, strategies as st
from tests.client.conftest import settings_for
from tests.conformance import bodies
from tests.conformance.spoken_calls import DIALECTS, SEAL, Call, body, pieces

from fairlead import AsyncClient, Client, RunResult
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = {
    "now": st.just({}),
    "note": st.fixed_dictionaries({"text": TEXTS}, optional={"times": st.integers(0, 99)}),
    "keep": st.fixed_dictionaries({"items": st.lists(VALUES, max_size=4)}),
}
CALLED = st.sampled_from(sorted(ARGUMENTS)).flatmap(lambda n: st.tuples(st.just(n), ARGUMENTS[n]))
TURNS = st.lists(st.lists(CALLED, min_size=1, max_size=5), max_size=3)


def now() -> str:
    """The time."""
    return "noon"


async def note(text: str, times: int = 1) -> list[object]:
    """Write down a text."""
    await asyncio.sleep(0)
    return [text, times]


def keep(items: list[object]) -> str:
    """Keep things."""
    return json.dumps(items)


def expected(called: tuple[str, dict[str, Any]]) -> object:
    name, arguments = called
    if name == "note":
        return [arguments["text"], arguments.get("times", 1)]
    return "noon" if name == "now" else arguments["items"]


def blocking(dialect: str, transport: MemoryTransport) -> tuple[RunResult, list[Any]]:
    client = Client(settings_for("https://fake.test", dialect=dialect), transport=transport)
    with client, client.stream_run("fake/m", "Hi", tools=[now, note, keep]) as run:
        return run.result(), []


def asynchronous(dialect: str, transport: MemoryTransport) -> tuple[RunResult, list[Any]]:
    async def main() -> tuple[RunResult, list[Any]]:
        settings = settings_for("https://fake.test", dialect=dialect)
        async with AsyncClient(settings, transport=transport) as client:
            result = await client.run("fake/m", "Hi", tools=[now, note, keep])
        return result, [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    return asyncio.run(main())


@pytest.mark.parametrize("read", [blocking, asynchronous])
@pytest.mark.parametrize("dialect", DIALECTS)
@checks(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(turns=TURNS, words=TEXTS, random=st.randoms(use_true_random=False))
def test_a_run_makes_exactly_the_calls_that_the_model_made(
    read: Any, dialect: str, turns: Any, words: str, random: Random
) -> None:
    made = [
        [Call(f"call_{turn}_{place}", *called) for place, called in enumerate(calls)]
        for turn, calls in enumerate(turns)
    ]
    streams = [body(dialect, calls, words, random, number=n) for n, calls in enumerate(made)]
    streams.append(body(dialect, [], "Done.", random, number=len(made)))
    answers = [
        Answer(tuple(pieces(stream, random)), headers=_headers(dialect)) for stream in streams
    ]
    transport = MemoryTransport(FakeRuntime(time.monotonic()), answers)

    result, left = read(dialect, transport)

    asked = [called for calls in turns for called in calls]
    assert [(run.call.name, run.call.parse()) for run in result.tools] == asked
    assert [_plain(run.result.content) for run in result.tools] == list(map(expected, asked))
    assert {run.outcome for run in result.tools} <= {"done"}
    assert (result.text, transport.open, left) == ("Done.", 0, [])
    assert len(transport.requests) == len(result.turns) == len(turns) + 1
    if turns:
        _went_back(dialect, transport.requests[-1].body, turns)


def _went_back(dialect: str, sent: Any, turns: Any) -> None:
    """Every call went back to the provider, each with one result under its own id."""
    said = bodies.read(dialect, sent)
    calls = [call for turn in said for call in turn.calls]
    results = [result for turn in said for result in turn.results]
    asked = [called for calls in turns for called in calls]
    assert [(call.name, call.arguments) for call in calls] == asked
    assert [call.id for call in calls] == [result.call for result in results]
    assert len({call.id for call in calls}) == len(calls)
    if dialect in ("gemini", "anthropic_messages"):
        assert sent.count(SEAL.encode()) == len(turns)
    assert [_plain(result.text) for result in results] == list(map(expected, asked))


def _plain(content: object) -> object:
    text = str(content)
    return json.loads(text) if text.startswith("[") else text


def _headers(dialect: str) -> tuple[tuple[str, str], ...]:
    kinds = {
        "ollama": "application/x-ndjson",
        "bedrock_converse": "application/vnd.amazon.eventstream",
    }
    return (("content-type", kinds.get(dialect, "text/event-stream")),)


def _blocks(*blocks: Any, reason: str) -> Answer:
    """A stream of Anthropic's with these blocks, each whole in its start."""
    events: list[Any] = [{"type": "message_start", "message": {"id": "m1", "model": "m"}}]
    for index, block in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}})
    events.append({"type": "message_stop"})
    lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    return Answer(tuple(lines), headers=_headers("anthropic_messages"))


@pytest.mark.parametrize("read", [blocking, asynchronous])
def test_tools_of_the_provider_stand_beside_ours_and_a_paused_turn_goes_on(read: Any) -> None:
    asked = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    ours = {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}}
    answers = [
        _blocks(asked, reason="pause_turn"),
        _blocks(found, ours, reason="tool_use"),
        _blocks({"type": "text", "text": "Done."}, reason="end_turn"),
    ]
    transport = MemoryTransport(FakeRuntime(time.monotonic()), answers)
    result, _ = read("anthropic_messages", transport)

    assert (result.text, len(result.turns)) == ("Done.", 3)
    assert [(run.call.name, run.result.content) for run in result.tools] == [("now", "noon")]
    paused, gone_on = [json.loads(request.body)["messages"] for request in transport.requests[1:]]
    assert [message["role"] for message in paused] == ["user", "assistant"]
    assert paused[1]["content"] == [asked]
    assert gone_on[-1]["content"][0]["tool_use_id"] == "toolu_1"
