"""Every operation of the fact sheet can be asked for, at the address that the sheet gives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.providers.test_sheet import sheet

from fairlead.dialects.registry import completion_dialect_named, dialect_named, operation_named
from fairlead.framing.multipart import BytesBody
from fairlead.providers.index import NAMES
from fairlead.providers.registry import Registry
from fairlead.providers.schema import table_of
from fairlead.settings import Settings
from fairlead.types.messages import Message
from fairlead.types.operations import (
    CompletionRequest,
    EmbeddingRequest,
    ImageRequest,
    RerankRequest,
    SpeechRequest,
    TranscriptionRequest,
)
from fairlead.types.requests import ChatRequest

MODEL = "a-model"
# A value for every variable of the tables, and for the words of the sheet.
ENVIRON = {
    "AZURE_RESOURCE_NAME": "lab",
    "AWS_REGION": "eu-west-1",
    "GOOGLE_CLOUD_PROJECT": "lab",
    "GOOGLE_CLOUD_LOCATION": "us-east5",
    "CLOUDFLARE_ACCOUNT_ID": "lab",
    "HOME": "/nonexistent",
}
WORDS = {
    "resource": "lab",
    "region": "eu-west-1",
    "project": "lab",
    "location": "us-east5",
    "account_id": "lab",
    "model": MODEL,
    "modelId": MODEL,
    "engine": MODEL,
}
OPERATIONS = {
    "chat": "chat",
    "ag_ui": "chat",
    "completions": "completion",
    "fim": "infill",
    "embeddings": "embeddings",
    "embeddings_predict": "embeddings",
    "rerank": "rerank",
    "images": "image",
    "transcription": "transcription",
    "speech": "speech",
    "token_count": "count_tokens",
}
"""What the sheet calls an endpoint, and what it is here."""
NOT_SPOKEN = {
    ("ollama", "embeddings_old"): "an older form of embeddings",
    ("minimax", "embeddings"): "sources disagree on its body and its GroupId, documents are gone",
}
ADDED = {
    ("gemini", "speech"): "documented",
    ("vertexai", "image"): "recorded in the corpus",
    ("vertexai", "speech"): "documented",
    ("cohere", "transcription"): "recorded in the corpus",
    ("llamacpp", "transcription"): "recorded in the corpus",
    ("openrouter", "image"): "recorded in the corpus",
    ("openrouter", "speech"): "recorded in the corpus",
}
"""What the tables offer and the sheet does not list."""
NAMED = {
    ("cloudflare", "rerank"): "@cf/baai/bge-reranker-base",
    ("cloudflare", "transcription"): "@cf/openai/whisper",
}
"""The models that the sheet's own addresses name."""
WITHOUT_CHECK = {
    "zhipuai": "a chat of one token is the only test in the sheet",
    "pydantic_ai": "an agent has no address but that of its runs",
}


def offered() -> list[tuple[str, str, str]]:
    """Providers, what the sheet calls their endpoints, and the endpoints."""
    return [
        (name, kind, endpoint)
        for name, facts in sheet().items()
        if facts["status"] != "retired"
        for kind, endpoint in facts["endpoints"].items()
        if kind in OPERATIONS and (name, kind) not in NOT_SPOKEN
    ]


def url_in_the_sheet(name: str, facts: dict[str, Any], endpoint: str) -> str:
    """The whole URL of `POST /path (remarks)`."""
    path = endpoint.removeprefix("POST ").split()[0].replace("...", "")
    path = path.replace("{endpoints.proxy}", "https://copilot-proxy.githubusercontent.com")
    base = facts["base_url"]
    host = re.sub(r"(https?://[^/]+).*", r"\1", base)
    if path.startswith("/ai/run"):
        base = base.removesuffix("/ai/v1")
    if path.startswith("/api/v1/services"):
        base = host
    url = path if path.startswith(("http", "{host}")) else base + path
    words = {**WORDS, "host": host}
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]], url)


def test_every_operation_of_the_sheet_is_at_its_address() -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    checked = 0
    for name, kind, endpoint in offered():
        model = NAMED.get((name, kind), MODEL)
        target = registry.resolve(f"{name}/{model}", operation=OPERATIONS[kind]).target
        if kind == "ag_ui":  # wherever the agent's author has put it
            continue
        expected = url_in_the_sheet(name, sheet()[name], endpoint)
        assert target.url == expected, (name, kind)
        checked += 1
    assert checked > 90


def test_streams_of_chat_are_at_the_address_of_the_sheet() -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    for name, facts in sheet().items():
        endpoint = facts["endpoints"].get("chat_stream")
        if facts["status"] == "retired" or endpoint is None:
            continue
        target = registry.resolve(f"{name}/{MODEL}").target
        expected = url_in_the_sheet(name, facts, endpoint)
        assert (target.stream_url or target.url) == expected, name


def test_what_is_not_spoken_is_not_offered_and_has_a_reason() -> None:
    for name, kind in NOT_SPOKEN:
        assert kind in sheet()[name]["endpoints"], (name, kind)
        operation = OPERATIONS.get(kind)
        if operation is not None:
            assert operation not in table_of(name).operations, (name, kind)


def test_nothing_is_offered_that_the_sheet_does_not_list_but_for_what_was_seen() -> None:
    for name, facts in sheet().items():
        listed = {OPERATIONS.get(kind) for kind in facts["endpoints"]}
        if "infill" in listed:
            listed.add("completion")
        extra = {op for op in table_of(name).operations if op not in listed}
        assert extra == {operation for who, operation in ADDED if who == name}, name


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_active_provider_has_a_check_or_a_reason_for_none(name: str) -> None:
    if table_of(name).status == "retired":
        return
    check = Registry(Settings(), environ=ENVIRON).get(name).check
    assert (check is None) == (name in WITHOUT_CHECK)


