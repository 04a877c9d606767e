"""OpenAI's chat completions: what answers, chunks, errors and usage look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from fairlead.conforming.answer import at
from fairlead.conforming.openai import OpenAIProtocol, documented
from fairlead.conforming.protocol import (
    parsed,
    shape_problem,
    sum_problem,
)
from fairlead.framing.sse import Frame

_DONE = b"[DONE]"
_FINISHES = ("stop", "length", "tool_calls", "content_filter", "function_call")
_ANSWER = {
    "id": str,
    "object": str,
    "created": int,
    "model": str,
    "choices.0.index": int,
    "choices.0.message.role": str,
    "choices.0.finish_reason": str,
}
_CHUNK = {"id": str, "object": str, "created": int, "model": str, "choices": list}


class OpenAIChat(OpenAIProtocol):
    name = "openai_chat"
    path = "/chat/completions"
    sources: ClassVar[dict[str, str]] = documented("chat")

    def answer_problem(self, data: object) -> str | None:
        problem = shape_problem(data, _ANSWER)
        if problem is not None:
            return problem
        if at(data, "object") != "chat.completion":
            return f"object is {at(data, 'object')}, not chat.completion"
        finish = at(data, "choices", 0, "finish_reason")
        return None if finish in _FINISHES else f"finish_reason {finish} is none of the protocol's"

    def end_problem(self, frames: Sequence[Frame]) -> str | None:
        ends = [data == _DONE for _, data, _ in frames]
        if not any(ends):
            return "the stream ended without data: [DONE]"
        if sum(ends) > 1:
            return f"data: [DONE] came {sum(ends)} times"
        return None if ends[-1] else "something came after data: [DONE]"

    def events_problem(self, frames: Sequence[Frame]) -> str | None:
        chunks = [parsed(frame) for frame in frames if frame[1] != _DONE]
        for chunk in chunks:
            problem = shape_problem(chunk, _CHUNK)
            if problem is not None:
                return f"a chunk is malformed: {problem}"
            if at(chunk, "object") != "chat.completion.chunk":
                return f"a chunk's object is {at(chunk, 'object')}, not chat.completion.chunk"
        if not chunks:
            return "no chunk came"
        if len({at(chunk, "id") for chunk in chunks}) != 1:
            return "the chunks of one stream have several ids"
        finishes = [reason for chunk in chunks if (reason := at(chunk, *_FINISH)) is not None]
        if len(finishes) != 1:
            return f"finish_reason came {len(finishes)} times"
        return None if finishes[0] in _FINISHES else f"finish_reason is {finishes[0]}"

    def usage_problem(self, usage: object) -> str | None:
        return sum_problem(usage, ("prompt_tokens", "completion_tokens"), "total_tokens")


_FINISH = ("choices", 0, "finish_reason")
