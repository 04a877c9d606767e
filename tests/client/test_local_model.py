"""The real llama.cpp server, in three dialects and two colours, streamed and not."""

from __future__ import annotations

import json

import pytest

import fairlead
from fairlead import ContextLengthError, Finish, Settings, TextDelta, Tool, UnsupportedFeature
from fairlead.auth.secret import Secret
from fairlead.errors import LocalModelError
from fairlead.local.server import shared_server
from fairlead.settings import ProviderSettings
from fairlead.testing.proxy import FaultProxy
from fairlead.testing.toxics import LimitData
from fairlead.types.events import StreamContinued

DIALECTS = ("openai_chat", "openai_responses", "anthropic_messages")
MODEL = "local/smollm2"
QUESTION = "In one sentence: why is the sky blue?"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "population"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_streamed_and_whole_answers_agree(opened, dialect) -> None:
    client = opened(Settings())
    asked = {"dialect": dialect, "max_tokens": 24, "temperature": 0}

    one = client.chat(MODEL, QUESTION, **asked)
    events, two = client.stream(MODEL, QUESTION, **asked)

    assert one.text == two.text != ""
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == two.text
    assert sum(isinstance(event, TextDelta) for event in events) > 5
    assert isinstance(events[-1], Finish)
    assert one.finish_reason == two.finish_reason
    assert one.usage.input_tokens == two.usage.input_tokens > 0
    assert one.usage.output_tokens == two.usage.output_tokens > 0
    assert one.receipt.key_name == two.receipt.key_name == "local server"


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
def test_an_answer_that_is_cut_by_the_limit_says_so(opened, dialect) -> None:
    answer = opened(Settings()).chat(MODEL, QUESTION, dialect=dialect, max_tokens=3)

    assert answer.finish_reason == "length"
    assert answer.usage.output_tokens == 3


@pytest.mark.parametrize("streams", [False, True])
def test_an_answer_follows_its_schema(opened, streams) -> None:
    client = opened(Settings())
    asked = {"output": SCHEMA, "temperature": 0, "max_tokens": 60}
    prompt = "Give the city Paris and its population as JSON."

    answer = (
        client.stream(MODEL, prompt, **asked)[1] if streams else client.chat(MODEL, prompt, **asked)
    )

    value = json.loads(answer.text)
    assert set(value) == {"city", "population"}
    assert isinstance(value["population"], int)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_server_would_leave_out_without_a_word_is_refused(opened, dialect) -> None:
    client = opened(Settings())
    with pytest.raises(UnsupportedFeature, match="tools"):
        client.chat(MODEL, "Hi", tools=[Tool("now")], dialect=dialect, emulate_tools=False)
    if dialect != "openai_chat":
        with pytest.raises(UnsupportedFeature, match="output"):
            client.chat(MODEL, "Hi", output=SCHEMA, dialect=dialect)


def test_a_conversation_is_sent_whole(opened) -> None:
    client = opened(Settings())
    turns = [{"role": "user", "content": "My name is Ada. Say hello to me."}]
    answer = client.chat(MODEL, turns, max_tokens=20, temperature=0)

    longer = client.chat(
        MODEL,
        [*turns, answer.message, {"role": "user", "content": "What is my name?"}],
        max_tokens=20,
        temperature=0,
    )

    assert longer.usage.input_tokens > answer.usage.input_tokens


def test_log_probabilities_are_read(opened) -> None:
    client = opened(Settings())
    asked = {"max_tokens": 4, "temperature": 0, "logprobs": True, "top_logprobs": 2}

    one = client.chat(MODEL, QUESTION, **asked)
    _, two = client.stream(MODEL, QUESTION, **asked)

    assert [t.token for t in one.logprobs] == [t.token for t in two.logprobs]
    assert all(t.logprob <= 0 and len(t.top) == 2 for t in one.logprobs)


def test_a_prompt_over_the_context_window_is_typed(opened) -> None:
    with pytest.raises(ContextLengthError, match="context"):
        opened(Settings()).chat(MODEL, "word " * 40_000, max_tokens=5)


def test_the_server_is_shared_and_checked(opened) -> None:
    client = opened(Settings())
    before = shared_server().running()

    result = client.check("local")
    client.chat(MODEL, "Hi", max_tokens=2)

    assert result.ok
    assert [model.id for model in client.models("local")] == ["smollm2"]
    assert shared_server().running() == before


@pytest.mark.parametrize("streams", [False, True])
def test_it_calls_tools_that_are_put_into_its_prompt(opened, streams) -> None:
    client = opened(Settings())
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = Tool("get_weather", "The weather in a city.", {**parameters, "required": ["city"]})
    asked = {"tools": [tool], "tool_choice": "required", "temperature": 0, "max_tokens": 60}
    prompt = "What is the weather in Oslo?"

    answer = (
        client.stream(MODEL, prompt, **asked)[1] if streams else client.chat(MODEL, prompt, **asked)
    )

    (call,) = answer.tool_calls
    assert (call.id, call.name, call.parse()) == ("call_1", "get_weather", {"city": "Oslo"})
    assert answer.finish_reason == "tool_call"
    assert "emulated" in answer.receipt.dropped[0]


@pytest.mark.parametrize("cut", [1500, 2500, 4000])
def test_a_stream_that_is_cut_goes_on_with_the_same_words(opened, cut) -> None:
    where = shared_server().start()
    asked = {"max_tokens": 40, "temperature": 0, "seed": 1}
    with FaultProxy(where.base_url, LimitData(cut)) as proxy:
        cutting = ProviderSettings(
            base_url=f"{proxy.url}/v1", key=Secret(where.key), dialect="openai_chat"
        )
        client = opened(Settings(providers={"cutting": cutting}))
        whole = client.chat(MODEL, QUESTION, **asked)
        route = fairlead.route("cutting/smollm2", MODEL, on_break="continue")
        events, answer = client.stream(route, QUESTION, **asked)

    assert sum(isinstance(event, StreamContinued) for event in events) == 1
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
    assert answer.text[:60] == whole.text[:60]
    assert [attempt.target for attempt in answer.receipt.attempts] == ["cutting/smollm2", MODEL]
