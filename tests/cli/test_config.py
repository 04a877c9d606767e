from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.cli.conftest import KEY, Lab


def test_path_is_the_users_own_file(lab: Lab):
    assert lab.run("config", "path").stdout == f"{lab.config}\n"


def test_path_is_the_file_that_the_environment_names(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("FAIRLEAD_CONFIG", str(tmp_path / "mine.toml"))
    assert lab.run("config", "path").stdout == f"{tmp_path / 'mine.toml'}\n"


def test_a_projects_file_is_told_beside_it(lab: Lab):
    project = lab.folder / "fairlead.toml"
    project.write_text('model = "openai/gpt-5"', encoding="utf-8")
    result = lab.run("config", "path")
    assert result.stdout == f"{lab.config}\n"
    assert str(project) in result.stderr
    everything = lab.run("config", "path", "--all").stdout.splitlines()
    assert everything[0].split()[1:] == ["project", "found"]
    assert everything[1].split()[1:] == ["user", "not", "there"]


def test_show_is_toml_without_secrets(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAIRLEAD_TIMEOUTS_CONNECT", "2")
    lab.configure(f"""
model = "lab/m1"
aliases = {{ "fast one" = "lab/m2" }}
[http]
proxy = "http://user:{KEY}@proxy:3128"
[providers.lab]
base_url = "http://127.0.0.1:9/v1"
key = "{KEY}"
headers = {{ "x-team-token" = "{KEY}", "x-team" = "blue" }}
""")
    result = lab.run("config", "show")
    assert KEY not in result.output
    shown = tomllib.loads(result.stdout)
    assert shown["model"] == "lab/m1"
    assert shown["aliases"] == {"fast one": "lab/m2"}
    assert shown["timeouts"]["connect"] == 2
    assert shown["http"]["proxy"] == "http://***@proxy:3128"
    assert shown["providers"]["lab"]["key"] == "***"
    assert shown["providers"]["lab"]["headers"] == {"x-team-token": "***", "x-team": "blue"}
