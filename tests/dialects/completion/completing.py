"""Completions built by hand: requests and what they become, and decoders that have read answers."""

from __future__ import annotations

import json
from typing import Any

from fairlead.errors import FairleadError
from fairlead.ports import Dialect, Encoded, Limits
from fairlead.types.events import Event
from fairlead.types.operations import CompletionRequest
from fairlead.types.receipts import Receipt
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Quirks, Target

Completions = Dialect[CompletionRequest]


def asking(**options: Any) -> CompletionRequest:
    return CompletionRequest(**{"model": "m", "prompt": "def f(", **options})


def aim(quirks: Quirks | None = None) -> Target:
    return Target("p", "model-1", "completion", "d", "https://p/", quirks or Quirks())


def encoded(
    dialect: Completions,
    request: CompletionRequest,
    quirks: Quirks | None = None,
    *,
    stream: bool = False,
    unsupported: UnsupportedPolicy = "error",
) -> Encoded:
    return dialect.encode(request, aim(quirks), stream=stream, unsupported=unsupported)


def body(
    dialect: Completions, request: CompletionRequest, quirks: Quirks | None = None, **more: Any
) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoded(dialect, request, quirks, **more).body)  # type: ignore[arg-type]
    return found


class Completed:
    """A decoder that has read everything it was given."""

    def __init__(
        self,
        dialect: Completions,
        limits: Limits | None = None,
        request: CompletionRequest | None = None,
    ) -> None:
        self.decoder = dialect.decoder(request or asking(), aim(), limits or Limits())
        self.events: list[Event] = []

    def stream(self, *pieces: bytes) -> Completed:
        for piece in pieces:
            self.events += self.decoder.feed(piece)
        self.events += self.decoder.close()
        return self

    def whole(self, body: bytes) -> Completed:
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
            receipt=Receipt("completion", "p/m"), raw=RawResponse(200, ()), warnings=()
        )


def frame(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
