"""Requests built by hand, and what they become."""

from __future__ import annotations

import json
from typing import Any

from fairlead.dialects.openai_chat import DIALECT
from fairlead.ports import Encoded
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Quirks, Target

HI = (Message.user("Hi"),)


def encoded(
    request: ChatRequest,
    quirks: Quirks | None = None,
    *,
    stream: bool = False,
    unsupported: UnsupportedPolicy = "error",
) -> Encoded:
    target = Target("p", "model-1", "chat", "openai_chat", "https://p/", quirks or Quirks())
    return DIALECT.encode(request, target, stream=stream, unsupported=unsupported)


def body(request: ChatRequest, quirks: Quirks | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoded(request, quirks, **more).body)
    return found


def sent(*messages: Message, quirks: Quirks | None = None) -> list[dict[str, Any]]:
    """The messages as they go out."""
    found: list[dict[str, Any]] = body(ChatRequest("m", messages), quirks)["messages"]
    return found
