"""`ag_ui` against real agents of pydantic-ai, and over the bytes that they really sent."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from functools import partial
from random import Random
from typing import Any

import pytest
from tests.conformance.agreement import disagreements
from tests.conformance.cuts import Cutter, after_blank_line
from tests.conformance.runs import bytewise, random_pieces, stream
from tests.peers.agents import ANSWER, application, serving, speaker
from tests.peers.conftest import Served

from fairlead import (
    AgUiOptions,
    AsyncClient,
    BadRequestError,
    Client,
    Message,
    Settings,
    StreamInterrupted,
    TextDelta,
    Tool,
    ToolResult,
)
from fairlead.dialects.ag_ui import DIALECT
from fairlead.errors import LocalModelError, ServerError
from fairlead.local.server import shared_server
from fairlead.ports import Limits
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.types.messages import Opaque, ToolCall
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

PATHS = ("weather", "thinker", "sharer", "cautious")
MAP = Tool(
    "show_map", "Shows a map", {"type": "object", "properties": {"zoom": {"type": "integer"}}}
)


def settings(agents: Served, path: str) -> Settings:
    provider = ProviderSettings(base_url=f"{agents.url}/{path}")
    return Settings(providers={"pydantic_ai": provider}, retry=RetrySettings(max_retries=0))


def ask(agents: Served, path: str, messages: Any = "Hi", **options: Any) -> ChatResponse:
    with Client(settings(agents, path)) as client:
        return client.chat("pydantic_ai/agent", messages, **options)


def test_an_agents_own_tools_are_calls_by_the_provider_with_their_results(agents: Served) -> None:
    answer = ask(agents, "weather")

    call, result, text = answer.message.parts
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.name, call.by_provider) == ("weather_in", True)
    assert (result.tool_call_id, result.name) == (call.id, "weather_in")
    assert json.loads(str(result.content)) == {"city": "a", "sky": "clear ☀"}
    assert answer.text == text.text == ANSWER
    assert answer.tool_calls == ()
    assert (answer.finish_reason, answer.raw_finish_reason) == ("stop", "success")
    assert answer.usage.input_tokens > 0 < answer.usage.output_tokens
    assert answer.warnings == ()


@pytest.mark.parametrize("path", PATHS)
def test_streamed_and_whole_answers_agree_in_both_colours(agents: Served, path: str) -> None:
    one = ask(agents, path)
    with Client(settings(agents, path)).stream("pydantic_ai/agent", "Hi") as events:
        told = list(events)
        two = events.result()
    three = asyncio.run(_streamed(settings(agents, path)))

    assert list(disagreements(told, two)) == []
    assert [type(part) for part in one.message.parts] == [type(part) for part in two.message.parts]
    for answer in (two, three):
        assert (answer.text, answer.reasoning) == (one.text, one.reasoning)
        assert (answer.id, answer.usage, answer.warnings) == (one.id, one.usage, one.warnings)


async def _streamed(how: Settings) -> ChatResponse:
    async with AsyncClient(how) as client:
        async with client.stream("pydantic_ai/agent", "Hi") as events:
            async for _ in events:
                pass
            return await events.result()


def test_a_call_of_a_tool_that_the_caller_passed_is_the_callers(agents: Served) -> None:
    asked = (Message.user("Hi"),)
    first = ask(agents, "weather", asked, tools=[MAP])

    (call,) = first.tool_calls
    assert (call.name, first.finish_reason) == ("show_map", "tool_call")

    results = Message.tool(ToolResult(call.id, "shown"))
    second = ask(agents, "weather", (*asked, first.message, results), tools=[MAP])

    assert second.text == ANSWER
    sent = json.loads(agents.last)
    roles = [message["role"] for message in sent["messages"]]
    assert roles == ["user", "assistant", "tool", "tool"]
    assert len(sent["messages"][1]["toolCalls"]) == 2


@pytest.mark.parametrize("colour", [Client, AsyncClient])
def test_an_agent_calls_our_functions_and_is_told_what_they_return(
    agents: Served, colour: type[Client | AsyncClient]
) -> None:
    shown: list[int] = []

    def show_map(zoom: int) -> str:
        """Shows a map."""
        shown.append(zoom)
        return "shown"

    client = colour(settings(agents, "weather"))
    if isinstance(client, Client):
        with client:
            result = client.run("pydantic_ai/agent", "Oslo?", tools=[show_map])
    else:
        result = asyncio.run(_run(client, show_map))
    (ran,) = result.tools
    assert len(shown) == 1
    assert (ran.call.name, ran.result.content) == ("show_map", "shown")
    assert (result.text, result.finish_reason) == (ANSWER, "stop")


async def _run(client: AsyncClient, tool: Any) -> Any:
    async with client:
        return await client.run("pydantic_ai/agent", "Oslo?", tools=[tool])


def test_thinking_is_reasoning_and_goes_back_sealed(agents: Served) -> None:
    asked = (Message.user("Hi"),)
    first = ask(agents, "thinker", asked)
    assert (first.reasoning, first.text) == ("Let me think.", "Forty-two.")

    ask(agents, "thinker", (*asked, first.message, Message.user("And?")))

    thought = json.loads(agents.last)["messages"][1]
    assert (thought["role"], thought["content"]) == ("reasoning", "Let me think.")
    assert json.loads(thought["encryptedValue"])["signature"] == "sealed"


def test_shared_state_is_followed_and_goes_back(agents: Served) -> None:
    asked = (Message.user("Hi"),)
    first = ask(agents, "sharer", asked)
    (state,) = (part for part in first.message.parts if isinstance(part, Opaque))
    assert json.loads(state.provider_state.data) == {"steps": ["one", "two"], "done": True}

    ask(agents, "sharer", (*asked, first.message, Message.user("Go on")))

    assert json.loads(agents.last)["state"] == {"steps": ["one", "two"], "done": True}


def test_a_conversation_keeps_its_thread_and_each_turn_is_a_run(agents: Served) -> None:
    asked = (Message.user("Hi"),)
    first = ask(agents, "thinker", asked)
    one = json.loads(agents.last)

    ask(agents, "thinker", (*asked, first.message, Message.user("And?")))
    two = json.loads(agents.last)

    assert (two["threadId"], two["messages"][0]) == (one["threadId"], one["messages"][0])
    assert two["runId"] != one["runId"] == first.id


def test_an_interrupt_is_told_and_can_be_answered(agents: Served) -> None:
    asked = (Message.user("Hi"),)
    first = ask(agents, "cautious", asked)
    assert (first.finish_reason, first.raw_finish_reason) == ("stop", "interrupt")
    assert "AgUiOptions.resume" in first.warnings[0]
    (wait,) = (p for p in first.message.parts if isinstance(p, Opaque) and p.kind == "interrupt")
    interrupt = json.loads(wait.provider_state.data)

    yes = {"interruptId": interrupt["id"], "status": "resolved", "payload": {"approved": True}}
    second = ask(agents, "cautious", (*asked, first.message), options=AgUiOptions(resume=(yes,)))

    assert second.text == "Deleted."
    assert any(isinstance(p, ToolResult) and p.content == "a is gone" for p in second.message.parts)


def test_an_error_inside_the_run_is_an_error_not_an_answer(agents: Served) -> None:
    with pytest.raises(ServerError, match="the tool broke"):
        ask(agents, "broken")
    with pytest.raises(StreamInterrupted, match="the tool broke") as cut:
        with Client(settings(agents, "broken")).stream("pydantic_ai/agent", "Hi") as events:
            list(events)

    assert isinstance(cut.value.__cause__, ServerError)
    assert cut.value.partial is not None
    assert isinstance(cut.value.partial.parts[0], ToolCall)


def test_a_body_that_the_server_refuses_says_where(agents: Served) -> None:
    wrong = AgUiOptions(resume=({"interruptId": 5},))
    with pytest.raises(BadRequestError, match="resume"):
        ask(agents, "weather", options=wrong)


@pytest.fixture(scope="module")
def bodies(agents: Served) -> dict[str, tuple[ChatRequest, Target, bytes]]:
    """What each agent sent, byte for byte."""
    found = {}
    for path in PATHS:
        target = Target("pydantic_ai", "agent", "chat", DIALECT.name, f"{agents.url}/{path}")
        request = ChatRequest("agent", (Message.user("Hi"),), tools=(MAP,))
        sent = DIALECT.encode(request, target, stream=True, unsupported="error")
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        http = urllib.request.Request(target.url, sent.body, headers)  # type: ignore[arg-type]
        with urllib.request.urlopen(http) as response:
            found[path] = (request, target, response.read())
    return found


@pytest.mark.parametrize("path", PATHS)
def test_any_split_of_the_real_bytes_gives_the_same_events(bodies: Any, path: str) -> None:
    request, target, body = bodies[path]
    fresh = partial(DIALECT.decoder, request, target, Limits())
    expected = stream(fresh(), [body])
    assert expected.response is not None
    assert list(disagreements(expected.events, expected.response)) == []

    two = ([body[:place], body[place:]] for place in range(len(body)))
    for pieces in (bytewise(body), random_pieces(body, Random(path)), *two):
        run = stream(fresh(), pieces)
        assert (run.events, run.response) == (expected.events, expected.response)


@pytest.mark.parametrize("path", PATHS)
def test_a_cut_of_the_real_bytes_is_never_a_normal_end(bodies: Any, path: str) -> None:
    request, target, body = bodies[path]
    cutter = Cutter(body, partial(DIALECT.decoder, request, target, Limits()), after_blank_line)
    end = len(body.rstrip())

    wrong = [(n, why) for n in range(len(body)) if (why := cutter.wrong(n, ended=n >= end))]

    assert wrong == []


def test_an_agent_of_a_real_model_streams_its_words() -> None:
    """pydantic-ai in front of the local llama.cpp server."""
    try:
        where = shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    app = application(local=speaker(f"{where.base_url}/v1", where.key))
    with serving(app) as url:
        agents = Served(url, app)
        with Client(settings(agents, "local")).stream("pydantic_ai/agent", "Say hello.") as events:
            told = list(events)
            answer = events.result()

    assert sum(isinstance(event, TextDelta) for event in told) > 2
    assert "".join(event.text for event in told if isinstance(event, TextDelta)) == answer.text
    assert answer.text.strip()
    assert list(disagreements(told, answer)) == []
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0


def test_an_agent_can_be_checked_by_asking_it(agents: Served) -> None:
    with Client(settings(agents, "thinker")) as client:
        found = client.provider("pydantic_ai").check("agent")

    assert (found.problem, found.status) == (None, 200)
