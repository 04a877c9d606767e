"""What goes over the wire: one request and its answers, as an OpenAI-compatible server writes them.

Everything is built once, so that the server costs as little as it can beside the client.
"""

from __future__ import annotations

import base64
from array import array
from math import sin

import msgspec

MODEL = "m"
KEY = "bench-key"
PROMPT = "In one sentence: why is the sky blue?"
PIECE = " scattered"
"""The text of one event."""

EVENT_BYTES = 294
"""The size of one event with its blank line, which is what providers send on average."""

DIMENSIONS = 1536
"""The length of the vectors."""

_SENTENCE = "Sunlight is scattered by the air, and blue light is scattered more than red. "
WHOLE_TEXT = _SENTENCE * 13
_ID = "chatcmpl-BxR2kY0c3lq8ZsT5vN1aWdEu7FhJo"
_CREATED = 1763596800
_USAGE = {
    "prompt_tokens": 16,
    "completion_tokens": 204,
    "total_tokens": 220,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def request_body(*, stream: bool) -> bytes:
    """The request that the floor sends; fairlead writes its own, which says the same."""
    body: dict[str, object] = {
        "model": MODEL,
        "messages": [{"role": "user", "content": PROMPT}],
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return msgspec.json.encode(body)


def whole_answer() -> bytes:
    """An answer that does not stream, about 1.5 KB."""
    message = {"role": "assistant", "content": WHOLE_TEXT, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return msgspec.json.encode(
        {
            **_head("chat.completion"),
            "choices": [choice],
            "usage": _USAGE,
            "service_tier": "default",
        }
    )


def opening() -> bytes:
    """The first event of a stream: a role and no text."""
    return _event({"role": "assistant", "content": "", "refusal": None})


def piece() -> bytes:
    """One event of `EVENT_BYTES` bytes that carries `PIECE`."""
    bare = _event({"content": PIECE}, obfuscation="")
    return _event({"content": PIECE}, obfuscation="x" * (EVENT_BYTES - len(bare)))


def closing() -> tuple[bytes, bytes, bytes]:
    """The finish reason, the usage, and the end."""
    usage = {**_head("chat.completion.chunk"), "choices": [], "usage": _USAGE}
    return _event({}, finish_reason="stop"), _framed(msgspec.json.encode(usage)), _framed(b"[DONE]")


def vectors(count: int, *, numbers: bool) -> bytes:
    """An answer of `count` vectors, as base64 or as decimal numbers of a float's precision."""
    floats = array("f", [sin(place) / 20 for place in range(DIMENSIONS)])
    embedding: object = base64.b64encode(floats.tobytes()).decode()
    if numbers:
        embedding = [round(number, 10) for number in floats]
    data = [{"object": "embedding", "index": n, "embedding": embedding} for n in range(count)]
    usage = {"prompt_tokens": 2 * count, "total_tokens": 2 * count}
    return msgspec.json.encode({"object": "list", "data": data, "model": MODEL, "usage": usage})


def _head(kind: str) -> dict[str, object]:
    return {"id": _ID, "object": kind, "created": _CREATED, "model": MODEL}


def _event(
    delta: dict[str, object], *, finish_reason: str | None = None, obfuscation: str | None = None
) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {**_head("chat.completion.chunk"), "choices": [choice], "usage": None}
    if obfuscation is not None:
        chunk["obfuscation"] = obfuscation
    return _framed(msgspec.json.encode(chunk))


def _framed(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"
