"""The token that an editor has stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.auth.dialogue import shown

from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.keys.editor_token import EditorTokenSource

APPS = {"github.com:Iv1.0123456789abcdef": {"user": "ann", "oauth_token": "ghu_canary"}}
HOSTS = {"acme.ghe.com": {"oauth_token": "gho_acme"}, "github.com": {"oauth_token": "gho_hosts"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "github-copilot").mkdir()
    return tmp_path / "github-copilot"


def source(folder: Path, host: str = "github.com") -> EditorTokenSource:
    return EditorTokenSource(Environment({"XDG_CONFIG_HOME": str(folder.parent)}), host)


def test_without_an_editor_there_is_none(folder: Path) -> None:
    assert source(folder).read() is None


def test_a_token_is_read_for_its_host_and_read_anew_when_it_changes(folder: Path) -> None:
    found = source(folder)
    (folder / "hosts.json").write_text(json.dumps(HOSTS))
    assert found.read() == Secret("gho_hosts")
    assert source(folder, "acme.ghe.com").read() == Secret("gho_acme")
    (folder / "apps.json").write_text(json.dumps(APPS))
    assert found.read() == Secret("ghu_canary")
    assert "canary" not in repr(found) + found.name
    (folder / "apps.json").unlink()
    assert found.read() == Secret("gho_hosts")


def test_a_host_that_only_begins_alike_is_another(folder: Path) -> None:
    (folder / "apps.json").write_text(json.dumps({"github.com.evil": {"oauth_token": "x"}}))
    assert source(folder).read() is None


@pytest.mark.parametrize(
    "text",
    [
        "<html>", "[]", '{"github.com": "ghu_canary"}', '{"github.com": {"oauth_token": 5}}',
        '{"github.com": {"oauth_token": "ghu_canary\\n"}}', '{"github.com": {"oauth_token": ""}}',
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "apps.json").write_text(text)
    with pytest.raises(ConfigError, match=r"apps\.json") as caught:
        source(folder).read()
    assert "canary" not in shown(caught.value)
