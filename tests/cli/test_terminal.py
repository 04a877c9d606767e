"""What a person at a terminal sees, and nobody else."""

from __future__ import annotations

import pytest
from tests.cli.conftest import DONE, Lab, Terminal, chunk, streamed, terminals

from fairlead.cli.terminal import table
from fairlead.testing.server import stream

THOUGHT = [chunk({"reasoning_content": "Hm."}), chunk({"content": "42"}), chunk({}, "stop"), DONE]


def shown(lab: Lab, *words: str, **variables: str) -> str:
    terminal = Terminal(lab.command(*words), lab.folder, **variables)
    try:
        return terminal.rest()
    finally:
        terminal.close()


@terminals
def test_reasoning_is_dimmed(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    lab.answers(list(stream(THOUGHT)))
    assert shown(lab, "Hi") == "\x1b[2mHm.\x1b[0m\r\n\r\n42\r\n"


@terminals
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_left_out_where_it_is_not_wanted(lab: Lab, variables: dict[str, str]):
    lab.answers(list(stream(THOUGHT)))
    assert shown(lab, "Hi", **variables) == "Hm.\r\n\r\n42\r\n"


@terminals
def test_markdown_is_rendered_where_it_is_asked_for(lab: Lab):
    lab.answers(streamed("Very **bold", "** [link](http://evil.example/\x1b]52;c;x\x07)"))
    text = shown(lab, "Hi", "--markdown", NO_COLOR="1", COLUMNS="80")
    assert "**" not in text
    assert "Very" in text
    assert "http://evil.example/" in text
    assert "\x1b]" not in text


@terminals
def test_json_is_indented_for_a_person(lab: Lab):
    lab.answers(streamed("ok"))
    assert shown(lab, "Hi", "--json").startswith('{\r\n  "text": "ok",\r\n')


def test_a_table_is_aligned_and_harmless():
    assert table([("a", "b\x1b[2J"), ("long", "c")]) == "a     b\nlong  c\n"
    assert table([]) == ""
