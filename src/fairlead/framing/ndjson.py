"""Newline-delimited JSON: one object a line, blank lines between them meaning nothing."""

from __future__ import annotations

from fairlead.errors import ResponseTooLarge


class NdjsonParser:
    """Feed it bytes in any split, get lines. Raises `ResponseTooLarge` past its cap."""

    __slots__ = ("_buffer", "_held", "_max_line")

    def __init__(self, max_line: int = 8 << 20) -> None:
        self._buffer: list[bytes] = []
        self._held = 0
        self._max_line = max_line

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their line ends."""
        head, newline, rest = data.partition(b"\n")
        self._buffer.append(head)
        self._held += len(head)
        if self._held > self._max_line:
            self._buffer.clear()
            raise ResponseTooLarge(f"a line is longer than {self._max_line:,} bytes")
        if not newline:
            return []
        lines = [b"".join(self._buffer), *rest.split(b"\n")]
        self._buffer = [lines.pop()]
        self._held = len(self._buffer[0])
        return [stripped for line in lines if (stripped := line.strip())]

    def close(self) -> list[bytes]:
        """The last line, where the stream ended without a newline."""
        rest = b"".join(self._buffer).strip()
        self._buffer, self._held = [], 0
        return [rest] if rest else []
