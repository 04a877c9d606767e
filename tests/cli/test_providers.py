from __future__ import annotations

import json

import pytest
from tests.cli.conftest import KEY, Lab, streamed

from fairlead.providers.index import NAMES


def test_every_provider_is_listed_with_its_state(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    lab.answers(streamed("ok"))
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    result = lab.run("providers")
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert set(lines) == NAMES | {"lab"}
    assert "ready (GROQ_API_KEY)" in lines["groq"]
    assert "missing (set OPENAI_API_KEY)" in lines["openai"]
    assert "ready (LAB_KEY)" in lines["lab"]
    assert KEY not in result.output


def test_json_says_the_same_and_more(lab: Lab):
    found = {item["name"]: item for item in json.loads(lab.run("providers", "--json").stdout)}
    assert found["anthropic"]["aliases"] == ["claude"]
    assert found["openai"]["base_url"] == "https://api.openai.com/v1"
    assert found["local"]["state"] == "local"
    assert "openai_responses" in found["openai"]["dialects"]


def test_a_broken_address_breaks_only_its_own_line(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "ftp://nowhere")
    result = lab.run("providers")
    assert result.exit_code == 0
    assert "broken (OPENAI_BASE_URL" in result.stdout
    assert len(result.stdout.splitlines()) == len(NAMES)


def test_a_missing_region_and_an_unknown_one_are_states(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
    monkeypatch.delenv("AWS_REGION", raising=False)
    lines = {line.split()[0]: line for line in lab.run("providers").stdout.splitlines()}
    assert "missing (set AWS_REGION" in lines["bedrock"]
    monkeypatch.setenv("AWS_REGION", "eu-wset-1")
    lines = {line.split()[0]: line for line in lab.run("providers").stdout.splitlines()}
    assert "unusable (AWS_REGION)" in lines["bedrock"]
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    found = {item["name"]: item for item in json.loads(lab.run("providers", "--json").stdout)}
    assert found["bedrock"]["state"] == "ready (AWS_BEARER_TOKEN_BEDROCK)"
    assert found["bedrock"]["base_url"] == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert found["bedrock"]["operations"] == ["chat", "count_tokens", "embeddings"]
