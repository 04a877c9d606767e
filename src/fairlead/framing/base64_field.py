"""A JSON object with a file in it as base64, sent piece by piece: no more than a piece is held."""

from __future__ import annotations

import json
from binascii import b2a_base64

from fairlead.types.http import Body, BodyReader

_PIECE = 3 << 14
"""A multiple of three, so that a piece in base64 needs no padding."""


class Base64Field:
    """The JSON object `fields`, with the bytes of `content` in base64 as its last field `name`."""

    __slots__ = ("_content", "_head", "size")

    _TAIL = b'"}'

    def __init__(self, fields: bytes, name: str, content: Body) -> None:
        before = fields[:-1] + (b"" if fields == b"{}" else b",")
        self._head = before + json.dumps(name).encode() + b':"'
        self._content = content
        self.size = len(self._head) + -(-content.size // 3) * 4 + len(self._TAIL)

    def open(self) -> BodyReader:
        return _Reader(self._head, self._content.open(), self._TAIL)


class _Reader:
    """Reads what stands before the content, the content in base64, and what stands behind it."""

    def __init__(self, head: bytes, content: BodyReader, tail: bytes) -> None:
        self._ready = bytearray(head)
        self._content = content
        self._left = b""
        self._tail: bytes | None = tail

    def read(self, size: int, /) -> bytes:
        while not self._ready and self._tail is not None:
            self._fill(self._tail)
        piece = bytes(self._ready[:size])
        del self._ready[:size]
        return piece

    def close(self) -> None:
        self._content.close()

    def _fill(self, tail: bytes) -> None:
        data = self._content.read(_PIECE)
        if not data:
            self._ready += b2a_base64(self._left, newline=False) + tail
            self._tail = None
            return
        data = self._left + data
        whole = len(data) - len(data) % 3
        self._left = data[whole:]
        self._ready += b2a_base64(data[:whole], newline=False)
