"""Answers in the openai_chat wire format, as raw steps for the scripted server."""

from __future__ import annotations

import json
from typing import Any

from fairlead.testing.server import Step, respond, stream

JSON = (("Content-Type", "application/json"),)


def whole(text: str = "Hello there", **changes: Any) -> list[Step]:
    body = {
        "id": "c1",
        "model": "m-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }
    return respond(200, JSON, json.dumps(body | changes).encode())


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return data({"id": "c1", "model": "m-1", "choices": choices})


def data(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


USAGE = data(
    {
        "id": "c1",
        "model": "m-1",
        "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }
)
DONE = b"data: [DONE]\n\n"


def pieces(*texts: str) -> list[bytes]:
    """A whole stream: a start, the texts, the finish, the usage, the end."""
    deltas = [chunk({"role": "assistant", "content": ""})]
    deltas += [chunk({"content": text}) for text in texts]
    return [*deltas, chunk({}, "stop"), USAGE, DONE]


def streamed(*texts: str) -> list[Step]:
    return list(stream(pieces(*texts)))


def begun(*chunks: bytes) -> bytes:
    """The head of a chunked stream and its first chunks, without an end."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in chunks)
