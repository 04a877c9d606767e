"""Requests for the tests, and what `anthropic_messages` makes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.ports import Encoded
from fairlead.types.messages import (
    Message,
    ProviderState,
)
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

ASK = (Message.user("hi"),)
TOOL = Tool("now")


def target(model: str = "claude-sonnet-4-5", **fields: Any) -> Target:
    url = "https://api.anthropic.com/v1/messages"
    return Target("anthropic", model, "chat", DIALECT.name, url, **fields)


def encoded(
    messages: tuple[Message, ...] = ASK,
    *,
    to: Target | None = None,
    stream: bool = False,
    unsupported: UnsupportedPolicy = "error",
    **fields: Any,
) -> Encoded:
    request = ChatRequest("m", messages, **fields)
    return DIALECT.encode(request, to or target(), stream=stream, unsupported=unsupported)


def body(messages: tuple[Message, ...] = ASK, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encoded(messages, **fields).body)
    return decoded


def blocks(message: Message, *before: Message, **fields: Any) -> Any:
    return body((*before, message), **fields)["messages"][-1]["content"]


def own(data: str) -> ProviderState:
    return ProviderState(DIALECT.name, data)


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def base64_source(media_type: str, data: str) -> dict[str, str]:
    return {"type": "base64", "media_type": media_type, "data": data}
