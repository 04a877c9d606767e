"""Python of the user's own as a module: found, kept apart, and its errors told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fairlead.cli.loading import load_code, load_file, load_module
from fairlead.errors import InvalidRequest


def test_a_file_shadows_no_module(tmp_path: Path):
    (tmp_path / "json.py").write_text("x = 1", encoding="utf-8")
    module = load_file(tmp_path / "json.py")
    assert module.x == 1
    assert sys.modules["json"] is json
    assert sys.modules[module.__name__] is module


def test_two_files_of_one_name_are_two_modules(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.py").write_text(f"x = {folder!r}", encoding="utf-8")
    assert [load_file(tmp_path / folder / "t.py").x for folder in "ab"] == ["a", "b"]


def test_dataclasses_with_postponed_annotations_work():
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass A:\n    x: int = 0\n"
    )
    assert load_code(code).A().x == 0


def test_our_own_postponed_annotations_are_not_passed_on():
    assert load_code("def f(x: int): ...").f.__annotations__ == {"x": int}


def test_a_module_of_the_folder_stands_behind_installed_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "json.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "only_here_1.py").write_text("x = 2", encoding="utf-8")
    assert load_module("only_here_1").x == 2
    assert load_module("json") is json
    del sys.modules["only_here_1"]


def test_what_is_printed_goes_to_standard_error(capsys: pytest.CaptureFixture[str]):
    load_code("print('hello')")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("x = 1\nx = y", "NameError: name 'y' is not defined (t.py, line 2)"),
        ("def f(:", "SyntaxError: "),
        ("import nowhere_1", "ModuleNotFoundError: No module named 'nowhere_1' (t.py, line 1)"),
        ("raise SystemExit(3)", "SystemExit: 3 (t.py, line 1)"),
        ("import fairlead\n@fairlead.tool\ndef f(x): ...", "loaded: f(x) has no type"),
        ("x = '\0'", "null bytes"),
        ("# coding: nonsense", "SyntaxError: "),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, code: str, sentence: str
):
    (tmp_path / "t.py").write_text(code, encoding="utf-8")
    before = set(sys.modules)
    with pytest.raises(InvalidRequest, match=r"t\.py cannot be loaded: ") as caught:
        load_file(tmp_path / "t.py")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not any("t.py" in name for name in set(sys.modules) - before)


def test_a_module_that_is_not_there_is_told_apart_from_one_that_lacks_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "lacking_1.py").write_text("import nowhere_1", encoding="utf-8")
    with pytest.raises(InvalidRequest, match="there is no module nowhere_2, neither"):
        load_module("nowhere_2.inner")
    with pytest.raises(InvalidRequest, match="module lacking_1 cannot be loaded: ModuleNotFound"):
        load_module("lacking_1")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(InvalidRequest, match="cannot be read: "):
        load_file(tmp_path)
