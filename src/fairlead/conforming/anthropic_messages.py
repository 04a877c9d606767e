"""Anthropic's messages: what answers, events, errors and usage look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from fairlead.conforming.answer import at
from fairlead.conforming.protocol import (
    HTTP,
    JSON,
    SSE,
    Protocol,
    named_problem,
    parsed,
    shape_problem,
)
from fairlead.framing.sse import Frame

_DOCS = "https://platform.claude.com/docs/en"
_ANSWER = {
    "id": str,
    "type": str,
    "role": str,
    "content": list,
    "model": str,
    "stop_reason": str,
    "usage.input_tokens": int,
    "usage.output_tokens": int,
}

_READ = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class AnthropicMessages(Protocol):
    name = "anthropic_messages"
    path = "/v1/messages"
    models_path = "/v1/models"
    headers = (("anthropic-version", "2023-06-01"),)
    request_ids = ("request-id", "x-request-id")
    sources: ClassVar[dict[str, str]] = {
        "create": f"{_DOCS}/api/messages",
        "object": f"{_DOCS}/api/messages",
        "stream": f"{_DOCS}/build-with-claude/streaming",
        "errors": f"{_DOCS}/api/errors",
        "key": f"{_DOCS}/api/errors",
        "tools": f"{_DOCS}/agents-and-tools/tool-use/overview",
        "schema": f"{_DOCS}/build-with-claude/structured-outputs",
        "request_id": f"{_DOCS}/api/errors",
        "sse": SSE,
        "http": HTTP,
        "json": JSON,
    }

    def key_headers(self, key: str) -> tuple[tuple[str, str], ...]:
        return (("x-api-key", key),)

    def error_problem(self, data: object) -> str | None:
        problem = shape_problem(data, {"type": str, "error.type": str, "error.message": str})
        if problem is not None:
            return problem
        return None if at(data, "type") == "error" else f"type is {at(data, 'type')}, not error"

    def answer_problem(self, data: object) -> str | None:
        problem = shape_problem(data, _ANSWER)
        if problem is not None:
            return problem
        kind, role = at(data, "type"), at(data, "role")
        if (kind, role) != ("message", "assistant"):
            return f"type and role are {kind} and {role}, not message and assistant"
        return None

    def end_problem(self, frames: Sequence[Frame]) -> str | None:
        kinds = [at(parsed(frame), "type") for frame in frames]
        ends = kinds.count("message_stop")
        if ends != 1:
            return f"message_stop came {ends} times"
        return None if kinds[-1] == "message_stop" else f"{kinds[-1]} came after message_stop"

    def events_problem(self, frames: Sequence[Frame]) -> str | None:
        problem = named_problem(frames)
        if problem is not None:
            return problem
        kinds = [at(parsed(frame), "type") for frame in frames]
        shown = [kind for kind in kinds if kind != "ping"]
        if shown[:1] != ["message_start"]:
            return f"the first event is {shown[0] if shown else 'missing'}, not message_start"
        if "message_delta" not in kinds:
            return "message_delta, which tells how the message ended, is missing"
        return _blocks_problem(frames)

    def usage_problem(self, usage: object) -> str | None:
        if not all(isinstance(at(usage, name), int) for name in ("input_tokens", "output_tokens")):
            return "usage has no numbers in input_tokens, output_tokens"
        counts = {name: found for name in _READ if isinstance(found := at(usage, name), int)}
        if sum(counts.values()) <= 0:
            return "usage counts nothing that was read"
        return None if at(usage, "output_tokens") else "usage counts nothing that was written"


def _blocks_problem(frames: Sequence[Frame]) -> str | None:
    """Blocks are opened, written and closed one after the other."""
    current: object = None
    for frame in frames:
        event = parsed(frame)
        kind, index = at(event, "type"), at(event, "index")
        if kind == "content_block_start" and current is None and index is not None:
            current = index
        elif kind == "content_block_stop" and index == current and current is not None:
            current = None
        elif kind in ("content_block_start", "content_block_stop"):
            return f"{kind} of block {index} came while block {current} was open"
        elif kind == "content_block_delta" and (index != current or current is None):
            return f"content_block_delta of block {index} came while block {current} was open"
    return None if current is None else f"block {current} was never closed"
