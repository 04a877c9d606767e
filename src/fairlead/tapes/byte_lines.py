"""Any bytes as lines of text and back, so that what is text stays readable and comparable.

The first character of a line says what it is: `|` a line of text, `:` one without a line feed, `"`
text in JSON's escapes, where it holds characters that cannot be seen, `=` base64.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

_WIDTH = 76
_STRAY = 8
"""Bytes that are no UTF-8 and may stand in text: of a character that is split among chunks."""


def lines_of(data: bytes) -> Iterator[str]:
    """`data` as lines, none of which holds a line feed."""
    text = data.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= character <= "\udcff" for character in text)
    if stray > _STRAY:
        encoded = b64encode(data).decode()
        yield from ("=" + encoded[at : at + _WIDTH] for at in range(0, len(encoded), _WIDTH))
        return
    for line in text.split("\n")[:-1]:
        yield f"|{line}" if _visible(line) else json.dumps(line + "\n")
    last = text[text.rfind("\n") + 1 :]
    if last:
        yield f":{last}" if _visible(last) else json.dumps(last)


def bytes_of(lines: Iterable[str]) -> bytes:
    """What `lines_of` was given. Raises `ValueError` for what it never gave."""
    parts: list[bytes] = []
    for line in lines:
        mark, text = line[:1], line[1:]
        if mark == "|":
            parts.append(text.encode() + b"\n")
        elif mark == ":":
            parts.append(text.encode())
        elif mark == '"':
            parts.append(_unescaped(line))
        elif mark == "=":
            parts.append(b64decode(text, validate=True))
        else:
            raise ValueError('a line of a body begins with none of | : " =')
    return b"".join(parts)


def quoted(text: str) -> str:
    """`text` on one line: as it is where that is plain, else in JSON's escapes."""
    plain = text and _visible(text) and text == text.strip() and not text.startswith('"')
    return text if plain else json.dumps(text)


def unquoted(text: str) -> str:
    """What `quoted` was given. Raises `ValueError`."""
    return _string(text) if text.startswith('"') else text


def _unescaped(line: str) -> bytes:
    return _string(line).encode("utf-8", "surrogateescape")


def _string(literal: str) -> str:
    value = json.loads(literal)
    if not isinstance(value, str):
        raise ValueError("text in escapes is no string")
    return value


def _visible(line: str) -> bool:
    return line.isprintable() or all(c.isprintable() or c == "\t" for c in line)
