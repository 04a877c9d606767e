"""`-x` and `--xl`: code without the words around it."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Lab, streamed

from fairlead.cli.code_blocks import code_block

TWO = "Here:\n\n```python\nprint(1)\n```\n\nor\n\n~~~\nprint(2)\n~~~\nDone."


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("```\na\n```", "a\n"),
        ("```py title=x\na\n\nb\n```\nafter", "a\n\nb\n"),
        ("````\n```\na\n```\n````", "```\na\n```\n"),
        ("~~~\n```\n~~~", "```\n"),
        ("- step\n\n   ```\n   a\n     b\n   ```", "a\n  b\n"),
        ("```\na", "a"),
        ("```\na\n``` not the end\nb\n```", "a\n``` not the end\nb\n"),
        ("```\r\na\r\n```\r\n", "a\r\n"),
        ("```\n```", None),
        ("```\n```\n```\na\n```\nor ```", "a\n"),
        ("``a``", None),
        ("``` a ` b\nc", None),
        ("no code", None),
        ("", None),
    ],
)
def test_the_first_block(text: str, block: str | None):
    assert code_block(text) == block


def test_the_last_block():
    assert code_block(TWO) == "print(1)\n"
    assert code_block(TWO, last=True) == "print(2)\n"


@pytest.mark.parametrize(
    ("flag", "wanted"),
    [("-x", "print(1)\n"), ("--extract", "print(1)\n"), ("--xl", "print(2)\n")],
)
def test_only_the_code_is_printed(lab: Lab, flag: str, wanted: str):
    lab.answers(streamed(TWO[:20], TWO[20:]))
    result = lab.run("Code!", flag)
    assert (result.exit_code, result.stdout, result.stderr) == (0, wanted, "")


def test_an_answer_without_code_is_printed_as_it_is_and_a_note_says_so(lab: Lab):
    lab.answers(streamed("no code"))
    result = lab.run("Code!", "-x")
    assert result.stdout == "no code\n"
    assert result.stderr == "fairlead: the answer has no code block, so this is all of it\n"
    assert lab.run("Code!", "-xq").stderr == ""


def test_code_of_a_stranger_is_harmless_unless_raw(lab: Lab):
    lab.answers(streamed("```\na\x1b[2Jb\n```"))
    assert lab.run("Code!", "-x").stdout == "ab\n"
    assert lab.run("Code!", "-x", "--raw").stdout == "a\x1b[2Jb\n"


@pytest.mark.parametrize("other", ["--xl", "--json", "--markdown", "--dry-run"])
def test_what_does_not_go_with_it_is_told(nothing_sent, other: str):
    result = nothing_sent("Code!", "-x", other)
    assert "exclude each other" in result.stderr
    assert result.exit_code == 2
