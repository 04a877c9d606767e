"""A stream that is no event stream but JSON: an array of objects, or objects one after another.

Cuts out each outermost object as soon as its last brace has come.
"""

from __future__ import annotations

import re

from fairlead.errors import ResponseTooLarge

_MARK = re.compile(rb'["\\{}]')


class ObjectParser:
    """Feed it bytes in any split, get objects. Raises `ResponseTooLarge` past its cap."""

    __slots__ = ("_buffer", "_depth", "_in_string", "_max_object", "_place", "_start")

    def __init__(self, max_object: int) -> None:
        self._buffer = bytearray()
        self._max_object = max_object
        self._place = 0
        self._start = 0
        self._depth = 0
        self._in_string = False

    @property
    def open(self) -> bool:
        """Whether an object has begun and not ended."""
        return self._depth > 0

    def feed(self, data: bytes) -> list[bytes]:
        buffer = self._buffer
        buffer += data
        found: list[bytes] = []
        place = self._place
        while (mark := _MARK.search(buffer, place)) is not None:
            place = mark.end()
            if mark[0] == b"\\":
                if self._in_string:
                    place += 1  # what is escaped is no mark, even if it has not come yet
            elif mark[0] == b'"':
                self._in_string = not self._in_string and self._depth > 0
            elif not self._in_string and self._brace(mark[0], mark.start()):
                self._check(place - self._start)
                found.append(bytes(buffer[self._start : place]))
        self._place = max(place, len(buffer))
        self._forget()
        return found

    def _brace(self, mark: bytes, place: int) -> bool:
        """Whether the brace ends an outermost object."""
        if mark == b"{":
            if self._depth == 0:
                self._start = place
            self._depth += 1
            return False
        if self._depth == 0:
            return False
        self._depth -= 1
        return self._depth == 0

    def _forget(self) -> None:
        """Drop what has been cut out, and all that stands between objects."""
        done = self._start if self._depth else min(self._place, len(self._buffer))
        del self._buffer[:done]
        self._place -= done
        self._start = 0
        self._check(len(self._buffer))

    def _check(self, size: int) -> None:
        if size > self._max_object:
            raise ResponseTooLarge(f"a stream event is longer than {self._max_object:,} bytes")
