"""AWS event streams as the conformance tests see them, read by botocore."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

from botocore.eventstream import EventStreamBuffer
from msgspec.structs import replace
from tests.conformance.corpus import Record
from tests.frames import event

FRAMED = "application/vnd.amazon.eventstream"


def frames(body: bytes) -> Iterator[tuple[dict[str, Any], bytes, int]]:
    """Headers, payload and the place behind each frame."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    end = 0
    for message in buffer:
        end += message.prelude.total_length
        yield message.headers, message.payload, end


def events(body: bytes) -> Iterator[tuple[str, Any]]:
    """The name and the JSON of each event; exceptions are left out."""
    for headers, payload, _ in frames(body):
        if headers[":message-type"] == "event":
            yield headers[":event-type"], json.loads(payload)


def frame_start(body: bytes, place: int) -> int:
    """Where the frame at `place` begins; a place between two belongs to the one before."""
    start = 0
    while start + 4 <= len(body):
        (length,) = struct.unpack_from(">I", body, start)
        if start + length >= place:
            break
        start += length
    return start


def as_stream(record: Record) -> Record:
    """The record as what it is: some that stream are listed as if they did not."""
    return replace(record, streaming=True) if record.body[:1] == b"\0" else record


def reframed(record: Record) -> Record:
    """A recording that kept only the JSON of each frame, with frames around it again."""
    lines = [json.loads(line) for line in record.body.splitlines() if line.strip()]
    body = b"".join(event(kind, value) for line in lines for kind, value in line.items())
    return replace(record, response_body_b64=base64.b64encode(body).decode(), content_type=FRAMED)
