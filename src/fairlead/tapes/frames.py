"""The body of a taped stream by its frames, each at the time when it was complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from fairlead.tapes.exchange import Answer, Chunk, kind_of

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
AWS = "application/vnd.amazon.eventstream"
FRAMED = (EVENTS, LINES, AWS)

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")


def frames_of(answer: Answer) -> Iterator[Chunk]:
    """Every frame with what ends it; what is left behind the last one comes as it is."""
    body = answer.body
    ends = list(accumulate(len(chunk.data) for chunk in answer.chunks))
    at, chunk = 0, 0
    for frame in _frames(body, kind_of(answer.headers)):
        at += len(frame)
        while ends[chunk] < at:
            chunk += 1
        yield Chunk(answer.chunks[chunk].at, frame)


def _frames(body: bytes, kind: str) -> Iterator[bytes]:
    if kind == AWS:
        yield from _messages(body)
    else:
        pattern = _EVENT if kind == EVENTS else _LINE
        yield from filter(None, (found[0] for found in pattern.finditer(body)))


def _messages(body: bytes) -> Iterator[bytes]:
    """Messages of AWS's event streams say their length in their first four bytes."""
    at = 0
    while at < len(body):
        size = max(4, int.from_bytes(body[at : at + 4], "big"))
        yield body[at : at + size]
        at += size
