"""Streams and bodies of `gemini` for the tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.gemini import DIALECT
from fairlead.dialects.gemini.decode import GeminiDecoder
from fairlead.errors import FairleadError
from fairlead.ports import Limits
from fairlead.types.events import Event
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool

TARGET = Target("gemini", "gemini-2.5-flash", "chat", DIALECT.name, "https://g.example/")
MCP = ProviderTool(DIALECT.name, {"mcpServers": [{"name": "weather"}]})


def decoder(limits: Limits | None = None, *tools: ProviderTool) -> GeminiDecoder:
    request = ChatRequest("m", (Message.user("hi"),), tools=tools)
    return DIALECT.decoder(request, TARGET, limits or Limits())


def chunk(*parts: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    """A chunk of one candidate; fields of the candidate are given by name."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, **more}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini", "responseId": "r1"}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"text": value, **more}


def thought(value: str, **more: Any) -> dict[str, Any]:
    return {"text": value, "thought": True, **more}


def sse(*chunks: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(one).encode() + b"\r\n\r\n" for one in chunks)


def result(decoding: GeminiDecoder) -> ChatResponse:
    assert decoding.failure is None
    assert decoding.finished
    return decoding.result(
        receipt=Receipt("chat", TARGET.label), raw=RawResponse(200, ()), warnings=()
    )


def streamed(*chunks: Any, tools: tuple[ProviderTool, ...] = ()) -> ChatResponse:
    decoding = decoder(None, *tools)
    decoding.feed(sse(*chunks))
    decoding.close()
    return result(decoding)


def unstreamed(body: Any, *tools: ProviderTool) -> ChatResponse:
    decoding = decoder(None, *tools)
    decoding.whole(json.dumps(body).encode())
    return result(decoding)


def failed(body: bytes, *, whole: bool = False) -> tuple[list[Event], FairleadError]:
    decoding = decoder()
    events = decoding.whole(body) if whole else decoding.feed(body) + decoding.close()
    assert decoding.failure is not None
    assert not decoding.finished
    return events, decoding.failure
