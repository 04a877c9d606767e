"""Server-sent events, as the WHATWG wrote them (html.spec.whatwg.org, "Server-sent events").

`SseParser.feed` is on the hot path of every stream: a block of one `data:` line, which is what
providers send, is cut out without looking at single lines.
"""

from __future__ import annotations

import re
from typing import NoReturn

from fairlead.errors import ResponseTooLarge

Frame = tuple[bytes, bytes, bytes]
"""Event name (empty: `message`), data, last event id."""

_BOM = b"\xef\xbb\xbf"
_NAMED = re.compile(rb"(?:\A|\n\n)event: (.*)\ndata: (.*)()(?=\n\n|\Z)")
"""Events of a name and one line of data; there is nothing else where they hold every line end."""
_CRLF_BLANK = b"\r\n\r\n"


class SseParser:
    """Feed it bytes in any split, get frames. Past a cap it sets `overflow` and reads no more."""

    __slots__ = (
        "_buffer",
        "_carriage_return",
        "_last_id",
        "_max_event",
        "_max_line",
        "_start",
        "overflow",
    )

    def __init__(self, max_line: int = 1 << 20, max_event: int = 8 << 20) -> None:
        self._buffer = bytearray()
        self._start = True
        self._carriage_return = False
        self._last_id = b""
        self._max_line = max_line
        self._max_event = max_event
        self.overflow: ResponseTooLarge | None = None

    @property
    def rest(self) -> bytes:
        """What has come since the last blank line."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes; before an overflow, those in front of it."""
        if data.find(b"\n") == len(data) - 2 and self._is_lone(data):
            return [(b"", data[6:-2], self._last_id)]
        frames: list[Frame] = []
        if self.overflow is None:
            try:
                return self._read(data, frames)
            except ResponseTooLarge as error:
                self._buffer.clear()
                self.overflow = error
        return frames

    def _is_lone(self, data: bytes) -> bool:
        """Whether one `data:` line and its blank line are all there is: an event as it is sent."""
        return (
            data[:6] == b"data: "
            and data[-1:] == b"\n"
            and not (self._buffer or self._start or self._carriage_return or self.overflow)
            and len(data) <= self._max_line
            and b"\r" not in data
        )

    def _read(self, data: bytes, frames: list[Frame]) -> list[Frame]:
        if self._start:
            data = self._strip_bom(data)
            if self._start:
                return frames
        if self._carriage_return or b"\r" in data:
            data = self._crlf(data, frames)
        return self._events(data, frames)

    def _crlf(self, data: bytes, frames: list[Frame]) -> bytes:
        """The rest with plain line ends, after the events that can be cut out without that.

        Those are the ones between the first blank line and the last, where all of them are one
        `data:` line, and every line ends in CRLF.
        """
        first = data.find(_CRLF_BLANK) + 4 if self._buffer else 0
        last = data.rfind(_CRLF_BLANK) + 4
        middle = data[first:last]
        if self._carriage_return or middle[:6] != b"data: " or len(middle) > self._max_line:
            return self._normalise(data)
        blocks = middle.split(_CRLF_BLANK)
        ends = 2 * (len(blocks) - 1)
        if middle.count(b"\n") != ends or middle.count(b"\r") != ends or blocks.pop():
            return self._normalise(data)
        last_id = self._last_id
        cut = [(b"", block[6:], last_id) for block in blocks if block[:6] == b"data: "]
        if len(cut) != len(blocks):
            return self._normalise(data)
        if first:
            self._events(self._normalise(data[:first]), frames)
            if self._last_id != last_id:
                return self._normalise(data[first:])
        frames += cut
        return self._normalise(data[last:])

    def _events(self, data: bytes, frames: list[Frame]) -> list[Frame]:
        ready = self._ready(data)
        if ready[:7] == b"event: " and not self._last_id and len(ready) <= self._max_line:
            named: list[Frame] = _NAMED.findall(ready)
            if ready.count(b"\n") == 3 * len(named) - 2:
                frames += named
                ready = b""
        append = frames.append
        last_id = self._last_id
        max_line = self._max_line
        for block in ready.split(b"\n\n") if ready else ():
            # Slices are compared, not `startswith`: it is most of what a short event costs.
            if len(block) <= max_line:
                cut = block.find(b"\n")
                if cut < 0:
                    if block[:6] == b"data: ":
                        append((b"", block[6:], last_id))
                        continue
                elif (
                    block[cut : cut + 7] == b"\ndata: "
                    and block[:7] == b"event: "
                    and block.find(b"\n", cut + 1) < 0
                ):
                    append((block[7:cut], block[cut + 7 :], last_id))
                    continue
            frame = self._block(block)
            last_id = self._last_id
            if frame is not None:
                append(frame)
        self._check(self._buffer)
        return frames

    def _ready(self, data: bytes) -> bytes:
        """Everything up to the last blank line; the rest is kept."""
        buffer = self._buffer
        if not buffer:
            end = data.rfind(b"\n\n")
            if end < 0:
                buffer += data
                return b""
            if end + 2 < len(data):
                buffer += data[end + 2 :]
            return data[:end]
        # A blank line may begin one byte before what is new.
        scan = len(buffer) - 1
        buffer += data
        end = buffer.rfind(b"\n\n", scan)
        if end < 0:
            return b""
        ready = bytes(buffer[:end])
        del buffer[: end + 2]
        return ready

    def close(self) -> list[Frame]:
        """The frame that the stream's end left without its blank line, if any.

        The standard drops it; providers that end right after their last event mean it.
        """
        rest = bytes(self._buffer).rstrip(b"\n")
        self._buffer.clear()
        try:
            frame = self._block(rest) if rest else None
        except ResponseTooLarge as error:
            self.overflow, frame = error, None
        return [] if frame is None else [frame]

    def _strip_bom(self, data: bytes) -> bytes:
        data = bytes(self._buffer) + data
        self._buffer.clear()
        if len(data) < 3 and _BOM.startswith(data):
            self._buffer += data
            return b""
        self._start = False
        return data[3:] if data.startswith(_BOM) else data

    def _normalise(self, data: bytes) -> bytes:
        """CRLF and CR become LF, also where a CRLF is split between two pieces."""
        if self._carriage_return and data.startswith(b"\n"):
            data = data[1:]
            self._carriage_return = False
        if data:
            self._carriage_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _check(self, rest: bytearray) -> None:
        if len(rest) > self._max_line:
            if len(rest) > self._max_event:
                self._too_long("event", self._max_event)
            if len(rest) - rest.rfind(b"\n") - 1 > self._max_line:
                self._too_long("line", self._max_line)

    def _block(self, block: bytes) -> Frame | None:
        name = b""
        data: list[bytes] = []
        if len(block) > self._max_event:
            self._too_long("event", self._max_event)
        for line in block.split(b"\n"):
            if len(line) > self._max_line:
                self._too_long("line", self._max_line)
            field, _, value = line.partition(b":")
            if value.startswith(b" "):
                value = value[1:]
            if field == b"data":
                data.append(value)
            elif field == b"event":
                name = value
            elif field == b"id" and b"\0" not in value:
                self._last_id = value
        if not data:
            return None
        return name, data[0] if len(data) == 1 else b"\n".join(data), self._last_id

    def _too_long(self, what: str, limit: int) -> NoReturn:
        raise ResponseTooLarge(f"a stream {what} is longer than {limit:,} bytes")
