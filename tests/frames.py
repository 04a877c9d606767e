"""Writes frames of AWS event streams, for the tests that read them."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32


def message(block: bytes, payload: bytes) -> bytes:
    """A frame whose headers are these bytes."""
    lengths = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    data = lengths + struct.pack(">I", crc32(lengths)) + block + payload
    return data + struct.pack(">I", crc32(data))


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A frame with headers of text."""
    block = b""
    for name, value in headers.items():
        key, text = name.encode(), value.encode()
        block += bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(text)) + text
    return message(block, payload)


def event(kind: str, payload: Any) -> bytes:
    """An event whose payload is JSON."""
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload).encode())


def exception(kind: str, payload: Any) -> bytes:
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, json.dumps(payload).encode())


def chunk(payload: Any) -> bytes:
    """JSON in the envelope of InvokeModelWithResponseStream."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(payload).encode()).decode()})
