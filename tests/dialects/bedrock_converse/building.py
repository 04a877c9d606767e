"""Streams and bodies for the tests, and what the decoder makes of them."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.runs import Run, stream, whole
from tests.dialects.bedrock_converse.asking import ASK, target
from tests.frames import event

from fairlead.dialects.bedrock_converse import DIALECT
from fairlead.dialects.bedrock_converse.decode import ConverseDecoder
from fairlead.ports import Limits
from fairlead.types.requests import ChatRequest

USAGE = {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}
START = event("messageStart", {"role": "assistant"})
METADATA = event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 300}})


def decoder(limits: Limits | None = None) -> ConverseDecoder:
    return DIALECT.decoder(ChatRequest("m", ASK), target(), limits or Limits())


def begin(index: int, block: Any) -> bytes:
    return event("contentBlockStart", {"contentBlockIndex": index, "start": block})


def delta(index: int, change: Any) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": change})


def end(index: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": index})


def stop(reason: str = "end_turn", **more: Any) -> bytes:
    return event("messageStop", {"stopReason": reason, **more})


def streamed(*frames: bytes, limits: Limits | None = None) -> Run:
    """A stream of these frames, in one piece."""
    return stream(decoder(limits), [b"".join(frames)])


def said(*frames: bytes, reason: str = "end_turn") -> Run:
    """A whole stream with these frames in its middle."""
    return streamed(START, *frames, stop(reason), METADATA)


def answered(*content: Any, **more: Any) -> Run:
    """A body with this content."""
    message = {"role": "assistant", "content": list(content)}
    body = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE} | more
    return whole(decoder(), json.dumps(body).encode())
