"""Heads of responses: what is read from them, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.transports.curl.head import (
    RawHeaders,
    framing_conflicts,
    is_compressed,
    without_interim,
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=30).filter(
    lambda value: "\x7f" not in value
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=20))
def test_headers_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    head = f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("latin-1")
    assert list(RawHeaders(head)) == pairs


@given(st.binary(max_size=300))
def test_any_bytes_give_some_headers(head: bytes) -> None:
    for name, value in RawHeaders(head):
        assert name == name.strip(" \t\r")
        assert value == value.strip(" \t\r")


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        (b"a: b \r\n", ("a", "b")),
        (b"a : b\r\n", ("a", "b")),
        (b"a:\tb\t\r\n", ("a", "b")),
        (b"a: b\r\r\n", ("a", "b")),
        (b"a:b :c\n", ("a", "b :c")),
        (b"a:\r\n", ("a", "")),
        (b"a:  \r\n", ("a", "")),
        (b"no colon\r\na: b\r\n", ("a", "b")),
    ],
)
def test_blanks_around_names_and_values_are_left_out(line: bytes, pair: tuple[str, str]) -> None:
    headers = RawHeaders(b"HTTP/1.1 200 OK\r\n" + line + b"x: y\r\n\r\n")
    assert headers.pairs == (pair, ("x", "y"))
    assert headers.get("a") == (None if line.startswith(b"a :") else pair[1])


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("interim", [0, 1, 3])
def test_informational_heads_are_skipped(end: bytes, interim: int) -> None:
    hint = [b"HTTP/1.1 103 Early Hints" + end, b"Link: a" + end, end]
    final = [b"HTTP/1.1 200 OK" + end, b"X: y" + end, end]
    assert without_interim(hint * interim + final) == final
    assert without_interim(hint * interim) == []


@pytest.mark.parametrize(
    ("head", "conflicts"),
    [
        (b"http/1.1 200 ok\r\ncontent-length: 5\r\n\r\n", False),
        (b"http/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\n", False),
        (b"http/1.1 200 ok\r\nx: content-length: transfer-encoding:\r\n\r\n", False),
        (b"http/1.1 200 ok\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", True),
        (b"http/1.1 200 ok\ntransfer-encoding:chunked\ncontent-length:5\n\n", True),
    ],
)
def test_two_framings_conflict(head: bytes, conflicts: bool) -> None:
    assert framing_conflicts(head) is conflicts


@pytest.mark.parametrize(
    ("line", "compressed"),
    [
        (b"content-encoding: gzip", True),
        (b"content-encoding:br", True),
        (b"content-encoding: identity", False),
        (b"content-encoding: identity, gzip", True),
        (b"content-encoding: identity\r\ncontent-encoding: gzip", True),
        (b"content-encoding: , gzip", True),
        (b"content-encoding:", False),
        (b"x-content-encoding: gzip", False),
    ],
)
def test_compression_is_noticed(line: bytes, compressed: bool) -> None:
    assert is_compressed(b"http/1.1 200 ok\r\n" + line + b"\r\n\r\n") is compressed


@pytest.mark.parametrize("line", [b"%b", b"a:%bx", b"a: b%bx", b"%bx", b"a%b: x"])
def test_blanks_in_a_line_take_no_longer_than_letters(line: bytes) -> None:
    """With their number, time grew by its cube: a line as long as libcurl allows took for ever."""
    blanks = b" \t" * 50_000
    pairs = RawHeaders(b"HTTP/1.1 200 OK\r\n" + line % blanks + b"\r\nx: y\r\n\r\n").pairs
    assert pairs[-1] == ("x", "y")
