"""Endpoints that only the settings know: what a server of each dialect is taken to offer."""

from __future__ import annotations

import pytest

from fairlead.auth.secret import Secret
from fairlead.dialects.registry import CHAT_DIALECTS
from fairlead.errors import ConfigError
from fairlead.providers.custom import custom_table
from fairlead.providers.registry import Registry, Resolved
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.http import HttpRequest

URL = "https://llm.example/base"


def registry(dialect: str) -> Registry:
    own = ProviderSettings(base_url=URL, key=Secret("k"), dialect=dialect)  # type: ignore[arg-type]
    return Registry(Settings(providers={"mine": own}), environ={})


def resolved(dialect: str, operation: str = "chat") -> Resolved:
    return registry(dialect).resolve("mine/m", operation=operation)


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
def test_a_server_may_speak_any_dialect(dialect: str) -> None:
    target = resolved(dialect).target
    assert target.dialect == dialect
    assert target.url.startswith(URL)
    assert "{" not in target.url


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
def test_every_operation_has_an_address(dialect: str) -> None:
    provider = registry(dialect).get("mine")
    for operation in provider.table.operations:
        assert resolved(dialect, operation).target.url.startswith(URL)


@pytest.mark.parametrize(
    ("dialect", "operation", "path"),
    [
        ("openai_chat", "embeddings", "/embeddings"),
        ("openai_chat", "infill", "/completions"),
        ("anthropic_messages", "count_tokens", "/v1/messages/count_tokens"),
        ("gemini", "embeddings", "/models/m:batchEmbedContents"),
        ("cohere", "rerank", "/v2/rerank"),
        ("ollama", "chat", "/api/chat"),
        ("ag_ui", "chat", ""),
    ],
)
def test_paths_are_those_of_the_dialect(dialect: str, operation: str, path: str) -> None:
    assert resolved(dialect, operation).target.url == URL + path


@pytest.mark.parametrize(
    ("dialect", "header"),
    [
        ("openai_chat", ("authorization", "Bearer k")),
        ("anthropic_messages", ("x-api-key", "k")),
        ("gemini", ("x-goog-api-key", "k")),
        ("bedrock_converse", ("authorization", "Bearer k")),
    ],
)
def test_the_key_is_in_the_header_of_the_dialect(dialect: str, header: tuple[str, str]) -> None:
    found = resolved(dialect)
    assert found.credential is not None
    request = found.credential.authorize(HttpRequest("POST", found.target.url), 0.0)
    assert request.headers == (header,)


def test_an_agent_needs_no_model_name() -> None:
    assert registry("ag_ui").resolve("mine").target.model == "agent"


def test_an_endpoint_without_an_address_is_an_error() -> None:
    with pytest.raises(ConfigError, match="needs a base_url"):
        custom_table("mine", ProviderSettings())
