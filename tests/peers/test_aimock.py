"""Every protocol against aimock, which writes them all: another reading of each one's documents.

Where it is known to differ from the provider itself, the test says so.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.peers.asking import streamed, streamed_async, whole
from tests.peers.mock import ANSWER, CITY, LONG, TEXT, THOUGHT, USAGE, VECTOR, Mock

from fairlead import (
    AuthenticationError,
    BadRequestError,
    Client,
    Message,
    OverloadedError,
    RateLimitError,
    Settings,
    StreamInterrupted,
    TextDelta,
    Tool,
    ToolResult,
)
from fairlead.auth.secret import Secret
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.types.responses import ChatResponse

MODELS = {
    "anthropic": "claude-sonnet-4-5",
    "azure": "a-deployment",
    "bedrock": "anthropic.claude-sonnet-4-20250514-v1:0",
    "cohere": "command-a-03-2025",
    "gemini": "gemini-2.5-flash",
    "ollama": "llama3.2",
    "openai": "gpt-4o",
    "openai_responses": "gpt-5",
    "vertexai": "gemini-2.5-flash",
}
PATHS = {
    "anthropic": "/v1/messages",
    "azure": "/openai/deployments/a-deployment/chat/completions?api-version=2024-10-21",
    "bedrock": "/model/anthropic.claude-sonnet-4-20250514-v1%3A0/converse",
    "cohere": "/v2/chat",
    "gemini": "/v1beta/models/gemini-2.5-flash:generateContent",
    "ollama": "/api/chat",
    "openai": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "vertexai": "/v1/projects/ours/locations/us-central1/publishers/google/models/"
    "gemini-2.5-flash:generateContent",
}
# aimock counts no tokens for Ollama.
UNCOUNTED = {"ollama"}
# Its OpenAI and Ollama answers have no thoughts; for Cohere it makes them text.
THINKING = ("anthropic", "bedrock", "gemini", "openai_responses", "vertexai")
EMBEDDING = {
    "openai": "text-embedding-3-small",
    "azure": "a-deployment",
    "cohere": "embed-v4.0",
}
ERRORS = {
    "too often": RateLimitError,
    "too busy": OverloadedError,
    "wrong key": AuthenticationError,
    "wrong words": BadRequestError,
}
WEATHER = Tool(
    "weather", "The weather", {"type": "object", "properties": {"city": {"type": "string"}}}
)

every_provider = pytest.mark.parametrize("provider", MODELS)


@pytest.fixture
def settings(aimock: Mock, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """All providers at aimock. Bedrock is given its address as its keys are: by the environment,
    since keys for signing are never used at an address of the settings."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", aimock.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    return _settings(aimock.url, max_retries=0)


def _settings(url: str, *, max_retries: int) -> Settings:
    def at(path: str = "", **more: Any) -> ProviderSettings:
        return ProviderSettings(base_url=url + path, key=Secret("a-key"), **more)

    return Settings(
        retry=RetrySettings(max_retries=max_retries),
        providers={
            "anthropic": at(),
            "azure": at("/openai/v1", variables={"api_version": "2024-10-21"}),
            "cohere": at(),
            "gemini": at("/v1beta"),
            "ollama": at(),
            "openai": at("/v1"),
            "openai_responses": at("/v1"),
            "vertexai": at("/v1/projects/ours/locations/us-central1"),
        },
    )


def model_of(provider: str) -> str:
    return f"{provider}/{MODELS[provider]}"


@every_provider
def test_text_comes_whole_and_in_pieces(provider: str, settings: Settings) -> None:
    question = "why is the sky blue"
    one = whole(settings, model_of(provider), question)
    events, two = streamed(settings, model_of(provider), question)
    three = streamed_async(settings, model_of(provider), question)

    assert sum(isinstance(event, TextDelta) for event in events) > 5
    for answer in (one, two, three):
        assert (answer.text, answer.finish_reason) == (TEXT, "stop")
        assert answer.usage is not None
        counted = (answer.usage.input_tokens, answer.usage.output_tokens)
        assert counted == ((0, 0) if provider in UNCOUNTED else USAGE)
        assert answer.receipt.attempts[0].status == 200


@every_provider
def test_a_request_goes_where_the_provider_expects_it(
    provider: str, settings: Settings, aimock: Mock
) -> None:
    whole(settings, model_of(provider), "why is the sky blue")

    seen = aimock.last()
    assert (seen["method"], seen["path"]) == ("POST", PATHS[provider])
    assert seen["body"]["messages"][-1] == {"role": "user", "content": "why is the sky blue"}


