"""Which functions `-T` and `--functions` mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.functions import load_tools
from fairlead.errors import InvalidRequest

CODE = """
from os.path import join

def first(x: int) -> int: return x
async def second() -> str: return "2"
def _hidden(): ...
class Kind:
    @staticmethod
    def inner(y: str) -> str: return y
number = 3
"""


@pytest.fixture(autouse=True)
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.py").write_text(CODE, encoding="utf-8")


def names(*given: str, sources: tuple[str, ...] = ()) -> list[str]:
    return [tool.name for tool in load_tools(given, sources)]


def test_a_file_alone_means_its_own_public_functions():
    assert names("t.py") == ["first", "second"]
    assert names("./t.py:second", "t.py:Kind.inner") == ["second", "inner"]
    assert names(sources=("t.py", "def third() -> None: ...")) == ["first", "second", "third"]


def test_all_is_listened_to(tmp_path: Path):
    (tmp_path / "u.py").write_text(CODE + "__all__ = ['_hidden', 'Kind']", encoding="utf-8")
    assert names("u.py") == ["_hidden"]


def test_a_hidden_function_may_be_named():
    assert names("t.py:_hidden") == ["_hidden"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("t.py:number", "is no function"),
        ("t.py:Kind", "is no function"),
        ("t.py:nothing", "t.py has no 'nothing'"),
        ("t.py:", "name it as module:name"),
        (":first", "name it as module:name"),
    ],
)
def test_what_is_no_function_is_told(given: str, sentence: str):
    with pytest.raises(InvalidRequest, match=sentence):
        names(given)


def test_a_file_without_functions_is_told():
    with pytest.raises(InvalidRequest, match="the code of --functions has no public functions"):
        names(sources=("import os",))
