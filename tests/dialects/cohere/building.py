"""Requests, streams and bodies of `cohere` for the tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.cohere import DIALECT
from fairlead.dialects.cohere.decode import ChatDecoder
from fairlead.errors import FairleadError
from fairlead.ports import Encoded, Limits
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target

ASK = (Message.user("hi"),)
TARGET = Target("cohere", "command", "chat", DIALECT.name, "https://api.cohere.com/v2/chat")
START = {"type": "message-start", "id": "r1", "delta": {"message": {"role": "assistant"}}}


def encoded(
    messages: tuple[Message, ...] = ASK, *, unsupported: UnsupportedPolicy = "error", **fields: Any
) -> Encoded:
    request = ChatRequest("m", messages, **fields)
    return DIALECT.encode(request, TARGET, stream=False, unsupported=unsupported)


def body(messages: tuple[Message, ...] = ASK, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encoded(messages, **fields).body)
    return decoded


def decoder(limits: Limits | None = None) -> ChatDecoder:
    return DIALECT.decoder(ChatRequest("m", ASK), TARGET, limits or Limits())


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)


def piece(kind: str, index: int | None = 0, **message: Any) -> dict[str, Any]:
    """An event with a message in its delta."""
    return {"type": kind, "index": index, "delta": {"message": message}}


def last(reason: str = "COMPLETE", **delta: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason} | delta}


def result(decoding: ChatDecoder) -> ChatResponse:
    assert decoding.failure is None
    assert decoding.finished
    return decoding.result(
        receipt=Receipt("chat", TARGET.label), raw=RawResponse(200, ()), warnings=()
    )


def streamed(*events: dict[str, Any]) -> ChatResponse:
    """The answer of a stream; `message-end` is added where it is not the last event."""
    ended = events and events[-1]["type"] == "message-end"
    decoding = decoder()
    decoding.feed(sse(START, *events, *(() if ended else (last(),))))
    decoding.close()
    return result(decoding)


def whole(message: Any, **fields: Any) -> ChatResponse:
    decoding = decoder()
    answer = {"id": "r1", "message": message, "finish_reason": "COMPLETE"} | fields
    decoding.whole(json.dumps(answer).encode())
    return result(decoding)


def failed(data: bytes, *, stream: bool = True) -> FairleadError:
    decoding = decoder()
    if stream:
        decoding.feed(data)
        decoding.close()
    else:
        decoding.whole(data)
    assert decoding.failure is not None
    assert not decoding.finished
    return decoding.failure
