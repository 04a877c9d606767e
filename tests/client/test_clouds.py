"""Chats with providers of clouds, whose addresses are moved to this machine by the environment."""

from __future__ import annotations

import json

import pytest

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import ScriptedServer, respond

JSON = [("Content-Type", "application/json")]
ONCE = RetrySettings(max_retries=0)
CONVERSE = json.dumps(
    {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
    }
).encode()
MESSAGE = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
).encode()
COMPLETION = json.dumps(
    {
        "id": "c",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }
).encode()


def test_bedrock_is_asked_with_a_signature(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with ScriptedServer(respond(200, JSON, CONVERSE)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        answer = opened(Settings(retry=ONCE)).chat("bedrock/eu.amazon.nova-lite-v1:0", "Hi")

    (request,) = server.requests
    assert answer.text == "Hello"
    assert answer.receipt.key_name == "AWS_ACCESS_KEY_ID"
    assert request.path == "/model/eu.amazon.nova-lite-v1%3A0/converse"
    signature = dict(request.headers)["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/bedrock/aws4_request" in signature
    assert "canary" not in str(request.headers)


def test_claude_on_vertex_is_asked_at_its_own_address(opened) -> None:
    with ScriptedServer(respond(200, JSON, MESSAGE)) as server:
        own = ProviderSettings(base_url=f"{server.url}/v1/projects/p/locations/l", key=Secret("t"))
        settings = Settings(retry=ONCE, providers={"vertexai": own})
        answer = opened(settings).chat("vertexai/claude-opus-4-1@20250805", "Hi", max_tokens=9)

    (request,) = server.requests
    assert answer.text == "Hello"
    assert request.path == (
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4-1@20250805:rawPredict"
    )
    assert "anthropic-version" not in dict(request.headers)
    assert json.loads(request.body)["anthropic_version"] == "vertex-2023-10-16"


def test_a_deployment_of_azure_is_asked_with_its_version(
    opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN", raising=False)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    with ScriptedServer(respond(200, JSON, COMPLETION)) as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{server.url}/")
        answer = opened(Settings(retry=ONCE)).chat("azure/my-gpt", "Hi")

    (request,) = server.requests
    assert answer.text == "Hello"
    assert request.path == "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert dict(request.headers)["api-key"] == "k"
