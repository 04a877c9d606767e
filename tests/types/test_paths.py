from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.types.paths import path_of


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/a.wav") == tmp_path / "a.wav"


def test_a_user_that_there_is_not_leaves_the_path_as_it_stands() -> None:
    assert path_of("~no-such-user/a.wav") == Path("~no-such-user/a.wav")


def test_a_tilde_within_a_path_is_a_letter_like_others() -> None:
    assert path_of(Path("a/~/b")) == Path("a/~/b")
