"""Requests as data: short bodies whole, long ones by their hash, however they are read."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import pytest
from msgspec import Struct

from fairlead.framing.multipart import BytesBody
from fairlead.tapes.exchange import Digest
from fairlead.tapes.requests import place_of, taped
from fairlead.types.http import BodyReader, HttpRequest

LONG = b"x" * ((1 << 20) - 40)


class Trickle(Struct, frozen=True):
    """A body that is read in pieces of one odd size."""

    data: bytes
    piece: int

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> BodyReader:
        return _Trickled(self.data, self.piece)


class _Trickled:
    def __init__(self, data: bytes, piece: int) -> None:
        self._source = BytesIO(data)
        self._piece = piece

    def read(self, size: int, /) -> bytes:
        return self._source.read(min(size, self._piece))

    def close(self) -> None:
        self._source.close()


def form(boundary: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    kind = f'multipart/form-data; boundary="{boundary.decode()}"'
    body = b"".join((b"--", boundary, b"\r\n", LONG, b"\r\n--", boundary, b"--", b"y" * 99))
    return (("Content-Type", kind),), body


def test_short_bodies_are_kept_whole() -> None:
    assert taped(HttpRequest("POST", "https://a")).body is None
    assert taped(HttpRequest("POST", "https://a", (), b"x")).body == b"x"
    assert taped(HttpRequest("POST", "https://a", (), BytesBody(b"xy"))).body == b"xy"


@pytest.mark.parametrize("piece", [1 << 20, 65_536, 4_099])
def test_a_long_body_has_one_hash_however_it_is_read_and_whatever_parts_it(piece) -> None:
    digests = set()
    for boundary in (b"fairlead-0123456789", b"fairlead-abcdefghij"):
        headers, body = form(boundary)
        for one in (body, BytesBody(body), Trickle(body, piece)):
            digests.add(taped(HttpRequest("POST", "https://a", headers, one)).body)

    plain = form(b"fairlead-0123456789")[1].replace(b"fairlead-0123456789", b"boundary")
    assert digests == {Digest(sha256(plain).hexdigest(), len(form(b"0" * 19)[1]))}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://me:pw@a.example:1/x?key=1", "a.example:1"),
        ("https://a.example", "a.example"),
        ("", "the host"),
    ],
)
def test_a_place_is_named_without_anything_else_of_its_url(url, place) -> None:
    assert place_of(url) == place
