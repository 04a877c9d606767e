"""What a person types, and what it means for a call."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies

from fairlead.cli.approval import Approval
from fairlead.cli.call_text import call_text, result_text
from fairlead.types.messages import Image, Text, ToolCall, ToolResult

CALL = ToolCall("c1", "get_weather", '{"city":"Oslo"}')


class Person:
    """Types these lines, then nothing more."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.questions: list[str] = []

    def __call__(self, question: str) -> str | None:
        self.questions.append(question)
        return self.lines.pop(0) if self.lines else None


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("y\n", True),
        (" YES \n", True),
        ("a\n", True),
        ("n\n", False),
        ("no\n", False),
        ("n too far\n", "too far"),
    ],
)
def test_a_word_decides(typed: str, verdict: bool | str):
    assert Approval(Person(typed))(CALL) == verdict


def test_anything_else_is_asked_again_and_the_end_means_no():
    person = Person("\n", "maybe\n")
    assert Approval(person)(CALL) is False
    assert len(person.questions) == 3
    assert "n and a reason" in person.questions[1]


def test_always_holds_for_one_tool():
    person = Person("a\n", "n\n")
    approval = Approval(person)
    assert [approval(CALL), approval(CALL)] == [True, True]
    assert approval(ToolCall("c2", "delete_all", "{}")) is False
    assert approval.asked == {"c1", "c2"}


def test_always_is_no_answer_where_each_call_is_asked_about():
    person = Person("a\n", "y\n", "y\n")
    approval = Approval(person, remembers=False)
    assert [approval(CALL), approval(CALL)] == [True, True]
    assert person.questions[0].endswith("Run it? [y/n] ")
    assert len(person.questions) == 3


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (CALL, 'get_weather(city="Oslo")'),
        (ToolCall("c", "now", ""), "now()"),
        (ToolCall("c", "f", '{"a":[1,2],"b":null}'), "f(a=[1,2], b=null)"),
        (ToolCall("c", "f", '{"a":'), 'f({"a":)'),
        (ToolCall("c", "f", "[1]"), "f([1])"),
        (ToolCall("c", "f", '{"a":"x\\ny\\u001b[2J"}'), 'f(a="x\\ny\\u001b[2J")'),
        (ToolCall("c", "f\x1b[2J\n", "{}"), "f\\u001b[2J\\n()"),
        (ToolCall("c", "f", '{"a\\u202e":1}'), "f(a\\u202e=1)"),
    ],
)
def test_a_call_is_shown_whole_and_harmless(call: ToolCall, text: str):
    assert call_text(call) == text


@given(strategies.text())
def test_no_argument_can_hide_or_act(text: str):
    shown = call_text(ToolCall("c", "f", json.dumps({"x": text})))
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert json.loads(shown.removeprefix("f(x=").removesuffix(")")) == text


def test_a_result_is_indented_and_parts_are_named():
    assert result_text(ToolResult("c", "a\nb\x1b[2J")) == "  a\n  b\n"
    assert result_text(ToolResult("c", "")) == "  \n"
    parts = (Text("a"), Image(b"x", media_type="image/png"))
    assert result_text(ToolResult("c", parts)) == "  a\n  [image]\n"
