"""A plain provider is one TOML file: nothing else knows it."""

from __future__ import annotations

from pathlib import Path

import pytest

import fairlead
import fairlead.providers.registry
import fairlead.providers.schema
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.http import HttpRequest

TABLE = """
title = "Lab"
base_url = "https://api.lab.example/v1"
base_url_env = ["LAB_BASE_URL"]
auth = { env = ["LAB_API_KEY"] }
check = "GET /models"
models = "/models"

[operations]
chat = "openai_chat"
embeddings = "openai"
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of one table in a folder of its own."""
    (tmp_path / "lab.toml").write_text(TABLE)
    monkeypatch.setattr(fairlead.providers.schema, "FOLDER", tmp_path)
    monkeypatch.setattr(fairlead.providers.registry, "NAMES", frozenset({"lab"}))
    return Registry(Settings(), environ={"LAB_API_KEY": "k"})


def test_one_file_makes_a_provider(lab: Registry) -> None:
    assert lab.names() == ("lab",)
    assert lab.state("lab") == "ready (LAB_API_KEY)"
    chat = lab.resolve("lab/some-model")
    assert chat.target.url == "https://api.lab.example/v1/chat/completions"
    embeddings = lab.resolve("lab/other", operation="embeddings").target
    assert embeddings.url == "https://api.lab.example/v1/embeddings"
    assert chat.credential is not None
    request = chat.credential.authorize(HttpRequest("POST", chat.target.url), 0.0)
    assert request.headers == (("authorization", "Bearer k"),)
    check = chat.provider.check
    assert check is not None
    assert (check.method, check.url) == ("GET", "https://api.lab.example/v1/models")


def test_no_code_outside_its_table_and_the_index_names_a_plain_provider() -> None:
    """Such as these; an exception is made for words that mean other things too."""
    root = Path(fairlead.__file__).parent
    allowed = {root / "providers" / "index.py"}
    for path in root.rglob("*.py"):
        if path not in allowed:
            text = path.read_text()
            for name in ("sambanova", "hunyuan", "qianwen", "zhipuai"):
                assert name not in text, f"{path} names {name}"