@every_provider
def test_a_tool_is_called_and_told_its_result(
    provider: str, settings: Settings, aimock: Mock
) -> None:
    asked = (Message.user("weather?"),)
    one = whole(settings, model_of(provider), asked, tools=[WEATHER])
    _, two = streamed(settings, model_of(provider), asked, tools=[WEATHER])

    for first in (one, two):
        (call,) = first.tool_calls
        assert (call.name, json.loads(call.arguments)) == ("weather", CITY)
        assert (first.text, first.finish_reason) == ("Let me look. ", "tool_call")

        result = Message.tool(ToolResult(call.id, "clear", name="weather"))
        last = whole(settings, model_of(provider), (*asked, first.message, result), tools=[WEATHER])

        assert last.text == ANSWER
        told = aimock.last()["body"]["messages"]
        assert [told[0]["role"], told[-1]["role"]] == ["user", "tool"]
        assert told[-2]["tool_calls"][0]["function"]["name"] == "weather"
        assert "clear" in told[-1]["content"]


@every_provider
def test_a_call_without_text_comes_whole_and_in_pieces(provider: str, settings: Settings) -> None:
    for answer in (
        whole(settings, model_of(provider), "only the tool", tools=[WEATHER]),
        streamed(settings, model_of(provider), "only the tool", tools=[WEATHER])[1],
    ):
        (call,) = answer.tool_calls
        assert (call.name, json.loads(call.arguments)) == ("weather", CITY)
        assert (answer.text, answer.finish_reason) == ("", "tool_call")


@pytest.mark.parametrize("provider", THINKING)
def test_thoughts_are_reasoning_and_not_text(provider: str, settings: Settings) -> None:
    for answer in (
        whole(settings, model_of(provider), "think"),
        streamed(settings, model_of(provider), "think")[1],
    ):
        assert (answer.reasoning, answer.text) == (THOUGHT, "Forty-two.")


@every_provider
@pytest.mark.parametrize("trouble", ERRORS)
def test_an_error_has_its_kind_its_words_and_its_request(
    provider: str, trouble: str, settings: Settings
) -> None:
    for ask in (whole, streamed):
        with pytest.raises(ERRORS[trouble]) as caught:
            ask(settings, model_of(provider), trouble)

        error = caught.value
        assert error.target == model_of(provider)
        assert str(error.request_id) in str(error)
        assert getattr(error, "retry_after", None) == (7 if trouble == "too often" else None)
        assert error.receipt is not None
        assert [attempt.status for attempt in error.receipt.attempts] == [error.status]


@every_provider
def test_a_stream_that_is_cut_is_never_a_normal_end(provider: str, settings: Settings) -> None:
    with pytest.raises(StreamInterrupted) as caught:
        streamed(settings, model_of(provider), "cut")

    assert caught.value.partial is not None
    (part,) = caught.value.partial.parts
    assert 0 < len(part.text) < len(LONG)
    assert LONG.startswith(part.text)


@every_provider
def test_a_failure_is_tried_again(provider: str, settings: Settings, aimock: Mock) -> None:
    aimock.fail_once(503)
    answer = whole(_settings(aimock.url, max_retries=1), model_of(provider), "think")

    assert [attempt.status for attempt in answer.receipt.attempts] == [503, 200]


def test_requests_to_bedrock_are_signed(settings: Settings, aimock: Mock) -> None:
    """aimock hides the signature and does not check it; tests/auth holds it against botocore."""
    whole(settings, model_of("bedrock"), "think")

    headers = aimock.last()["headers"]
    assert headers["authorization"] == "[REDACTED]"
    assert headers["x-amz-date"].endswith("Z")
    assert "x-amz-security-token" not in headers


def test_claude_on_bedrock_answers_in_its_own_protocol(settings: Settings, aimock: Mock) -> None:
    """Whole only: aimock streams the events bare, where Bedrock packs each as `bytes` in base64."""
    asked = {"dialect": "anthropic_messages"}
    answer: ChatResponse = whole(settings, model_of("bedrock"), "why is the sky blue", **asked)

    assert (answer.text, answer.raw_finish_reason) == (TEXT, "end_turn")
    assert aimock.last()["path"].endswith("/invoke")
    with pytest.raises(StreamInterrupted, match="no message_stop came"):
        streamed(settings, model_of("bedrock"), "why is the sky blue", **asked)


@pytest.mark.parametrize("provider", EMBEDDING)
def test_texts_become_vectors(provider: str, settings: Settings) -> None:
    """Not Ollama: aimock answers its `/api/embed` in the shape of the older `/api/embeddings`."""
    with Client(settings) as client:
        answer = client.embed(f"{provider}/{EMBEDDING[provider]}", ["embed one", "embed two"])

    assert [list(vector) for vector in answer.embeddings] == [VECTOR, VECTOR]


def test_a_connection_can_be_tested_and_models_listed(settings: Settings) -> None:
    with Client(settings) as client:
        for name in ("openai", "anthropic", "cohere"):
            assert client.provider(name).check().problem is None
            assert "gpt-4o" in [model.id for model in client.provider(name).models()]
