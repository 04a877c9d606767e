"""Requests for the tests, and what `gemini` makes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.gemini import DIALECT
from fairlead.ports import Encoded
from fairlead.types.messages import Message, Part, ProviderState, ToolCall
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

ASK = (Message.user("hi"),)
TOOL = Tool("now")
BASE = "https://generativelanguage.googleapis.com/v1beta"


def target(model: str = "gemini-2.5-flash", **fields: Any) -> Target:
    url = f"{BASE}/models/{model}:generateContent"
    return Target("gemini", model, "chat", DIALECT.name, url, **fields)


def encoded(
    messages: tuple[Message, ...] = ASK,
    *,
    model: str = "gemini-2.5-flash",
    to: Target | None = None,
    unsupported: UnsupportedPolicy = "error",
    **fields: Any,
) -> Encoded:
    request = ChatRequest("m", messages, **fields)
    return DIALECT.encode(request, to or target(model), stream=False, unsupported=unsupported)


def body(messages: tuple[Message, ...] = ASK, **fields: Any) -> dict[str, Any]:
    sent = encoded(messages, **fields).body
    assert isinstance(sent, bytes)
    decoded: dict[str, Any] = json.loads(sent)
    return decoded


def config(**fields: Any) -> Any:
    """What becomes of settings."""
    return body(**fields).get("generationConfig")


def parts(message: Message, *before: Message, **fields: Any) -> Any:
    """The parts of the last turn."""
    return body((*before, message), **fields)["contents"][-1]["parts"]


def said(*content: Part, **fields: Any) -> Any:
    """What becomes of parts that the model said."""
    return parts(Message.assistant(*content), *ASK, **fields)


def own(data: str) -> ProviderState:
    return ProviderState(DIALECT.name, data)


def call(call_id: str, name: str = "add", arguments: str = '{"a":1}', **fields: Any) -> ToolCall:
    return ToolCall(call_id, name, arguments, **fields)
