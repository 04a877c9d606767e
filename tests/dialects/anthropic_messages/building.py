"""Streams and bodies of `anthropic_messages` for the tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.dialects.anthropic_messages.decode import MessagesDecoder
from fairlead.errors import (
    FairleadError,
)
from fairlead.ports import Limits
from fairlead.types.events import Event
from fairlead.types.messages import (
    Message,
)
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target

TARGET = Target("anthropic", "claude-sonnet-4-5", "chat", DIALECT.name, "https://api.anthropic.com")
START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "usage": {"input_tokens": 12, "output_tokens": 1},
    },
}
STOP = {"type": "message_stop"}
TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking", "thinking": "", "signature": ""}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}


def decoder(limits: Limits | None = None, max_tokens: int | None = 100) -> MessagesDecoder:
    request = ChatRequest("m", (Message.user("hi"),), max_tokens=max_tokens)
    return DIALECT.decoder(request, TARGET, limits or Limits())


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def begin(block: dict[str, Any], index: int | None = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(kind: str, index: int | None = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def end(index: int | None = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def last(reason: str | None = "end_turn", **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def result(decoding: MessagesDecoder) -> ChatResponse:
    assert decoding.failure is None
    assert decoding.finished
    return decoding.result(
        receipt=Receipt("chat", TARGET.label), raw=RawResponse(200, ()), warnings=()
    )


def streamed(*events: dict[str, Any], **fields: Any) -> ChatResponse:
    """The answer of a whole stream between `message_start` and `message_stop`."""
    decoding = decoder(**fields)
    decoding.feed(sse(START, *events, STOP))
    decoding.close()
    return result(decoding)


def unstreamed(*blocks: Any, **fields: Any) -> ChatResponse:
    body = {"type": "message", "id": "msg_1", "model": "claude", "content": list(blocks)} | fields
    decoding = decoder()
    decoding.whole(json.dumps(body).encode())
    return result(decoding)


def failed(body: bytes, *, whole: bool = False) -> tuple[list[Event], FairleadError]:
    decoding = decoder()
    events = decoding.whole(body) if whole else decoding.feed(body) + decoding.close()
    assert decoding.failure is not None
    assert not decoding.finished
    return events, decoding.failure
