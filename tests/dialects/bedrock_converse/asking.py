"""Requests for the tests, and what `bedrock_converse` makes of them."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.bedrock_converse import DIALECT
from fairlead.ports import Encoded
from fairlead.types.messages import Message, ProviderState
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

ASK = (Message.user("hi"),)
TOOL = Tool("now")


def target(model: str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0", **fields: Any) -> Target:
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{model}/converse"
    return Target("bedrock", model, "chat", DIALECT.name, url, **fields)


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
