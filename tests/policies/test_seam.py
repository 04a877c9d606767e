"""The seam between a text that was cut and what comes behind it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.seam import Seam


def joined(written: str, pieces: list[str], *, repeats: bool = False) -> str:
    seam = Seam(written, repeats=repeats)
    return written + "".join(map(seam.feed, pieces)) + seam.rest()


@pytest.mark.parametrize(
    ("written", "pieces", "whole"),
    [
        ("Hello", [" world"], "Hello world"),
        ("Hello ", [" world"], "Hello world"),
        ("Hello ", ["world"], "Hello world"),
        ("Hello\n\n", ["\n", "\nworld"], "Hello\n\nworld"),
        ("Hello\n\n", ["\n", "world"], "Hello\n\nworld"),
        ("Hello ", ["  world"], "Hello  world"),
        ("  ", [" world"], "  world"),
    ],
)
def test_blanks_that_were_handed_out_do_not_come_twice(written, pieces, whole) -> None:
    assert joined(written, pieces) == whole


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["Hel", "lo", " world"], "Hello  world"),
        (["Hello  w", "orld"], "Hello  world"),
        ([" world"], "Hello  world"),
        (["Help"], "Hello Help"),
        (["Hel"], "Hello Hel"),
    ],
)
def test_words_that_come_again_are_left_out_and_others_are_not(pieces, whole) -> None:
    expected = whole.replace("  ", " ") if "world" in whole else whole
    found = joined("Hello ", pieces, repeats=True)
    assert found.replace("  ", " ") == expected


@given(
    text=st.text("ab \n", max_size=20),
    cut=st.integers(0, 20),
    sizes=st.lists(st.integers(1, 4), max_size=20),
    repeats=st.booleans(),
)
def test_a_text_is_whole_again_wherever_it_was_cut_and_however_it_comes(
    text, cut, sizes, repeats
) -> None:
    written = text[:cut]
    behind = text if repeats else text[len(written.rstrip()) :]
    pieces: list[str] = []
    for size in [*sizes, len(behind)]:
        pieces.append(behind[:size])
        behind = behind[size:]
    assert joined(written, pieces, repeats=repeats) == text
