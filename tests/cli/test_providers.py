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