def test_checks_are_those_of_the_sheet_where_it_names_one() -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    compared = 0
    for name, facts in sheet().items():
        found = re.match(r"(GET|POST) ((?:https?://\S+)?/\S*|https\S+)", facts["connection_test"])
        check = registry.get(name).check
        if facts["status"] == "retired" or found is None or check is None:
            continue
        if name in {"huggingface", "vertexai"}:  # see the tables
            continue
        url = url_in_the_sheet(name, facts, f"POST {found[2]}")
        assert (check.method, check.url) == (found[1], url), name
        compared += 1
    assert compared > 25


ASKED: dict[str, object] = {
    "chat": ChatRequest(MODEL, (Message.user("Hi"),)),
    "completion": CompletionRequest(model=MODEL, prompt="a"),
    "infill": CompletionRequest(model=MODEL, prompt="a", suffix="b"),
    "count_tokens": ChatRequest(MODEL, (Message.user("Hi"),)),
    "embeddings": EmbeddingRequest(model=MODEL, inputs=("a",)),
    "image": ImageRequest(model=MODEL, prompt="a"),
    "rerank": RerankRequest(model=MODEL, query="q", documents=("a", "b"), top_n=1),
    "speech": SpeechRequest(model=MODEL, text="a", voice="v"),
    "transcription": TranscriptionRequest(
        model=MODEL, audio=BytesBody(b"RIFF"), name="a.wav", media_type="audio/wav"
    ),
}
"""The plainest request of each operation."""


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_plainest_request_can_be_written_for_every_operation(name: str) -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    table = table_of(name)
    for operation in table.operations:
        target = registry.resolve(f"{name}/{MODEL}", operation=operation).target
        if operation in ("chat", "completion", "infill"):
            continue
        words = operation_named(operation, target.dialect)
        assert words.encode(ASKED[operation], target, unsupported="error").body
    for operation in ("completion", "infill"):
        if operation in table.operations:
            target = registry.resolve(f"{name}/{MODEL}", operation=operation).target
            spoken = completion_dialect_named(target.dialect)
            request = ASKED[operation]
            assert isinstance(request, CompletionRequest)
            assert spoken.encode(request, target, stream=False, unsupported="error").body


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_plainest_chat_can_be_written_in_every_dialect(name: str) -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    request = ASKED["chat"]
    assert isinstance(request, ChatRequest)
    if table_of(name).status == "retired":
        return
    for dialect in registry.get(name).dialects:
        target = registry.resolve(f"{name}/{MODEL}", dialect=dialect).target
        for stream in (False, True):
            encoded = dialect_named(dialect).encode(
                request, target, stream=stream, unsupported="error"
            )
            assert encoded.body


def test_every_option_called_unsupported_is_one_of_its_operations() -> None:
    checked = 0
    for name in NAMES:
        table = table_of(name)
        for routes in (table.operations, *(variant.operations for variant in table.variants)):
            for operation, route in routes.items():
                if isinstance(route, str) or operation in ("chat", "count_tokens"):
                    continue
                fields = set(type(ASKED[operation]).__struct_fields__)  # type: ignore[attr-defined]
                assert set(route.quirks.unsupported) <= fields, (name, operation)
                checked += 1
    assert checked > 30


@pytest.mark.parametrize(
    ("model", "operation", "dialect"),
    [
        ("cloudflare/@cf/stabilityai/stable-diffusion-xl-base-1.0", "image", "cloudflare"),
        ("cloudflare/@cf/black-forest-labs/flux-1-schnell", "image", "cloudflare"),
        ("cloudflare/@cf/black-forest-labs/flux-2-dev", "image", "cloudflare_form"),
        ("cloudflare/@cf/openai/whisper-tiny-en", "transcription", "cloudflare"),
        ("cloudflare/@cf/openai/whisper-large-v3-turbo", "transcription", "cloudflare_base64"),
    ],
)
def test_a_model_is_asked_in_the_words_that_it_takes(
    model: str, operation: str, dialect: str
) -> None:
    target = Registry(Settings(), environ=ENVIRON).resolve(model, operation=operation).target
    name = model.removeprefix("cloudflare/")
    assert target.dialect == dialect
    assert target.url == f"https://api.cloudflare.com/client/v4/accounts/lab/ai/run/{name}"
    assert ("size" in target.quirks.unsupported) == ("flux-1-" in model)
    words = operation_named(operation, dialect)
    assert words.encode(ASKED[operation], target, unsupported="error").body


@pytest.mark.parametrize("operation", ["image", "speech"])
def test_a_model_of_google_may_be_named_by_its_path(operation: str) -> None:
    registry = Registry(Settings(), environ=ENVIRON)
    urls = {
        registry.resolve(f"gemini/{name}", operation=operation).target.url
        for name in ("gemini-x", "models/gemini-x")
    }
    assert len(urls) == 1


def test_a_router_is_told_what_texts_are_embedded_for() -> None:
    target = Registry(Settings(), environ=ENVIRON).resolve("openrouter/m", operation="embeddings")
    request = EmbeddingRequest(model="m", inputs=("a",), input_type="query")
    words = operation_named("embeddings", target.target.dialect)
    sent = words.encode(request, target.target, unsupported="error").body
    assert isinstance(sent, bytes)
    assert b'"input_type":"search_query"' in sent
