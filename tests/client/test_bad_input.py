"""Input that no provider takes, through whole clients: refused in a sentence, and nothing sent."""

from __future__ import annotations

import json

import pytest

from fairlead import AsyncClient, Client, Settings
from fairlead.auth.secret import Secret
from fairlead.errors import (
    ConfigError,
    ContextLengthError,
    FairleadError,
    InvalidRequest,
    ProviderRetired,
    UnsupportedFeature,
)
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import ScriptedServer, respond
from fairlead.types.messages import Audio, Image, Message

JSON = [("Content-Type", "application/json")]
ONCE = RetrySettings(max_retries=0)
TIFF = b"II*\0\x08\0\0\0" + bytes(20)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + bytes(20)


def settings_of(provider: str, server: ScriptedServer) -> Settings:
    own = ProviderSettings(base_url=server.url, key=Secret("sk-canary"))
    return Settings(retry=ONCE, providers={provider: own})


@pytest.mark.parametrize(
    ("model", "dialect", "helps"),
    [
        ("openai/gpt-5", "openai_chat", "PNG, JPEG, WebP or GIF"),
        ("openai/gpt-5", "openai_responses", "PNG, JPEG, WebP or GIF"),
        ("azure/my-gpt", "openai_chat", "PNG, JPEG, WebP or GIF"),
        ("xai/grok-4", "openai_chat", "JPEG or PNG"),
        ("mistral/pixtral-large-latest", "openai_chat", "PNG, JPEG, WebP or GIF"),
        ("anthropic/claude-sonnet-4-5", None, "JPEG, PNG, GIF or WebP"),
        ("gemini/gemini-2.5-flash", "gemini", "PNG, JPEG, WebP, HEIC or HEIF"),
        ("cohere/command-a-vision-07-2025", None, "PNG, JPEG, WebP or GIF"),
    ],
)
@pytest.mark.parametrize(
    ("data", "kind"), [(TIFF, "image/tiff"), (SVG, "image/svg+xml")], ids=["tiff", "svg"]
)
def test_an_image_of_a_type_that_is_not_read(opened, model, dialect, helps, data, kind) -> None:
    question = [Message.user("What is this?", Image(data=data, media_type=kind))]
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        client = opened(settings_of(model.partition("/")[0], server))
        for ask in (client.chat, client.stream):
            with pytest.raises(UnsupportedFeature) as caught:
                ask(model, question, dialect=dialect)

    assert server.requests == []
    assert str(caught.value) == (
        f"{model} does not support images of type {kind}; convert it to {helps}"
    )


def test_bedrock_reads_four_types_of_images(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "canary")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    question = [Message.user(Image(data=TIFF, media_type="image/tiff"))]
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        with pytest.raises(UnsupportedFeature, match="images of type image/tiff"):
            opened(Settings(retry=ONCE)).chat("bedrock/amazon.nova-lite-v1:0", question)

    assert server.requests == []


@pytest.mark.parametrize(
    "audio",
    [b"", SVG, TIFF, WEBP, b"%PDF-1.7", Audio(WEBP, "audio/wav"), Audio(b"", "audio/wav")],
    ids=["nothing", "text", "a scan", "a picture in RIFF", "a document", "called one", "empty"],
)
def test_sound_that_is_none(opened, audio) -> None:
    with ScriptedServer(respond(200, JSON, b'{"text":""}')) as server:
        client = opened(settings_of("openai", server))
        with pytest.raises(InvalidRequest):
            client.do("transcribe", "openai/whisper-1", audio)

    assert server.requests == []


@pytest.mark.parametrize(
    ("model", "dialect"), [("openai/gpt-audio", "openai_chat"), ("gemini/gemini-2.5-flash", None)]
)
def test_a_question_with_sound_that_is_none(opened, model, dialect) -> None:
    question = [Message.user("What is said?", Audio(TIFF, "audio/wav"))]
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        client = opened(settings_of(model.partition("/")[0], server))
        with pytest.raises(
            InvalidRequest, match="an Audio part of type audio/wav holds image/tiff"
        ):
            client.chat(model, question, dialect=dialect)

    assert server.requests == []


