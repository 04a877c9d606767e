"""What people and models wrote, in the JSON that OpenTelemetry's conventions give for messages.

Used only where content was asked for. Data of images and files is left out; their kind is not.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.telemetry.semconv import finish_reason
from fairlead.types.messages import Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

LARGEST = 64 << 10
"""Characters of one attribute; longer content is cut there."""

Shape = dict[str, object]


def instructions(messages: Iterable[Message]) -> str | None:
    """The system's messages, as a list of parts; None where there are none."""
    found = [_part(part) for m in messages if m.role == "system" for part in m.parts]
    return _text(found) if found else None


def asked(messages: Iterable[Message]) -> str:
    """All other messages of a request."""
    return _text([_message(message) for message in messages if message.role != "system"])


def answered(message: Message, reason: str) -> str:
    """The answer, with why it ended."""
    return _text([_message(message) | {"finish_reason": finish_reason(reason)}])


def _message(message: Message) -> Shape:
    return {"role": message.role, "parts": [_part(part) for part in message.parts]}


def _part(part: Part) -> Shape:
    if isinstance(part, Text | Refusal):
        return {"type": "text", "content": part.text}
    if isinstance(part, Reasoning):
        return {"type": "reasoning", "content": part.text}
    if isinstance(part, ToolCall):
        return {
            "type": "tool_call",
            "id": part.id,
            "name": part.name,
            "arguments": part.arguments,
        }
    if isinstance(part, ToolResult):
        return {"type": "tool_call_response", "id": part.tool_call_id, "response": _said(part)}
    return {"type": type(part).__name__.lower()}


def _said(result: ToolResult) -> str:
    if isinstance(result.content, str):
        return result.content
    return "".join(part.text for part in result.content if isinstance(part, Text))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()[:LARGEST]
