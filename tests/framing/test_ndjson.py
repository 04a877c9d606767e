from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import ResponseTooLarge
from fairlead.framing.ndjson import NdjsonParser


def lines(data: bytes, *cuts: int) -> list[bytes]:
    parser = NdjsonParser()
    found: list[bytes] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        found += parser.feed(data[start:end])
    return found + parser.close()


def test_lines_come_without_their_ends_and_blank_ones_mean_nothing() -> None:
    assert lines(b'{"a":1}\r\n\n  \n{"b":2}\n') == [b'{"a":1}', b'{"b":2}']


def test_the_last_line_may_lack_its_newline() -> None:
    assert lines(b'{"a":1}\n{"b":2}') == [b'{"a":1}', b'{"b":2}']


@given(
    st.lists(st.sampled_from([b"{}", b"\n", b"\r\n", b"x", b" "]), max_size=20).map(b"".join),
    st.data(),
)
@pytest.mark.invariant("I9")
def test_any_split_gives_the_same_lines(data: bytes, draw) -> None:
    cuts = sorted(draw.draw(st.sets(st.integers(0, len(data)), max_size=6)))

    assert lines(data, *cuts) == lines(data)


def test_a_line_without_end_is_refused_at_its_cap() -> None:
    parser = NdjsonParser(max_line=1000)

    with pytest.raises(ResponseTooLarge):
        for _ in range(100):
            parser.feed(b"x" * 100)


def test_the_cap_counts_each_line_anew() -> None:
    parser = NdjsonParser(max_line=10)

    assert parser.feed(b"12345678\n1234") == [b"12345678"]
    assert parser.feed(b"5678\n") == [b"12345678"]
