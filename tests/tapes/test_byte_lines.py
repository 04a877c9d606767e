"""Bytes as lines of text and back."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.tapes.byte_lines import bytes_of, lines_of, quoted, unquoted


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)))
def test_any_bytes_come_back_as_they_were(data: bytes) -> None:
    lines = list(lines_of(data))

    assert bytes_of(lines) == data
    assert all("\n" not in line and "\r" not in line for line in lines)


@given(st.text(max_size=60))
def test_any_text_comes_back_from_one_line(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert len(quoted(text).splitlines()) <= 1


def test_text_stays_readable() -> None:
    data = 'data: {"text":"Grüße"}\n\n[DONE]'.encode()

    assert list(lines_of(data)) == ['|data: {"text":"Grüße"}', "|", ":[DONE]"]


def test_what_cannot_be_seen_is_escaped_on_its_own_line_only() -> None:
    assert list(lines_of(b"a\r\nb\n")) == ['"a\\r\\n"', "|b"]


def test_half_a_character_at_the_end_of_a_chunk_leaves_the_rest_readable() -> None:
    assert list(lines_of("5 €".encode()[:-1])) == ['"5 \\udce2\\udc82"']


def test_what_is_no_text_is_base64() -> None:
    assert list(lines_of(bytes(range(128, 160)))) == [
        "=gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8="
    ]


@pytest.mark.parametrize("line", ["x", "", '"open', '"1', "=!!", "[1]"])
def test_a_line_of_no_kind_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bytes_of([line])
