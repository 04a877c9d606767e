"""The head of a response: header lines as they came off the wire."""

from __future__ import annotations

import re

from fairlead.types.http import Headers

_ENCODING = re.compile(rb"\ncontent-encoding:[ \t]*([^\s,]+)")


def parse_headers(head: bytes) -> Headers:
    """The headers after the status line. Bytes beyond ASCII are read as Latin-1."""
    pairs: list[tuple[str, str]] = []
    for line in head.decode("latin-1").split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name.strip(), value.strip()))
    return Headers(pairs)


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
    """Whether a head in lower case names a content encoding other than `identity`."""
    if b"\ncontent-encoding:" not in head:
        return False
    found = _ENCODING.search(head)
    return found is not None and found[1] != b"identity"
