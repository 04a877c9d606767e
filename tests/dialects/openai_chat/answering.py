"""Answers built by hand, and a decoder that reads them."""

from __future__ import annotations

import json

from fairlead.dialects.openai_chat import DIALECT, OpenAIChatOptions
from fairlead.errors import (
    FairleadError,
)
from fairlead.ports import Limits
from fairlead.types.events import (
    Event,
)
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Quirks, Target

DONE = b"data: [DONE]\n\n"
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


class Answered:
    """A decoder that has read everything it was given."""

    def __init__(
        self,
        quirks: Quirks | None = None,
        limits: Limits | None = None,
        options: OpenAIChatOptions | None = None,
    ) -> None:
        target = Target("p", "m", "chat", "openai_chat", "https://p/", quirks or Quirks())
        request = ChatRequest("m", (Message.user("Hi"),), options=options)
        self.decoder = DIALECT.decoder(request, target, limits or Limits())
        self.events: list[Event] = []

    def stream(self, *pieces: bytes) -> Answered:
        for piece in pieces:
            self.events += self.decoder.feed(piece)
        self.events += self.decoder.close()
        return self

    def whole(self, body: bytes) -> Answered:
        self.events += self.decoder.whole(body)
        return self

    @property
    def failure(self) -> FairleadError | None:
        return self.decoder.failure

    @property
    def response(self) -> ChatResponse:
        if self.decoder.failure is not None:
            raise self.decoder.failure
        return self.decoder.result(
            receipt=Receipt("chat", "p/m"), raw=RawResponse(200, ()), warnings=()
        )


def frame(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chunk(delta: object, finish: str | None = None, index: int = 0, **more: object) -> bytes:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return frame({"id": "c1", "model": "m1", "choices": [choice], **more})


def calls(*deltas: dict[str, object], finish: str = "tool_calls") -> ChatResponse:
    chunks = [chunk({"tool_calls": [delta]}) for delta in deltas]
    return Answered().stream(*chunks, chunk({}, finish), DONE).response


def body(message: dict[str, object], finish: str | None = "stop", **more: object) -> bytes:
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return json.dumps({"id": "c1", "model": "m1", "choices": choices, **more}).encode()


def function(name: str | None = None, arguments: object = None) -> dict[str, object]:
    return {"name": name, "arguments": arguments}