TOO_LONG = {
    "openai": "Invalid 'input': maximum context length is 8192 tokens.",
    "mistral": "Too many tokens in batch. Max is 16384 got 17555",
    "nvidia": "Input length 603 exceeds maximum allowed token size 512",
}


@pytest.mark.parametrize("provider", TOO_LONG)
def test_a_text_too_long_to_embed(opened, provider: str) -> None:
    body = json.dumps({"error": {"message": TOO_LONG[provider], "type": "x"}}).encode()
    with ScriptedServer(respond(400, JSON, body)) as server:
        client = opened(settings_of(provider, server))
        with pytest.raises(ContextLengthError) as caught:
            client.do("embed", f"{provider}/e-1", "word " * 20_000)

    assert str(caught.value).endswith("send less, or ask a model that takes more")
    assert len(server.requests) == 1
    assert "sk-canary" not in str(caught.value)


def test_a_provider_that_was_retired(opened) -> None:
    client = opened(Settings(retry=ONCE))
    for ask in (client.chat, client.stream):
        with pytest.raises(ProviderRetired, match=r"shut down on .*; .*vllm/<model>"):
            ask("ai21/jamba-large", "Hi")
    with pytest.raises(ProviderRetired, match="together/<model>"):
        client.do("embed", "lambda/e", "Hi")


@pytest.mark.parametrize(
    ("provider", "variable", "value", "sentence"),
    [
        ("bedrock", "AWS_REGION", "us-esat-1", "has no region 'us-esat-1'; did you mean us-"),
        ("bedrock", "AWS_REGION", "mars-1", "has no region 'mars-1'; set another"),
        ("bedrock", "AWS_REGION", "eu-west-1/x", "holds only letters, digits"),
        ("vertexai", "GOOGLE_CLOUD_LOCATION", "europe-wset1", "did you mean europe-west1"),
    ],
)
def test_a_region_that_does_not_exist(
    opened, monkeypatch: pytest.MonkeyPatch, provider, variable, value, sentence
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "canary")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        opened(Settings(retry=ONCE)).chat(f"{provider}/m-1", "Hi")

    assert str(caught.value).startswith(f"{variable}: ")
    assert sentence in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "model", "arguments", "others"),
    [
        ("embed", "anthropic/claude-x", ("Hi",), ("openai", "cohere", "local")),
        ("rerank", "groq/x", ("q", ["a"]), ("cohere", "jina", "voyageai")),
        ("transcribe", "anthropic/x", (b"fLaC" + bytes(20),), ("openai", "groq")),
    ],
)
def test_an_operation_that_the_provider_lacks(opened, operation, model, arguments, others) -> None:
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        client = opened(settings_of(model.partition("/")[0], server))
        with pytest.raises(FairleadError) as caught:
            client.do(operation, model, *arguments)

    assert isinstance(caught.value, UnsupportedFeature)
    said = str(caught.value).partition("is offered by ")[2]
    assert set(others) <= set(said.split(", "))
    assert server.requests == []


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
def test_the_local_model_reads_no_pictures(dialect) -> None:
    question = [Message.user("What is this?", Image(data=WEBP, media_type="image/webp"))]

    found = Client(Settings()).explain("local/smollm2", question, dialect=dialect)

    assert str(found.error) == "local/smollm2 does not support image; leave it out"


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_client_is_told_what_its_arguments_must_be(client) -> None:
    with pytest.raises(ConfigError, match=r"a fairlead.Settings, not a dict; Settings\.load"):
        client({"model": "local/smollm2"})
    with pytest.raises(ConfigError, match="keys must name the provider of each"):
        client(Settings(), keys="sk-canary")
    with pytest.raises(ConfigError, match="not a dict"):
        client(Settings()).reload({"model": "local/smollm2"})
