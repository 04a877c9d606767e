"""A provider on loopback that answers whatever an example of the papers asks it.

It speaks OpenAI's protocol for chat and the operations beside it, Cohere's for reranking, and plays
an agent. A model that is given tools calls the first of them once.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.client.wire import DONE, JSON

from fairlead.testing.chat import calls, says
from fairlead.testing.server import Answer, Received, Script, respond, stream

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(64)

_BODIES: dict[str, dict[str, Any]] = {
    "/run": {"output": "Hi"},
    "/v1/models": {"data": [{"id": "gpt-5"}]},
    "/v2/rerank": {"id": "r1", "results": [{"index": 1, "relevance_score": 0.9}]},
    "/v1/images/generations": {"data": [{"b64_json": base64.b64encode(PNG).decode()}]},
    "/v1/audio/transcriptions": {
        "text": "Ahoy",
        "duration": 0.5,
        "segments": [{"text": "Ahoy", "start": 0.0, "end": 0.5}],
    },
}


def answer(request: Received) -> Answer:
    """What `request` gets."""
    if request.path in _BODIES:
        return respond(200, JSON, json.dumps(_BODIES[request.path]).encode())
    if request.path == "/stream":
        return list(stream([b'data: {"text":"Hi"}\n\n']))
    if request.path == "/v1/audio/speech":
        return respond(200, (("Content-Type", "audio/mpeg"),), MP3)
    asked = json.loads(request.body)
    if request.path == "/v1/completions":
        return _completion(asked)
    if asked.get("tools") and asked["messages"][-1]["role"] != "tool":
        return calls(asked["tools"][0]["function"]["name"], place="Dover")
    checked = "response_format" in asked and not asked.get("stream")
    return says('{"n":42}') if checked else says("Once", " upon")


def _completion(asked: dict[str, Any]) -> Script:
    choice = {"index": 0, "text": "    place", "finish_reason": "stop"}
    body = json.dumps({"id": "c1", "model": "m-1", "choices": [choice]}).encode()
    if not asked.get("stream"):
        return respond(200, JSON, body)
    return list(stream([b"data: " + body + b"\n\n", DONE]))
