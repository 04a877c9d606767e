"""Runs of a model with tools, in both colours, against a scripted provider."""

from __future__ import annotations

import asyncio
import json
import threading
from decimal import Decimal
from typing import Any

import pytest
from tests.client.conftest import KEY
from tests.client.wire import DONE, USAGE, begun, chunk, streamed

from fairlead import (
    BudgetExceeded,
    DeadlineExceeded,
    InvalidRequest,
    Settings,
    StreamInterrupted,
    ToolFailed,
    TurnsExceeded,
    tool,
)
from fairlead.auth.secret import Secret
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import Await, Close, ScriptedServer, Step, stream
from fairlead.types.events import TextDelta
from fairlead.types.messages import Message, ToolCall, ToolResult
from fairlead.types.runs import ToolEnd, ToolStart, TurnEnd, TurnStart
from fairlead.types.tools import Tool


def call(index: int, name: str, arguments: str = "{}", call_id: str = "") -> bytes:
    made = {
        "index": index,
        "id": call_id or f"c{index}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
    return chunk({"tool_calls": [made]})


def calling(*calls: bytes, finish: str = "tool_calls") -> list[Step]:
    return list(stream([*calls, chunk({}, finish), USAGE, DONE]))


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


async def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    await asyncio.sleep(0)
    return {"sum": a + b}


WEATHER = call(0, "get_weather", '{"city":"Oslo"}')


def sent(server: ScriptedServer, number: int) -> dict[str, Any]:
    return json.loads(server.requests[number].body)


def test_the_model_is_told_what_its_tools_said_until_it_answers(opened) -> None:
    first = calling(WEATHER, call(1, "add", '{"a":3,"b":4}'))
    with ScriptedServer(first, streamed("Take an ", "umbrella.")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Oslo?", tools=[get_weather, add])

    assert result.text == "Take an umbrella."
    assert [run.result.content for run in result.tools] == ["rain in Oslo", '{"sum":7}']
    assert [run.outcome for run in result.tools] == ["done", "done"]
    assert [message.role for message in result.messages] == ["assistant", "tool", "assistant"]
    assert [t["function"]["name"] for t in sent(server, 0)["tools"]] == ["get_weather", "add"]
    roles = [message["role"] for message in sent(server, 1)["messages"]]
    assert roles == ["user", "assistant", "tool", "tool"]
    assert sent(server, 1)["messages"][2]["tool_call_id"] == "c0"


def test_one_receipt_and_one_sum_tell_of_all_turns(opened) -> None:
    with ScriptedServer(calling(WEATHER), streamed("Rain.")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Oslo?", tools=[get_weather])

    assert len(result.turns) == len(result.receipt.attempts) == 2
    assert result.receipt.operation == "run"
    assert (result.usage.input_tokens, result.usage.output_tokens) == (18, 8)
    assert result.cost is None


def test_a_streamed_run_tells_of_turns_and_tools(opened) -> None:
    with ScriptedServer(calling(WEATHER), streamed("Rain.")) as server:
        events, result = opened.at(server.url).events(
            "stream_run", "fake/m", "Oslo?", tools=[get_weather]
        )

    between = [e for e in events if isinstance(e, TurnStart | TurnEnd | ToolStart | ToolEnd)]
    assert between[0] == TurnStart(1)
    assert between[-1] == TurnEnd(2, result.response)
    assert sum(isinstance(event, ToolStart) for event in between) == 1
    ended = next(event for event in between if isinstance(event, ToolEnd))
    assert ended.run == result.tools[0]
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Rain."


def test_a_tool_starts_while_the_model_still_writes(opened) -> None:
    started = threading.Event()

    def note() -> str:
        started.set()
        return "noted"

    steps = [
        begun(call(0, "note"), call(1, "get_weather", '{"city":')),
        # The model goes on only once the first tool has run.
        Await(started),
        *_chunks(call(1, "get_weather", '"Oslo"}'), chunk({}, "tool_calls"), USAGE, DONE),
    ]
    with ScriptedServer(steps, streamed("Done.")) as server:
        result = opened.at(server.url).do(
            "run", "fake/m", "Hi", tools=[note, get_weather], deadline=20
        )
    assert started.is_set()
    assert [run.result.content for run in result.tools] == ["noted", "rain in Oslo"]


def _chunks(*pieces: bytes) -> list[Step]:
    return [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


def test_tools_run_at_the_same_time_and_no_more_than_may(opened) -> None:
    both = threading.Barrier(2, timeout=10)

    def meet() -> str:
        both.wait()
        return "met"

    calls = calling(call(0, "meet"), call(1, "meet"))
    with ScriptedServer(calls, streamed("Fine."), calls, streamed("Fine.")) as server:
        client = opened.at(server.url)
        assert client.do("run", "fake/m", "Hi", tools=[meet]).text == "Fine."
        both = threading.Barrier(2, timeout=0.05)
        alone = client.do("run", "fake/m", "Hi", tools=[meet], tool_concurrency=1)
    assert [run.outcome for run in alone.tools] == ["failed", "failed"]


# -- what goes wrong -------------------------------------------------------------------------------


def broken() -> str:
    raise ValueError("no network")


@pytest.mark.parametrize(
    ("called", "says"),
    [
        (call(0, "broken"), "ValueError: no network"),
        (call(0, "missing"), "there is no such tool; there are: broken, get_weather"),
        (call(0, "get_weather", '{"town":"Oslo"}'), "not valid"),
        (call(0, "get_weather", '{"city":'), "not valid"),
    ],
)
def test_the_model_is_told_of_errors_of_its_tools(opened, called, says) -> None:
    tools = [broken, get_weather]
    with ScriptedServer(calling(called), streamed("Sorry.")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Hi", tools=tools)
    (run,) = result.tools
    assert (run.outcome, run.result.is_error) == ("failed", True)
    assert says in run.error
    assert says in sent(server, 1)["messages"][-1]["content"]


def test_errors_of_tools_end_the_run_by_choice(opened) -> None:
    with ScriptedServer(calling(call(0, "broken"))) as server:
        client = opened.at(server.url)
        with pytest.raises(ToolFailed, match="no network") as caught:
            client.do("run", "fake/m", "Hi", tools=[broken], on_tool_error="raise")
    assert isinstance(caught.value.__cause__, ValueError)
    assert len(caught.value.receipt.attempts) == 1


def test_a_result_that_is_no_json_names_its_tool(opened) -> None:
    def odd() -> object:
        return object()

    with ScriptedServer(calling(call(0, "odd"))) as server:
        client = opened.at(server.url)
        with pytest.raises(ToolFailed, match="'odd'"):
            client.do("run", "fake/m", "Hi", tools=[odd], on_tool_error="raise")


def test_a_tool_that_takes_too_long_is_given_up(opened) -> None:
    release = threading.Event()

    def slow() -> str:
        release.wait(10)
        return "late"

    with ScriptedServer(calling(call(0, "slow")), streamed("Never mind.")) as server:
        client = opened.at(server.url)
        try:
            result = client.do("run", "fake/m", "Hi", tools=[slow], tool_timeout=0.05)
        finally:
            release.set()
    assert result.tools[0].error == "the tool 'slow' failed: it took longer than 0.05 s"


def test_the_deadline_holds_for_tools_too(opened) -> None:
    release = threading.Event()

    def slow() -> str:
        release.wait(10)
        return "late"

    with ScriptedServer(calling(call(0, "slow"))) as server:
        client = opened.at(server.url)
        try:
            with pytest.raises(DeadlineExceeded, match="while a tool was running: slow"):
                client.do("run", "fake/m", "Hi", tools=[slow], deadline=0.3)
        finally:
            release.set()


def test_a_model_that_never_answers_is_stopped_and_its_last_calls_do_not_run(opened) -> None:
    seen: list[str] = []

    def note(text: str) -> None:
        seen.append(text)

    turns = [calling(call(0, "note", json.dumps({"text": str(n)}))) for n in range(3)]
    with ScriptedServer(*turns) as server:
        client = opened.at(server.url)
        with pytest.raises(TurnsExceeded, match="within 2 turns") as caught:
            client.do("run", "fake/m", "Hi", tools=[note], max_turns=2)
    assert seen == ["0"]
    assert len(caught.value.result.turns) == len(caught.value.receipt.attempts) == 2
    assert len(server.requests) == 2
    assert_every_call_has_a_result(caught.value.result.messages)


def assert_every_call_has_a_result(messages: tuple[Message, ...]) -> None:
    """Or no provider takes the conversation back."""
    parts = [part for message in messages for part in message.parts]
    calls = [part.id for part in parts if isinstance(part, ToolCall) and part.complete]
    assert calls == [part.tool_call_id for part in parts if isinstance(part, ToolResult)]
    assert calls


def test_a_call_that_the_length_cut_is_not_run(opened) -> None:
    with ScriptedServer(calling(call(0, "get_weather", '{"city":"Os'), finish="length")) as server:
        result = opened.at(server.url).do("run", "fake/m", "Hi", tools=[get_weather])
    assert (result.finish_reason, result.tools) == ("length", ())


@pytest.mark.parametrize("approve", [None, lambda call: True])
def test_what_a_cut_answer_leaves_unrun_can_be_gone_on_with(opened, approve) -> None:
    calls = [WEATHER, call(1, "get_weather", '{"city":"Bergen"}'), call(2, "get_weather", '{"ci')]
    with ScriptedServer(calling(*calls, finish="length")) as server:
        client = opened.at(server.url)
        result = client.do("run", "fake/m", "Hi", tools=[get_weather], approve=approve)
    assert [message.role for message in result.messages] == ["assistant", "tool"]
    assert_every_call_has_a_result(result.messages)
    told = [part.content for part in result.messages[1].parts]
    assert approve is None or set(told) == {"Not run: the answer was cut before its end."}


def test_a_cut_stream_is_an_error_of_the_run(opened) -> None:
    with ScriptedServer(calling(WEATHER), [begun(chunk({"content": "Ra"})), Close()]) as server:
        client = opened.at(server.url)
        with pytest.raises(StreamInterrupted) as caught:
            client.do("run", "fake/m", "Hi", tools=[get_weather])
    assert len(caught.value.receipt.attempts) == 2


# -- leave -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (False, "Not run: the user did not approve this call."),
        ("it rains", "Not run: it rains."),
    ],
)
def test_what_nobody_approves_is_not_run_and_the_model_is_told(opened, verdict, told) -> None:
    asked = []

    def approve(called: Any) -> bool | str:
        asked.append((called.name, called.parse()))
        return verdict

    ran: list[str] = []

    def act(city: str) -> str:
        ran.append(city)
        return "done"

    with ScriptedServer(calling(call(0, "act", '{"city":"Oslo"}')), streamed("Fine.")) as server:
        client = opened.at(server.url)
        result = client.do("run", "fake/m", "Hi", tools=[act], approve=approve)
    assert asked == [("act", {"city": "Oslo"})]
    assert ran == []
    assert result.tools[0].outcome == "denied"
    assert sent(server, 1)["messages"][-1]["content"] == told


def test_what_is_approved_runs_and_some_need_not_ask(opened) -> None:
    asked = []

    @tool(needs_approval=False)
    def look() -> str:
        return "seen"

    @tool(needs_approval=True)
    def act() -> str:
        return "done"

    def approve(called: Any) -> bool:
        asked.append(called.name)
        return True

    with ScriptedServer(calling(call(0, "look"), call(1, "act")), streamed("Fine.")) as server:
        client = opened.at(server.url)
        result = client.do("run", "fake/m", "Hi", tools=[look, act], approve=approve)
    assert asked == ["act"]
    assert [run.result.content for run in result.tools] == ["seen", "done"]


# -- what is refused before anything is sent -------------------------------------------------------


@tool(needs_approval=True)
def dangerous() -> None:
    """Needs leave."""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tools": [get_weather, get_weather]}, "two tools are named 'get_weather'"),
        ({"tools": [Tool("now")]}, "pass the function itself"),
        ({"tools": "now"}, "tools must be a list"),
        ({"tools": [dangerous]}, "needs approval; pass approve="),
        ({"tools": [get_weather], "max_turns": 0}, "max_turns must be at least 1"),
        ({"tools": [get_weather], "max_turns": True}, "max_turns must be a whole number"),
        ({"tools": [get_weather], "tool_concurrency": 0}, "tool_concurrency must be at least 1"),
        ({"tools": [get_weather], "tool_timeout": 0}, "tool_timeout must be"),
        ({"tools": [get_weather], "on_tool_error": "skip"}, "on_tool_error must be"),
        ({"tools": [get_weather], "approve": True}, "approve must be a function"),
        ({"tools": [get_weather], "max_turn": 3}, "did you mean 'max_turns'"),
    ],
)
def test_bad_arguments_are_refused(opened, options, says) -> None:
    with ScriptedServer() as server:
        client = opened.at(server.url)
        with pytest.raises(InvalidRequest, match=says):
            client.do("run", "fake/m", "Hi", **options)
    assert server.requests == []


def test_a_forced_tool_is_forced_once(opened) -> None:
    with ScriptedServer(calling(WEATHER), streamed("Rain.")) as server:
        opened.at(server.url).do("run", "fake/m", "Hi", tools=[get_weather], tool_choice="required")
    assert sent(server, 0)["tool_choice"] == "required"
    assert "tool_choice" not in sent(server, 1)


# -- money -----------------------------------------------------------------------------------------


def priced(url: str) -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY))
    return Settings(providers={"openai": own}, retry=RetrySettings(max_retries=0))


