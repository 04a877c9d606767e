"""A value as JSON: while it comes for a person, whole for a pipe."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import pytest

from fairlead.cli.growing_json import GrowingJson, value_json
from fairlead.errors import FairleadError
from fairlead.schemas.values import convert
from fairlead.types.extraction import Partial


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen_of(monkeypatch: pytest.MonkeyPatch) -> Screen:
    found = Screen()
    monkeypatch.setattr("sys.stdout", found)
    return found


def test_fields_come_once_and_the_rest_at_the_end(monkeypatch: pytest.MonkeyPatch):
    screen = screen_of(monkeypatch)
    growing = GrowingJson()
    growing.show(Partial({"a": 1, "b": "hal"}, ("a",)))
    assert screen.getvalue() == '{\n  "a": 1'
    growing.show(Partial({"a": 1, "b": {"c": []}}, ("a", "b")))
    growing.end({"a": 1, "b": {"c": []}, "d": None})
    assert json.loads(screen.getvalue()) == {"a": 1, "b": {"c": []}, "d": None}
    assert screen.getvalue().endswith('"d": null\n}\n')


def test_an_attempt_that_failed_is_left_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    screen = screen_of(monkeypatch)
    growing = GrowingJson()
    growing.show(Partial({"a": 1}, ("a",)))
    growing.show(Partial({"a": 2}, ("a",), attempt=2))
    growing.end({"a": 2})
    assert screen.getvalue() == '{\n  "a": 1\n{\n  "a": 2\n}\n'
    assert "attempt 2" in capsys.readouterr().err


def test_what_is_no_object_waits_and_is_indented(monkeypatch: pytest.MonkeyPatch):
    screen = screen_of(monkeypatch)
    growing = GrowingJson()
    growing.show(Partial([1, 2], (0,)))
    assert screen.getvalue() == ""
    growing.end([1, 2])
    assert screen.getvalue() == "[\n  1,\n  2\n]\n"


def test_a_pipe_gets_the_end_alone(capsys: pytest.CaptureFixture[str]):
    growing = GrowingJson()
    growing.show(Partial({"a": 1}, ("a",)))
    growing.leave()
    assert capsys.readouterr().out == ""
    growing.end({"a": 1})
    assert capsys.readouterr().out == '{"a":1}\n'


@dataclass
class Author:
    name: str
    born: int | None = None


@dataclass
class Book:
    title: str
    author: Author
    tags: list[str] = field(default_factory=list)
    pages: int = 0


def test_a_dataclass_has_all_its_fields():
    book = convert({"title": "t", "author": {"name": "n"}}, Book)
    assert json.loads(value_json([book])) == [
        {"title": "t", "author": {"name": "n", "born": None}, "tags": [], "pages": 0}
    ]


def test_a_text_is_quoted_and_harmless():
    assert value_json("a\x1b[2J\x9b") == '"a\\u001b[2J\\u009b"'


def test_what_has_no_json_form_is_an_error_that_says_so():
    with pytest.raises(FairleadError, match="cannot be written as JSON"):
        value_json(object())
