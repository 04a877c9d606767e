"""Requests and streams of `ag_ui` for the tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.ag_ui import DIALECT
from fairlead.dialects.ag_ui.decode import RunDecoder
from fairlead.errors import FairleadError
from fairlead.ports import Encoded, Limits
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

ASK = (Message.user("hi"),)
TARGET = Target("agents", "agent", "chat", DIALECT.name, "http://127.0.0.1:8000/")
MINE = Tool("mine")
START = {"type": "RUN_STARTED", "threadId": "t1", "runId": "r1"}
FINISHED = {"type": "RUN_FINISHED", "threadId": "t1", "runId": "r1"}


def encoded(
    messages: tuple[Message, ...] = ASK, *, unsupported: UnsupportedPolicy = "error", **fields: Any
) -> Encoded:
    request = ChatRequest("m", messages, **fields)
    return DIALECT.encode(request, TARGET, stream=False, unsupported=unsupported)


def body(messages: tuple[Message, ...] = ASK, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encoded(messages, **fields).body)
    return decoded


def decoder(limits: Limits | None = None, request: ChatRequest | None = None) -> RunDecoder:
    asked = request or ChatRequest("m", ASK, tools=(MINE,))
    return DIALECT.decoder(asked, TARGET, limits or Limits())


def sse(*events: Any) -> bytes:
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def says(text: str, message_id: str = "m1") -> dict[str, Any]:
    return event("TEXT_MESSAGE_CONTENT", messageId=message_id, delta=text)


def calls(call_id: str, name: str, arguments: str = "{}") -> tuple[dict[str, Any], ...]:
    return (
        event("TOOL_CALL_START", toolCallId=call_id, toolCallName=name, parentMessageId="m0"),
        event("TOOL_CALL_ARGS", toolCallId=call_id, delta=arguments),
        event("TOOL_CALL_END", toolCallId=call_id),
    )


def result(decoding: RunDecoder) -> ChatResponse:
    assert decoding.failure is None
    assert decoding.finished
    return decoding.result(
        receipt=Receipt("chat", TARGET.label), raw=RawResponse(200, ()), warnings=()
    )


def streamed(*events: Any, request: ChatRequest | None = None, **finished: Any) -> ChatResponse:
    """The answer of a run between its start and its end."""
    decoding = decoder(request=request)
    decoding.feed(sse(START, *events, FINISHED | finished))
    decoding.close()
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
