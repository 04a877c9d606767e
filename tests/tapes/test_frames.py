"""The frames of taped streams."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.tapes.exchange import Answer, Chunk
from fairlead.tapes.frames import frames_of

EVENTS, LINES, AWS = (
    "text/event-stream",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
)


def frames(kind: str, *chunks: bytes) -> list[tuple[float, bytes]]:
    taped = tuple(Chunk(float(at), data) for at, data in enumerate(chunks))
    answer = Answer(200, headers=(("Content-Type", f"{kind}; charset=utf-8"),), chunks=taped)
    return [(chunk.at, chunk.data) for chunk in frames_of(answer)]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_events_end_with_an_empty_line_and_come_when_they_are_whole(end: bytes) -> None:
    found = frames(EVENTS, b"data: 1", end + b"data: 2" + end, b"data: 3")

    assert found == [(1.0, b"data: 1" + end), (1.0, b"data: 2" + end), (2.0, b"data: 3")]


def test_lines_are_the_frames_of_ndjson() -> None:
    assert frames(LINES, b"{}\n{", b"}\n") == [(0.0, b"{}\n"), (1.0, b"{}\n")]


def test_messages_of_aws_say_their_length() -> None:
    one, two = b"\0\0\0\6ab", b"\0\0\0\5c"

    assert frames(AWS, one + two[:2], two[2:]) == [(0.0, one), (1.0, two)]


@given(
    st.sampled_from([EVENTS, LINES, AWS]), st.lists(st.binary(min_size=1, max_size=9), max_size=6)
)
def test_no_byte_is_lost_or_comes_twice(kind: str, chunks: list[bytes]) -> None:
    assert b"".join(data for _, data in frames(kind, *chunks)) == b"".join(chunks)