def test_a_run_stops_before_a_turn_that_may_cost_more_than_is_left(opened) -> None:
    # The turn costs 9 tokens of 2.50 and 4 of 10 dollars a million; it may cost 1000 of the latter.
    turns = [calling(WEATHER) for _ in range(5)]
    with ScriptedServer(*turns) as server:
        client = opened(priced(server.url))
        with pytest.raises(BudgetExceeded, match="budget max_cost") as caught:
            client.do(
                "run",
                "openai/gpt-4o",
                "Oslo?",
                tools=[get_weather],
                max_tokens=1000,
                max_cost="0.0128",
            )
    made = len(server.requests)
    assert 0 < made < 5
    assert caught.value.spent == made * Decimal("0.0000625")
    assert caught.value.spent + caught.value.needed > caught.value.limit == Decimal("0.0128")
    assert len(caught.value.receipt.attempts) == made


def test_a_run_within_its_cost_tells_what_it_cost(opened) -> None:
    with ScriptedServer(calling(WEATHER), streamed("Rain.")) as server:
        client = opened(priced(server.url))
        asked = {"tools": [get_weather], "max_tokens": 10, "max_cost": 0.05}
        result = client.do("run", "openai/gpt-4o", "Oslo?", **asked)
    assert result.cost.usd == 2 * Decimal("0.0000625")


@pytest.mark.parametrize("cost", [0, -1, "much", True, float("nan")])
def test_a_cost_that_is_none_is_refused(opened, cost) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequest, match="max_cost must be US dollars"):
            opened.at(server.url).do("run", "fake/m", "Hi", max_cost=cost)
