"""A file as base64 inside a JSON object, read while it is sent."""

from __future__ import annotations

import json
from base64 import b64decode

from hypothesis import given, strategies as st

from fairlead.framing.base64_field import Base64Field
from fairlead.framing.multipart import BytesBody
from fairlead.types.http import BodyReader


class Slow:
    """A body that gives no more than `step` bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = data, step
        self.closed = False

    @property
    def size(self) -> int:
        return len(self._data)

    def open(self) -> BodyReader:
        self._at = 0
        return self

    def read(self, size: int, /) -> bytes:
        piece = self._data[self._at : self._at + min(size, self._step)]
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self.closed = True


def read(body: Base64Field, size: int) -> bytes:
    reader = body.open()
    found = b""
    while piece := reader.read(size):
        assert len(piece) <= size
        found += piece
    reader.close()
    return found


@given(st.binary(max_size=300), st.integers(1, 7), st.integers(1, 100))
def test_any_bytes_come_back_in_any_pieces(data: bytes, step: int, size: int) -> None:
    content = Slow(data, step)
    body = Base64Field(b'{"language":"en"}', "audio", content)
    came = read(body, size)
    assert len(came) == body.size
    found = json.loads(came)
    assert (found["language"], b64decode(found["audio"])) == ("en", data)
    assert list(found) == ["language", "audio"]
    assert content.closed


def test_more_than_a_piece_is_one_text_and_can_be_read_anew() -> None:
    data = bytes(range(256)) * 400
    body = Base64Field(b"{}", "audio", BytesBody(data))
    first = read(body, 1000)
    assert b64decode(json.loads(first)["audio"]) == data
    assert read(body, 1 << 20) == first
