"""Frames of AWS event streams: AWS's own vectors, any split, broken frames, caps, linear time."""

from __future__ import annotations

import ast
import base64
import json
import re
import struct
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given, strategies as st
from tests.conformance.corpus import CORPUS
from tests.frames import frame, message

from fairlead.errors import DecodeError, ResponseTooLarge
from fairlead.framing.eventstream import EventStreamParser, Frame

STANDARDS = CORPUS / "standards"
CAP = 8 << 20
HELLO = frame({":event-type": "a"}, b"hello")


def vectors(name: str) -> list[dict[str, Any]]:
    path = STANDARDS / name
    if not path.exists():
        pytest.skip(f"no {path}; FAIRLEAD_CORPUS names another place")
    return [json.loads(line) for line in path.read_text().splitlines()]


def parsed(data: bytes, size: int = 0) -> tuple[list[Frame], DecodeError | None]:
    parser = EventStreamParser()
    frames: list[Frame] = []
    step = size or len(data) or 1
    for place in range(0, len(data), step):
        frames += parser.feed(data[place : place + step])
    frames += parser.close()
    return frames, parser.broken


def plain(value: object) -> object:
    return value.bytes if isinstance(value, UUID) else value


@pytest.mark.parametrize("size", [0, 1, 7])
def test_the_vectors_of_the_smithy_reference_are_read(size: int) -> None:
    for vector in vectors("aws_event_stream_vectors.jsonl"):
        frames, broken = parsed(base64.b64decode(vector["encoded_b64"]), size)
        if vector["polarity"] == "negative":
            assert (frames, type(broken)) == ([], DecodeError), vector["name"]
            continue
        assert broken is None, vector["name"]
        ((headers, payload),) = frames
        expected = ast.literal_eval(str(vector["expected"]))
        assert payload == base64.b64decode(expected["payload"]), vector["name"]
        told = {
            h["name"]: base64.b64decode(h["value"]) if h["type"] in (6, 7, 9) else h["value"]
            for h in expected["headers"]
        }
        ours = {n: v.encode() if isinstance(v, str) else plain(v) for n, v in headers.items()}
        assert ours == told, vector["name"]


@pytest.mark.parametrize("size", [0, 1, 7])
def test_the_vectors_of_botocore_are_read(size: int) -> None:
    for vector in vectors("aws_event_stream_botocore.jsonl"):
        frames, broken = parsed(base64.b64decode(vector["encoded_b64"]), size)
        found = re.search(
            r"headers=(\{.*\}), payload=(b'.*'|b\".*\"), crc", vector["expected_source"]
        )
        if found is None:
            assert (frames, type(broken)) == ([], DecodeError) or isinstance(
                broken, ResponseTooLarge
            ), vector["name"]
            continue
        assert broken is None, vector["name"]
        ((headers, payload),) = frames
        assert payload == ast.literal_eval(found[2]), vector["name"]
        ours = {name: plain(value) for name, value in headers.items()}
        assert ours == ast.literal_eval(found[1]), vector["name"]


HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda name: "\0" not in name), st.text(max_size=20)
)


@given(
    st.lists(st.tuples(HEADERS, st.binary(max_size=60)), max_size=5),
    st.lists(st.integers(0, 40), min_size=1),
)
@pytest.mark.invariant("I9")
def test_any_split_gives_the_same_frames(
    given_frames: list[tuple[dict[str, str], bytes]], sizes: list[int]
) -> None:
    data = b"".join(frame(headers, payload) for headers, payload in given_frames)
    parser = EventStreamParser()
    found: list[Frame] = []
    place = 0
    while place < len(data):
        for size in [*sizes, 1]:
            found += parser.feed(data[place : place + size])
            place += size
    assert found == given_frames
    assert parser.broken is None


@given(st.binary(max_size=200), st.integers(1, 50))
@pytest.mark.invariant("I10")
def test_any_bytes_give_frames_or_one_typed_error(noise: bytes, size: int) -> None:
    for data in (noise, HELLO + noise, HELLO[:10] + noise):
        _, broken = parsed(data, size)
        assert broken is None or isinstance(broken, DecodeError)


@given(st.binary(max_size=80))
def test_any_bytes_as_headers_give_headers_or_a_typed_error(block: bytes) -> None:
    frames, broken = parsed(message(block, b"x"))
    assert len(frames) == (0 if broken else 1)


@pytest.mark.parametrize("place", range(len(HELLO)))
def test_a_flipped_bit_anywhere_breaks_the_frame_but_not_those_before(place: int) -> None:
    damaged = bytearray(HELLO)
    damaged[place] ^= 1
    frames, broken = parsed(HELLO + bytes(damaged) + HELLO)
    assert frames == [({":event-type": "a"}, b"hello")]
    assert isinstance(broken, DecodeError)


def test_nothing_is_read_behind_a_broken_frame() -> None:
    parser = EventStreamParser()
    parser.feed(b"\0" * 16)
    assert isinstance(parser.broken, DecodeError)
    assert parser.feed(HELLO) == []


def test_half_a_frame_at_the_end_leaves_no_trace() -> None:
    parser = EventStreamParser()
    assert parser.feed(HELLO[:-1]) == []
    assert parser.close() == []
    assert len(parser.feed(HELLO)) == 1


@pytest.mark.parametrize("total", [CAP + 1, 0xFFFFFFFF])
def test_a_frame_past_the_cap_is_refused_by_its_prelude(total: int) -> None:
    head = struct.pack(">II", total, 0)
    _, broken = parsed(head + struct.pack(">II", crc32(head), 0))
    assert type(broken) is ResponseTooLarge


def test_lengths_are_checked_in_a_frame_that_is_all_there_as_in_one_that_is_not() -> None:
    """Its own checksum says that nothing was damaged on the way; it was written wrong."""
    lengths = HELLO[:8] + b"\0\0\0\0" + HELLO[12:-4]
    wrong = lengths + struct.pack(">I", crc32(lengths))
    for size in (len(wrong), 1):
        frames, broken = parsed(HELLO + wrong, size)
        assert len(frames) == 1
        assert "lengths fail their check" in str(broken)


def test_frames_of_many_lengths_are_read() -> None:
    payloads = [b"x" * size for size in range(1200)]
    frames, broken = parsed(b"".join(frame({}, payload) for payload in payloads * 2))
    assert broken is None
    assert [payload for _, payload in frames] == payloads * 2


def test_a_frame_of_exactly_the_cap_is_read() -> None:
    data = frame({}, b"x" * (CAP - 16))
    frames, broken = parsed(data, 1 << 16)
    assert broken is None
    assert len(frames[0][1]) == CAP - 16


def test_headers_past_their_cap_are_refused() -> None:
    head = struct.pack(">II", 1 << 20, (128 << 10) + 1)
    _, broken = parsed(head + struct.pack(">II", crc32(head), 0))
    assert type(broken) is ResponseTooLarge


def test_a_large_frame_byte_by_byte_is_copied_no_more_than_twice() -> None:
    """Copying what has come for every byte would make this take minutes."""
    payload = b"x" * 300_000
    frames, _ = parsed(frame({}, payload), 1)
    assert frames == [({}, payload)]
