"""Every kind of credential goes through a recording, comes back, and is on no tape."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import fairlead
from fairlead import ApiError, Settings
from fairlead.settings import RetrySettings
from fairlead.testing.server import Received, ScriptedServer, Step, respond

pytestmark = pytest.mark.invariant("I8")

CANARY = "canary-7f3a9b-secret-key"
TOKEN = "granted-5e1d00c4-access-token"
ID = "AKIACANARY0123456789"
JSON = (("Content-Type", "application/json"),)
ENVIRONMENTS = {
    "openai": {"OPENAI_API_KEY": CANARY, "OPENAI_BASE_URL": "{provider}/v1"},
    "anthropic": {"ANTHROPIC_API_KEY": CANARY, "ANTHROPIC_BASE_URL": "{provider}"},
    "gemini": {"GEMINI_API_KEY": CANARY, "GOOGLE_GEMINI_BASE_URL": "{provider}"},
    "azure": {
        "AZURE_OPENAI_ENDPOINT": "{provider}",
        "AZURE_AUTHORITY_HOST": "{sign_in}",
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": CANARY,
    },
    "bedrock": {
        "AWS_ACCESS_KEY_ID": ID,
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "AWS_SESSION_TOKEN": f"session/{CANARY}",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "{provider}",
    },
}
SECRETS = (CANARY, TOKEN, ID)
MODELS = {
    "openai": "openai/gpt-5",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "gemini": "gemini/gemini-2.5-flash",
    "azure": "azure/gpt",
    "bedrock": "bedrock/m",
}


def forms(secret: str) -> list[str]:
    encoded = base64.b64encode(secret.encode()).decode()
    return [secret, secret[:20], secret[::-1], quote(secret, safe=""), encoded]


def granted(_request: Received) -> list[Step]:
    body = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
    return respond(200, JSON, json.dumps(body).encode())


def echoing(request: Received) -> list[Step]:
    """All that was sent is in the answer: in its headers, as JSON, as JSON in JSON, and escaped."""
    said = json.dumps(dict(request.headers))
    body = json.dumps({"error": {"message": said, "param": quote(said), "code": 5}})
    echoed = tuple((f"X-Was-{name}", value) for name, value in request.headers)
    return respond(400, (*JSON, *echoed), body.encode())


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def arrange(name: str, **urls: str) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        for variable, value in ENVIRONMENTS[name].items():
            monkeypatch.setenv(variable, value.format(**urls))

    return arrange


@pytest.mark.parametrize("provider", ENVIRONMENTS)
def test_no_credential_of_any_kind_is_on_the_tape(opened, environment, tape, provider) -> None:
    with ScriptedServer(granted) as sign_in, ScriptedServer(echoing) as server:
        environment(provider, provider=server.url, sign_in=sign_in.url)
        settings = Settings(retry=RetrySettings(max_retries=0))
        client = opened(settings, transport=fairlead.record(tape))
        with pytest.raises(ApiError):
            client.chat(MODELS[provider], "Hi")
        sent = "".join(value for _, value in server.requests[0].headers)

    text = "".join(path.read_text() for path in tape.iterdir())
    assert any(secret in sent for secret in SECRETS)
    assert [form for secret in SECRETS for form in forms(secret) if form in text] == []
    assert text.count("answer 400") == text.count("request POST") == 1


@pytest.mark.parametrize("provider", ENVIRONMENTS)
def test_its_replay_needs_none_of_them(opened, environment, monkeypatch, tape, provider) -> None:
    with ScriptedServer(granted) as sign_in, ScriptedServer(echoing) as server:
        environment(provider, provider=server.url, sign_in=sign_in.url)
        settings = Settings(retry=RetrySettings(max_retries=0))
        client = opened(settings, transport=fairlead.record(tape))
        with pytest.raises(ApiError) as recorded:
            client.chat(MODELS[provider], "Hi")
    for name, value in ENVIRONMENTS[provider].items():
        if value in (CANARY, ID):
            monkeypatch.delenv(name)

    client = opened(settings, transport=fairlead.replay(tape, speed=0))
    with pytest.raises(type(recorded.value)) as replayed:
        client.chat(MODELS[provider], "Hi")

    assert replayed.value.status == recorded.value.status == 400
    assert len(sign_in.requests) <= 1
