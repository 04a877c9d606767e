"""Frames of `application/vnd.amazon.eventstream`: headers and a payload, under checksums.

    total length u32 | headers length u32 | CRC-32 of both | headers | payload | CRC-32 of all

Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from uuid import UUID
from zlib import crc32

from fairlead.errors import DecodeError, ResponseTooLarge

Value = bool | int | bytes | str | UUID
FrameHeaders = Mapping[str, Value]
Frame = tuple[FrameHeaders, bytes]
"""Headers and payload. A timestamp is an int, in milliseconds since 1970."""

MAX_HEADERS = 128 << 10
MAX_PAYLOAD = 24 << 20

_PRELUDE = struct.Struct(">III")
_LENGTH = struct.Struct(">H")
_LEAST = _PRELUDE.size + 4
_INTEGERS = {2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}
_REMEMBERED = 32
_REMEMBERED_LENGTHS = 512
_SMALL = 4096

_NONE: FrameHeaders = {}

# Bound here once: it is called for every frame.
_checksum_at = struct.Struct(">I").unpack_from


class EventStreamParser:
    """Feed it bytes in any split, get frames. At a broken frame it sets `broken` and reads no more.

    `broken` is a `ResponseTooLarge` where a frame is longer than the format or `max_event` allows.
    """

    __slots__ = ("_buffer", "_max_event", "_needed", "_preludes", "_seen", "broken")

    def __init__(self, max_event: int = 8 << 20) -> None:
        self._buffer = bytearray()
        self._needed = _LEAST
        self._max_event = max_event
        self._seen: dict[bytes, FrameHeaders] = {}
        self._preludes: dict[bytes, tuple[int, int]] = {}
        self.broken: DecodeError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes; before a broken one, those in front of it."""
        frames: list[Frame] = []
        if self.broken is not None:
            return frames
        buffer = self._buffer
        if buffer:
            buffer += data
            if len(buffer) < self._needed:
                return frames
            data = bytes(buffer)
            buffer.clear()
        try:
            self._read(data, frames)
        except DecodeError as error:
            self._buffer.clear()
            self.broken = error
        return frames

    def close(self) -> list[Frame]:
        """The stream has ended: half a frame is dropped, as nothing of it can be trusted."""
        self._buffer.clear()
        self._needed = _LEAST
        return []

    def _read(self, data: bytes, frames: list[Frame]) -> None:
        """All whole frames; the rest is kept, with how much must have come to go on."""
        view = memoryview(data)
        preludes, seen = self._preludes, self._seen
        last, headers = b"", _NONE
        at, size = 0, len(data)
        needed = _LEAST
        while size - at >= _LEAST:
            start = at + 12
            prelude = data[at:start]
            total, head = preludes.get(prelude) or self._lengths(prelude)
            after = at + total
            if after > size:
                needed = total
                break
            end = after - 4
            # Below this size a copy is cheaper than a view.
            checked = data[at:end] if total < _SMALL else view[at:end]
            if crc32(checked) != _checksum_at(data, end)[0]:
                raise DecodeError("a frame of the stream is damaged: its checksum does not match")
            body = start + head
            block = data[start:body]
            if block != last:
                last = block
                headers = seen.get(block) or self._headers(block)
            frames.append((headers, data[body:end]))
            at = after
        self._needed = needed
        if at < size:
            self._buffer += view[at:]

    def _lengths(self, prelude: bytes) -> tuple[int, int]:
        """Of a frame, and of its headers. Few differ, so those that have come are remembered."""
        total, head, checksum = _PRELUDE.unpack(prelude)
        if crc32(prelude[:8]) != checksum:
            raise DecodeError("a frame of the stream is damaged: its lengths fail their check")
        if total - head < _LEAST or head > MAX_HEADERS or total > self._max_event:
            self._refuse(total, head)
        if len(self._preludes) < _REMEMBERED_LENGTHS:
            self._preludes[prelude] = total, head
        return total, head

    def _headers(self, block: bytes) -> FrameHeaders:
        """They are few and alike, so those that have come are remembered."""
        headers = _headers(block)
        if len(self._seen) < _REMEMBERED and len(block) < 1024:
            self._seen[block] = headers
        return headers

    def _refuse(self, total: int, head: int) -> None:
        if total - head < _LEAST:
            raise DecodeError("a frame of the stream is damaged: its lengths contradict each other")
        if head > MAX_HEADERS:
            raise ResponseTooLarge(f"the headers of a frame are longer than {MAX_HEADERS:,} bytes")
        limit = min(self._max_event, MAX_HEADERS + MAX_PAYLOAD + _LEAST)
        raise ResponseTooLarge(f"a stream event is longer than {limit:,} bytes")


def _headers(block: bytes) -> FrameHeaders:
    """Raises `DecodeError` for what is not exactly a row of headers, each of its own name."""
    found: dict[str, Value] = {}
    at = 0
    try:
        while at < len(block):
            start = at + 1
            at = start + block[at]
            name = _text(block[start:at])
            value, at = _value(block, at + 1, block[at])
            if at > len(block):
                raise DecodeError(f"the header {name!r} of a frame is cut short")
            if name in found:
                raise DecodeError(f"the header {name!r} of a frame comes twice")
            found[name] = value
    except (IndexError, struct.error):
        raise DecodeError("a header of a frame is cut short") from None
    return found


def _value(block: bytes, at: int, kind: int) -> tuple[Value, int]:
    """A header's value and where it ends."""
    if kind < 2:
        return kind == 0, at
    if kind in _INTEGERS:
        form = _INTEGERS[kind]
        return struct.unpack_from(form, block, at)[0], at + struct.calcsize(form)
    if kind == 9:
        return UUID(bytes=_cut(block, at, 16)), at + 16
    if kind not in (6, 7):
        raise DecodeError(f"a header of a frame has the unknown type {kind}")
    (length,) = _LENGTH.unpack_from(block, at)
    data = _cut(block, at + 2, length)
    return (_text(data) if kind == 7 else data), at + 2 + length


def _cut(block: bytes, at: int, length: int) -> bytes:
    data = block[at : at + length]
    if len(data) < length:
        raise DecodeError("a header of a frame is cut short")
    return data


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
