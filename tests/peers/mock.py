"""What aimock answers with, and how to look at what it was asked."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

TEXT = "Blue light is scattered most, même ici: that is why. ☀"
ANSWER = "It is clear in Zürich."
THOUGHT = "Let me think about it for a while."
LONG = "This sentence is cut somewhere in its middle, after several of its pieces have come."
USAGE = (11, 7)
VECTOR = [0.5, -0.25, 1.0]
CITY = {"city": "Zürich"}

_CALL = {"name": "weather", "arguments": CITY}
_COUNTS = {
    "prompt_tokens": USAGE[0],
    "completion_tokens": USAGE[1],
    "input_tokens": USAGE[0],
    "output_tokens": USAGE[1],
    "promptTokenCount": USAGE[0],
    "candidatesTokenCount": USAGE[1],
}


def _on(words: str, response: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"match": {"userMessage": words}, "response": response, **more}


def _error(status: int, message: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}, "status": status, **more}


FIXTURES: list[dict[str, Any]] = [
    _on("why is the sky blue", {"content": TEXT, "usage": _COUNTS}),
    {
        "match": {"userMessage": "weather", "hasToolResult": True},
        "response": {"content": ANSWER},
    },
    _on("weather", {"content": "Let me look. ", "toolCalls": [_CALL]}),
    _on("only the tool", {"toolCalls": [_CALL]}),
    _on("think", {"content": "Forty-two.", "reasoning": THOUGHT}),
    _on("too often", _error(429, "slow down", "rate_limit_error", retryAfter=7)),
    _on("too busy", _error(503, "try later", "overloaded_error")),
    _on("wrong key", _error(401, "no such key", "authentication_error")),
    _on("wrong words", _error(400, "what is that", "invalid_request_error")),
    # With a pause between pieces: otherwise the connection is gone before any was written.
    _on("cut", {"content": LONG}, latency=2, truncateAfterChunks=8),
    {"match": {"inputText": "embed"}, "response": {"embedding": VECTOR}},
]


class Mock:
    """A running aimock."""

    def __init__(self, url: str) -> None:
        self.url = url

    def last(self) -> dict[str, Any]:
        """The last request as it tells it: path, headers, and a body in the words of OpenAI."""
        entries: list[dict[str, Any]] = json.loads(self._control("journal"))
        return entries[-1]

    def fail_once(self, status: int) -> None:
        """The next request fails."""
        self._control("error", json.dumps({"status": status}).encode())

    def _control(self, name: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"{self.url}/__aimock/{name}", body) as answer:
            found: bytes = answer.read()
        return found
