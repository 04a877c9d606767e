"""Server-sent events: the web platform's cases, any split, and the caps."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import ResponseTooLarge
from fairlead.framing.sse import Frame, SseParser

CASES = (
    Path(os.environ.get("FAIRLEAD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    / "standards"
    / "wpt_eventsource.jsonl"
)
NOT_OF_THE_PARSER = {"mime-bogus"}  # it is about the content type


def frames(data: bytes, *cuts: int) -> list[Frame]:
    parser = SseParser()
    found: list[Frame] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        found += parser.feed(data[start:end])
    return found


@pytest.mark.fault("S12")
def test_every_case_of_the_web_platform_passes_whole_and_at_every_split() -> None:
    if not CASES.exists():
        pytest.skip(f"the corpus is not at {CASES}; set FAIRLEAD_CORPUS")
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    failed = []
    for case in cases:
        if case["name"] in NOT_OF_THE_PARSER:
            continue
        data = base64.b64decode(case["bytes_b64"])
        expected = [
            (event["event"], event["data"], event["last_event_id"])
            for event in case["expected_events"]
        ]
        splits = [(), *((cut,) for cut in range(1, len(data))), tuple(range(1, len(data)))]
        for cuts in splits:
            got = [
                ((name or b"message").decode(), text.decode(), last.decode())
                for name, text, last in frames(data, *cuts)
            ]
            if got != expected:
                failed.append((case["name"], cuts))

    assert failed == []
    assert len(cases) > 20


PIECES = st.lists(
    st.sampled_from(
        [
            b"data: x\n\n",
            b"data:y\n",
            b"\n",
            b"\r\n",
            b"\r",
            b": c\n",
            b"event: e\n",
            b"id: 7\n",
            b"data: \xc3\xa9\n\n",
            b"\xef\xbb\xbf",
            b"data",
            b"retry: 5\n",
            b"junk\n",
        ]
    ),
    max_size=12,
)


@given(PIECES.map(b"".join), st.data())
@pytest.mark.invariant("I9")
def test_any_split_gives_the_same_frames(data: bytes, draw) -> None:
    cuts = sorted(draw.draw(st.sets(st.integers(0, len(data)), max_size=6)))

    assert frames(data, *cuts) == frames(data)


CRLF_EVENTS = st.lists(
    st.sampled_from(
        [
            b"data: x\r\n\r\n",
            b"data: a\rb\r\n\r\n",
            b"data: a\nb\r\n\r\n",
            b"data:y\r\n\r\n",
            b"event: e\r\ndata: x\r\n\r\n",
            b"id: 7\r\n\r\n",
            b": c\r\n\r\n",
            b"\r\n",
            b"data: 1\r\ndata: 2\r\n\r\n",
        ]
    ),
    max_size=9,
)


@given(CRLF_EVENTS.map(b"".join), st.data())
def test_lines_that_end_in_both_marks_are_read_as_with_one(data: bytes, draw) -> None:
    cuts = sorted(draw.draw(st.sets(st.integers(0, len(data)), max_size=6)))

    assert frames(data, *cuts) == frames(data.replace(b"\r\n", b"\n"))


def test_long_events_whose_lines_end_in_both_marks_keep_to_the_cap() -> None:
    parser = SseParser(max_line=20)
    found = parser.feed(b"data: one\r\n\r\ndata: two\r\n\r\ndata: " + b"x" * 20 + b"\r\n\r\n")

    assert [text for _, text, _ in found] == [b"one", b"two"]
    assert parser.overflow is not None


@given(st.binary(max_size=200))
@pytest.mark.invariant("I10")
def test_no_bytes_raise_anything(data: bytes) -> None:
    parser = SseParser()
    parser.feed(data)
    parser.close()


def test_the_last_event_may_lack_its_blank_line() -> None:
    parser = SseParser()

    assert parser.feed(b"data: [DONE]") == []
    assert parser.close() == [(b"", b"[DONE]", b"")]


def overflow(parser: SseParser, piece: bytes, count: int = 1) -> str:
    for _ in range(count):
        assert parser.feed(piece) == []
    assert isinstance(parser.overflow, ResponseTooLarge)
    assert parser.feed(b"\n\ndata: later\n\n") == parser.close() == []
    return str(parser.overflow)


def test_a_line_without_end_is_refused_at_its_cap() -> None:
    parser = SseParser(max_line=1000, max_event=5000)

    assert "line" in overflow(parser, b"data: " + b"x" * 100, 100)


@pytest.mark.parametrize("head", [b"", b"event: e\n", b": c\n"])
def test_a_complete_line_past_the_cap_is_refused_too(head) -> None:
    assert "line" in overflow(SseParser(max_line=10), head + b"data: 1234567890\n\n")


def test_an_event_of_many_lines_is_refused_at_its_cap() -> None:
    parser = SseParser(max_line=1000, max_event=5000)

    assert "event" in overflow(parser, b"data: " + b"x" * 100 + b"\n", 100)


def test_events_in_front_of_an_overflow_are_given_in_any_split() -> None:
    data = b"data: one\n\nevent: e\ndata: two\n\ndata: " + b"x" * 100
    for cut in range(len(data)):
        parser = SseParser(max_line=50)
        found = parser.feed(data[:cut]) + parser.feed(data[cut:])

        assert [text for _, text, _ in found] == [b"one", b"two"]
        assert parser.overflow is not None


def test_a_long_line_in_small_pieces_takes_linear_time() -> None:
    parser = SseParser(max_line=1 << 20)
    for _ in range(9000):
        parser.feed(b"x" * 100)

    assert parser.feed(b"\n\ndata: y\n\n") == [(b"", b"y", b"")]


def test_what_has_come_since_the_last_blank_line_can_be_looked_at() -> None:
    parser = SseParser()

    parser.feed(b'data: 1\r\n\r\n{"error":')
    parser.feed(b" 1}")

    assert parser.rest == b'{"error": 1}'
    parser.close()
    assert parser.rest == b""
