"""Differences are few lines, each with its place, and long texts from where they part."""

from __future__ import annotations

import pytest
from msgspec import json

from fairlead.tapes.differences import differences
from fairlead.tapes.exchange import TapedRequest
from fairlead.tapes.matching import sought


def between(asked: object, taped: object) -> list[str]:
    one, other = (
        sought(TapedRequest("POST", "https://a/b", (), json.encode(value)))
        for value in (asked, taped)
    )
    return differences(one, other)


@pytest.mark.parametrize(
    ("asked", "taped", "line"),
    [
        ({"a": 1}, {"a": 2}, "$.a: 2 on the tape, 1 asked"),
        ({"a": 1}, {}, "$.a: nothing on the tape, 1 asked"),
        ({}, {"a": [1]}, "$.a: [1] on the tape, nothing asked"),
        ([1, 2], [1], "$: 1 items on the tape, 2 items asked"),
        ({"a": 1}, {"a": True}, "$.a: true on the tape, 1 asked"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, '$.a[0].b: "y" on the tape, "x" asked'),
    ],
)  # fmt: skip
def test_a_difference_has_its_place(asked: object, taped: object, line: str) -> None:
    assert between(asked, taped) == [line]


def test_long_texts_are_shown_from_where_they_part() -> None:
    (line,) = between("a" * 200 + "x", "a" * 200 + "y")

    assert line == f'$: "...{"a" * 30}y" on the tape, "...{"a" * 30}x" asked'


def test_there_are_never_many_lines_nor_long_ones() -> None:
    lines = between({str(n): "x" * 500 for n in range(50)}, {str(n): "y" * 500 for n in range(50)})

    assert len(lines) == 7
    assert lines[-1] == "and more"
    assert max(map(len, lines)) < 200


def test_bodies_that_are_no_json_are_shown_by_their_beginning() -> None:
    one, other = (
        sought(TapedRequest("POST", "https://a/b", (), body)) for body in (b"\xff1", b"x")
    )

    assert differences(one, other) == ['body: "x" (1 bytes) on the tape, "\ufffd1" (2 bytes) asked']
