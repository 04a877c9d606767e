"""Four protocols against LiteLLM's proxy: words of the local models, tool calls of aimock."""

from __future__ import annotations

import json

import pytest
from tests.peers.asking import streamed, streamed_async, whole
from tests.peers.mock import ANSWER, CITY
from tests.peers.proxy import KEY

from fairlead import (
    BadRequestError,
    Client,
    Message,
    Settings,
    TextDelta,
    Tool,
    ToolResult,
)
from fairlead.auth.secret import Secret
from fairlead.settings import ProviderSettings, RetrySettings

PROVIDERS = ("anthropic", "gemini", "mine", "openai", "openai_responses")
BASES = {"anthropic": "", "gemini": "/v1beta"}
QUESTION = "Say hello to the sea."
OPTIONS = {"max_tokens": 16, "temperature": 0, "seed": 1}
WEATHER = Tool(
    "weather", "The weather", {"type": "object", "properties": {"city": {"type": "string"}}}
)
# It counts no tokens where it streams in Gemini's protocol, and says that it stopped by itself
# where it passes on what llama.cpp calls completed.
UNCOUNTED_STREAMS = {"gemini"}
LENGTH_UNTOLD = {"anthropic", "openai_responses"}

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.fixture
def settings(litellm: str) -> Settings:
    return _settings(litellm, KEY)


def _settings(url: str, key: str) -> Settings:
    providers = {
        name: ProviderSettings(base_url=url + BASES.get(name, "/v1"), key=Secret(key))
        for name in PROVIDERS
    }
    return Settings(retry=RetrySettings(max_retries=0), providers=providers)


def _options(provider: str) -> dict[str, object]:
    """Neither Anthropic nor Responses takes a seed."""
    taken = provider not in ("anthropic", "openai_responses")
    return OPTIONS if taken else {name: OPTIONS[name] for name in ("max_tokens", "temperature")}


@every_provider
def test_a_real_model_says_the_same_whole_and_in_pieces(provider: str, settings: Settings) -> None:
    model, options = f"{provider}/smollm2", _options(provider)
    # A prompt that the model has read before is computed in other steps than a new one, which may
    # tip the balance between two words; so it has read it before all three.
    whole(settings, model, QUESTION, **options)
    one = whole(settings, model, QUESTION, **options)
    events, two = streamed(settings, model, QUESTION, **options)
    three = streamed_async(settings, model, QUESTION, **options)

    assert one.text.strip()
    assert sum(isinstance(event, TextDelta) for event in events) > 2
    assert one.text == two.text == three.text
    assert one.finish_reason == two.finish_reason == three.finish_reason
    assert one.finish_reason == ("stop" if provider in LENGTH_UNTOLD else "length")
    for answer in (one, two, three):
        assert answer.usage is not None
        if answer is one or provider not in UNCOUNTED_STREAMS:
            assert answer.usage.input_tokens > 10
            assert answer.usage.output_tokens == OPTIONS["max_tokens"]


@every_provider
def test_a_tool_is_called_and_told_its_result(provider: str, settings: Settings) -> None:
    model, asked = f"{provider}/caller", (Message.user("weather?"),)
    one = whole(settings, model, asked, tools=[WEATHER])
    _, two = streamed(settings, model, asked, tools=[WEATHER])

    for first in (one, two):
        (call,) = first.tool_calls
        assert (call.name, json.loads(call.arguments)) == ("weather", CITY)
        assert (first.text.strip(), first.finish_reason) == ("Let me look.", "tool_call")

        result = Message.tool(ToolResult(call.id, "clear", name="weather"))
        last = whole(settings, model, (*asked, first.message, result), tools=[WEATHER])
        assert last.text == ANSWER


@every_provider
def test_an_unknown_model_is_told_in_the_proxys_own_words(
    provider: str, settings: Settings
) -> None:
    for ask in (whole, streamed):
        with pytest.raises(BadRequestError, match="Invalid model name passed in model=nobody"):
            ask(settings, f"{provider}/nobody", "Hi")


@every_provider
def test_a_wrong_key_is_told_and_not_repeated(provider: str, litellm: str) -> None:
    """Without a database, the proxy calls a key that it does not know a bad request."""
    with pytest.raises(BadRequestError, match="No connected db") as caught:
        whole(_settings(litellm, "sk-of-somebody-else"), f"{provider}/smollm2", "Hi")

    assert "somebody" not in str(caught.value)


def test_texts_become_vectors_as_without_the_proxy(settings: Settings) -> None:
    texts = ["The tide comes in.", "Water rises at the coast.", "A recipe for bread."]
    with Client(settings) as client:
        through = client.embed("mine/minilm", texts)
        direct = client.embed("local/minilm", texts)

    assert through.dimensions == direct.dimensions == 384
    for one, two in zip(through.embeddings, direct.embeddings, strict=True):
        assert list(one) == pytest.approx(list(two), abs=1e-4)
    assert through.usage is not None
    assert through.usage.input_tokens == direct.usage.input_tokens


def test_the_proxy_lists_its_models(settings: Settings) -> None:
    with Client(settings) as client:
        for name in ("mine", "anthropic"):
            found = {model.id for model in client.provider(name).models()}
            assert found == {"smollm2", "minilm", "caller"}
