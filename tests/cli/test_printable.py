from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.cli.printable import Cleaner, escaped_json, excerpt, one_line, printable

PIECES = [
    "\x1b",
    "[",
    "]",
    "\\",
    "\x07",
    "\x90",
    "\x9b",
    "\x9c",
    "P",
    "8;;http://x",
    "31m",
    "a",
    "é",
    "\n",
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with\ttabs\nand lines: é 漢 🎉", "plain, with\ttabs\nand lines: é 漢 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]52;c;ZXZpbA==\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1bcafter", "after"),
        ("user\u202etxt.exe\u202c", "usertxt.exe"),
        ("\u2066a\u2069\u200f", "a"),
        ("safe\rover\b\x00\x7f", "safeover"),
        ("lines\r\nend", "lines\nend"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_what_could_steer_a_terminal_is_taken_out(text: str, shown: str):
    assert printable(text) == shown


def test_a_sequence_that_never_ends_hides_no_text():
    assert printable("\x1b]0;all of this") == "]0;all of this"
    assert printable("\x1b]" + "x" * 9000) == "]" + "x" * 9000


def test_text_before_an_open_sequence_is_shown_at_once():
    cleaner = Cleaner()
    assert cleaner.feed("shown\x1b[3") == "shown"
    assert cleaner.feed("1mred") == "red"


def test_a_control_sequence_inside_an_open_string_does_not_let_it_swallow_what_follows():
    whole = "\x1b]abc\x1b[31mdef\x07"
    cleaner = Cleaner()
    pieces = cleaner.feed("\x1b]abc\x1b") + cleaner.feed("[31m") + cleaner.feed("def\x07")
    assert pieces + cleaner.close() == printable(whole) == "]abcdef"


@given(HOSTILE, st.data())
@settings(deadline=None, max_examples=200)
def test_any_split_shows_the_same_and_nothing_that_steers(text: str, data: st.DataObject):
    cleaner, shown, rest = Cleaner(), "", text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        shown += cleaner.feed(rest[:size])
        rest = rest[size:]
    shown += cleaner.close()
    assert shown == printable(text)
    assert all(c in "\n\t" or unicodedata.category(c) != "Cc" for c in shown)


@given(HOSTILE)
@settings(deadline=None, max_examples=100)
def test_json_keeps_every_character_and_shows_none_that_steers(text: str):
    shown = escaped_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(shown) == text
    assert all(unicodedata.category(c) != "Cc" for c in shown)


def test_one_line_is_one_line():
    assert one_line("a\n\x1b[2Jb\u2028 c ") == "a b c"


def test_an_excerpt_is_one_line_of_bounded_length():
    assert excerpt("a\n b", 10) == "a b"
    assert excerpt("a\x1b[31m long text", 8) == "a lon..."


def test_strings_that_are_only_begun_take_no_longer_than_other_text():
    """Each looked for its end through those behind it: 50,000 took eight seconds."""
    assert printable("\x90" * 500_000 + "x") == "x"
    assert printable("\x90a" * 100_000) == "a" * 100_000
