"""OpenAI's responses: what answers, events, errors and usage look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from fairlead.conforming.answer import at
from fairlead.conforming.openai import OpenAIProtocol, documented
from fairlead.conforming.protocol import (
    named_problem,
    parsed,
    shape_problem,
    sum_problem,
)
from fairlead.framing.sse import Frame

_ANSWER: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "object": str,
    "created_at": (int, float),
    "status": str,
    "model": str,
    "output": list,
}
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_STATES = ("completed", "incomplete", "failed", "in_progress", "cancelled", "queued")


class OpenAIResponses(OpenAIProtocol):
    name = "openai_responses"
    path = "/responses"
    limit_field = "max_output_tokens"
    sources: ClassVar[dict[str, str]] = documented("responses")

    def answer_problem(self, data: object) -> str | None:
        problem = shape_problem(data, _ANSWER)
        if problem is not None:
            return problem
        if at(data, "object") != "response":
            return f"object is {at(data, 'object')}, not response"
        state = at(data, "status")
        return None if state in _STATES else f"status {state} is none of the protocol's"

    def end_problem(self, frames: Sequence[Frame]) -> str | None:
        kinds = [at(parsed(frame), "type") for frame in frames if frame[1] != b"[DONE]"]
        ends = [kind for kind in kinds if kind in _ENDS]
        if len(ends) != 1:
            return f"the stream has {len(ends)} closing events, such as response.completed"
        return None if kinds[-1] in _ENDS else f"{kinds[-1]} came after {ends[0]}"

    def events_problem(self, frames: Sequence[Frame]) -> str | None:
        events = [frame for frame in frames if frame[1] != b"[DONE]"]
        problem = named_problem(events)
        if problem is not None:
            return problem
        first = at(parsed(events[0]), "type") if events else None
        if first != "response.created":
            return f"the first event is {first}, not response.created"
        numbers = [at(parsed(event), "sequence_number") for event in events]
        counted = [number for number in numbers if type(number) is int]
        if len(counted) < len(numbers):
            return "an event has no sequence_number"
        return None if counted == sorted(set(counted)) else "sequence_number does not rise"

    def usage_problem(self, usage: object) -> str | None:
        return sum_problem(usage, ("input_tokens", "output_tokens"), "total_tokens")
