"""The head of a response: header lines as they came off the wire."""

from __future__ import annotations

import re
from functools import lru_cache

from fairlead.types.http import Headers

_ENCODINGS = re.compile(rb"\ncontent-encoding:([^\n]*)")
_BLANKS = " \t\r"
_LINE = re.compile(r"\n([^:\n]*):[ \t]*([^\n]*)")
"""Takes time that is linear, whatever stands in a line: no part of it can match another's text."""


class RawHeaders(Headers):
    """The headers after a status line, parsed when all of them are asked for.

    Bytes beyond ASCII are read as Latin-1.
    """

    __slots__ = ("_head", "_lowered")

    def __init__(self, head: bytes) -> None:
        self._pairs = None
        self._head = head
        self._lowered: bytes | None = None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        if self._pairs is None:
            text = self._head.decode("latin-1").replace("\r\n", "\n")
            found = _LINE.findall(text)
            if " \n" in text or " :" in text or "\t" in text or "\r" in text:  # left around them
                found = [(name.strip(_BLANKS), value.strip(_BLANKS)) for name, value in found]
            self._pairs = tuple(found)
        return self._pairs

    def get(self, name: str) -> str | None:
        """One header costs a search, not the parsing of all."""
        lowered = self._lowered
        if lowered is None:
            lowered = self._lowered = self._head.lower()
        sought = _sought(name)
        at = lowered.rfind(sought)
        if at < 0:
            return None
        at += len(sought)
        return self._head[at : lowered.find(b"\n", at)].strip(b" \t\r").decode("latin-1")


@lru_cache(256)
def _sought(name: str) -> bytes:
    return b"\n%b:" % name.encode()


def without_interim(lines: list[bytes]) -> list[bytes]:
    """Complete heads without those of informational (1xx) responses at their beginning."""
    while lines and lines[0].partition(b" ")[2][:1] == b"1":
        end = next(index for index, line in enumerate(lines) if len(line) <= 2)
        lines = lines[end + 1 :]
    return lines


def framing_conflicts(head: bytes) -> bool:
    """Whether a head in lower case gives two framings (RFC 9112, 6.3).

    libcurl itself refuses a content length that is given twice and differs.
    """
    return b"\ntransfer-encoding:" in head and b"\ncontent-length:" in head


def is_compressed(head: bytes) -> bool:
    """Whether a head in lower case names a content encoding other than `identity`, in any place."""
    if b"\ncontent-encoding:" not in head:
        return False
    named = b",".join(_ENCODINGS.findall(head)).split(b",")
    return any(name.strip() not in (b"", b"identity") for name in named)
