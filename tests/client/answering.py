"""The same text, streamed in pieces, in the words of several dialects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.client.wire import pieces as openai_pieces

DIALECTS = ("openai_chat", "anthropic_messages", "gemini", "cohere")


def chunks(dialect: str, texts: Sequence[str]) -> list[bytes]:
    """The server-sent events of one answer of `texts`."""
    made: list[bytes] = {
        "openai_chat": lambda: openai_pieces(*texts),
        "anthropic_messages": lambda: _anthropic(texts),
        "gemini": lambda: _gemini(texts),
        "cohere": lambda: _cohere(texts),
    }[dialect]()
    return made


def called(dialect: str, name: str, texts: Sequence[str]) -> list[bytes]:
    """The same text as the arguments of a call."""
    if dialect == "anthropic_messages":
        return _anthropic(texts, name)
    function: dict[str, Any] = {"name": name, "arguments": ""}
    deltas = [{"tool_calls": [{"index": 0, "id": "c1", "function": function}]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": text}}]} for text in texts]
    found = [_data({"choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    return [*found, _data(end), b"data: [DONE]\n\n"]


def _anthropic(texts: Sequence[str], tool: str | None = None) -> list[bytes]:
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    start: dict[str, Any] = {"type": "text", "text": ""}
    if tool is not None:
        start = {"type": "tool_use", "id": "t1", "name": tool, "input": {}}
    kind, field = ("text_delta", "text") if tool is None else ("input_json_delta", "partial_json")
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": start},
    ]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: text}}
        for text in texts
    ]
    stop = {"stop_reason": "end_turn" if tool is None else "tool_use", "stop_sequence": None}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]
    return [f"event: {e['type']}\n".encode() + _data(e) for e in events]


def _gemini(texts: Sequence[str]) -> list[bytes]:
    found = []
    for place, text in enumerate(texts):
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
        body: dict[str, Any] = {"candidates": [candidate], "responseId": "r", "modelVersion": "m"}
        if place == len(texts) - 1:
            candidate["finishReason"] = "STOP"
            body["usageMetadata"] = {"promptTokenCount": 9, "candidatesTokenCount": 4}
        found.append(_data(body))
    return found


def _cohere(texts: Sequence[str]) -> list[bytes]:
    usage = {"tokens": {"input_tokens": 9, "output_tokens": 4}}
    part = {"type": "text", "text": ""}
    events: list[dict[str, Any]] = [
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": part}}},
    ]
    events += [
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}
        for text in texts
    ]
    end = {"finish_reason": "COMPLETE", "usage": usage}
    events += [{"type": "content-end", "index": 0}, {"type": "message-end", "delta": end}]
    return [f"event: {e['type']}\n".encode() + _data(e) for e in events]


def _data(value: object) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
