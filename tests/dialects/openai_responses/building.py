"""Streams and bodies of the Responses protocol, put together for a test, and their answers."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.openai_responses import DIALECT
from fairlead.dialects.openai_responses.decode import ResponsesDecoder
from fairlead.errors import (
    FairleadError,
)
from fairlead.ports import Limits
from fairlead.types.events import (
    Event,
    Finish,
)
from fairlead.types.messages import (
    Message,
)
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Quirks, Target

Json = dict[str, Any]
LIMITS = Limits()
QUIRKS = Quirks()
USAGE = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}
CREATED = {"type": "response.created", "response": {"id": "r1", "model": "m"}}


def decoder(limits: Limits = LIMITS, quirks: Quirks = QUIRKS) -> ResponsesDecoder:
    target = Target("openai", "m", "chat", DIALECT.name, "https://x.invalid/responses", quirks)
    return DIALECT.decoder(ChatRequest("m", (Message.user("Hi"),)), target, limits)


def sse(*events: Json) -> bytes:
    return b"".join(
        f"event: {event.get('type', 'x')}\ndata: {json.dumps(event)}\n\n".encode()
        for event in events
    )


def added(index: int, **item: object) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, **item: object) -> Json:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text_delta(text: str, index: int = 0, **more: object) -> Json:
    event = {"type": "response.output_text.delta", "output_index": index, "content_index": 0}
    return {**event, "delta": text, **more}


def completed(output: list[Json] | None = None, **more: object) -> Json:
    response = {"id": "r1", "model": "m", "status": "completed", "output": output or []}
    return {"type": "response.completed", "response": {**response, "usage": USAGE, **more}}


def message(*content: Json, **more: object) -> Json:
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": list(content)}
    return {**item, **more}


def output_text(text: str, *annotations: Json) -> Json:
    return {"type": "output_text", "text": text, "annotations": list(annotations)}


def answer(one: ResponsesDecoder) -> ChatResponse:
    assert one.failure is None, one.failure
    assert one.finished
    raw = RawResponse(200, ())
    return one.result(receipt=Receipt("chat", "openai/m"), raw=raw, warnings=())


def streamed(*events: Json) -> tuple[list[Event], ChatResponse]:
    one = decoder()
    found = [*one.feed(sse(*events)), *one.close()]
    return found, answer(one)


def whole(body: Json, quirks: Quirks = QUIRKS) -> ChatResponse:
    one = decoder(quirks=quirks)
    one.whole(json.dumps(body).encode())
    return answer(one)


def body(*output: Json, **more: object) -> Json:
    return {"object": "response", "id": "r1", "status": "completed", "output": [*output], **more}


def failed(*events: Json) -> FairleadError:
    one = decoder()
    found = [*one.feed(sse(*events)), *one.close()]
    assert not any(isinstance(event, Finish) for event in found)
    assert one.failure is not None
    return one.failure
