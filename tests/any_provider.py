"""A provider on loopback that answers whatever an example of the papers asks it.

It speaks OpenAI's protocol for chat and the operations beside it, Cohere's for reranking, and plays
an agent. A model that is given tools calls the first of them once.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.client.wire import DONE, JSON, USAGE, chunk, streamed, whole

from fairlead.testing.server import Received, Script, respond, stream

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(64)
ARGUMENTS = '{"place": "Dover"}'

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


def answer(request: Received) -> Script:
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
        return _call(asked)
    if asked.get("stream"):
        return streamed("Once", " upon")
    return whole('{"n":42}' if "response_format" in asked else "Once upon")


def _call(asked: dict[str, Any]) -> Script:
    function = {"name": asked["tools"][0]["function"]["name"], "arguments": ARGUMENTS}
    call = {"id": "call_1", "type": "function", "function": function}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return whole(choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}])
    head, rest = ARGUMENTS[:14], ARGUMENTS[14:]
    begun = {"index": 0, **call, "function": function | {"arguments": head}}
    deltas = [begun, {"index": 0, "function": {"arguments": rest}}]
    pieces = [chunk({"tool_calls": [delta]}) for delta in deltas]
    return list(stream([*pieces, chunk({}, "tool_calls"), USAGE, DONE]))


def _completion(asked: dict[str, Any]) -> Script:
    choice = {"index": 0, "text": "    place", "finish_reason": "stop"}
    body = json.dumps({"id": "c1", "model": "m-1", "choices": [choice]}).encode()
    if not asked.get("stream"):
        return respond(200, JSON, body)
    return list(stream([b"data: " + body + b"\n\n", DONE]))
