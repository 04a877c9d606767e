"""Requests, streams and bodies of `ollama` for the tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.ollama import DIALECT
from fairlead.dialects.ollama.decode import LineDecoder
from fairlead.errors import FairleadError
from fairlead.ports import Encoded, Limits
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target

ASK = (Message.user("hi"),)
TARGET = Target("ollama", "llama", "chat", DIALECT.name, "http://127.0.0.1:11434/api/chat")
DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 4}


def encoded(
    messages: tuple[Message, ...] = ASK, *, unsupported: UnsupportedPolicy = "error", **fields: Any
) -> Encoded:
    request = ChatRequest("m", messages, **fields)
    return DIALECT.encode(request, TARGET, stream=False, unsupported=unsupported)


def body(messages: tuple[Message, ...] = ASK, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encoded(messages, **fields).body)
    return decoded


def decoder(limits: Limits | None = None) -> LineDecoder:
    return DIALECT.decoder(ChatRequest("m", ASK), TARGET, limits or Limits())


def lines(*objects: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in objects)


def says(text: str = "", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": text} | message
    return {"model": "llama", "created_at": "2026", "message": said, "done": False}


def result(decoding: LineDecoder) -> ChatResponse:
    assert decoding.failure is None
    assert decoding.finished
    return decoding.result(
        receipt=Receipt("chat", TARGET.label), raw=RawResponse(200, ()), warnings=()
    )


def streamed(*objects: Any) -> ChatResponse:
    decoding = decoder()
    decoding.feed(lines(*objects))
    decoding.close()
    return result(decoding)


def whole(answer: dict[str, Any]) -> ChatResponse:
    decoding = decoder()
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
