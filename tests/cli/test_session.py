from __future__ import annotations

import pytest
from tests.cli.conftest import KEY, Lab

DRY = ("Hi", "--dry-run")


def test_without_a_model_the_local_one_is_used_and_said_once(lab: Lab):
    result = lab.run(*DRY)
    assert '"model": "smollm2"' in result.stdout
    assert result.stderr.count("\n") == 1
    assert "no model is chosen, so local/smollm2 answers" in result.stderr
    assert "-m provider/model" in result.stderr
    assert lab.run(*DRY, "-q").stderr == ""


def test_keys_that_are_there_are_named_but_not_used(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    result = lab.run(*DRY)
    assert '"model": "smollm2"' in result.stdout
    assert "GROQ_API_KEY: use it with -m groq/<model>" in result.stderr
    assert KEY not in result.output


def test_of_many_keys_only_a_few_are_named(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    for name in ("GROQ", "XAI", "MISTRAL", "OPENAI", "DEEPSEEK"):
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
    said = lab.run(*DRY).stderr
    assert said.count("_API_KEY") == 3
    assert said.endswith("; fairlead providers lists them all\n")


def test_nothing_is_said_where_a_model_is_chosen(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    assert lab.run(*DRY, "-m", "openai/gpt-5").stderr == ""
    lab.configure('model = "openai/gpt-5"')
    assert lab.run(*DRY).stderr == ""


def test_warnings_of_the_settings_are_passed_on(lab: Lab):
    text = f'model = "openai/gpt-5"\n[providers.openai]\nkey = "{KEY}"\n'
    (lab.folder / "fairlead.toml").write_text(text, encoding="utf-8")
    result = lab.run(*DRY)
    assert result.stderr.startswith("fairlead: warning: ")
    assert KEY not in result.output
