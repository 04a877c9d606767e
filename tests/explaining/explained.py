"""Explanations of requests for a plain target of each dialect, and reading a body by a path."""

from __future__ import annotations

import re
from typing import Any

from fairlead.dialects.grounding import grounded
from fairlead.dialects.registry import dialect_named
from fairlead.engine.codecs import ChatCodec
from fairlead.explaining.explain import explanation
from fairlead.explaining.written import Written, written
from fairlead.ports import Limits
from fairlead.types.explained import ExplainedField, Explanation
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Quirks, Target

MODELS = {"anthropic_messages": "claude-sonnet-4-5", "gemini": "gemini-3-pro"}
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def target_of(dialect: str, quirks: Quirks | None = None) -> Target:
    model = MODELS.get(dialect, "m-1")
    url = f"https://p.example/{model}/chat"
    return Target("p", model, "chat", dialect, url, quirks or Quirks())


def explain(
    dialect: str,
    *messages: Message,
    policy: UnsupportedPolicy = "warn",
    quirks: Quirks | None = None,
    **fields: Any,
) -> Explanation:
    """What the request becomes for a target of the dialect."""
    return explained(
        ChatRequest("m-1", messages or (Message.user("Hi"),), **fields), dialect, policy, quirks
    )


def explained(
    request: ChatRequest,
    dialect: str,
    policy: UnsupportedPolicy = "warn",
    quirks: Quirks | None = None,
) -> Explanation:
    target, chosen = target_of(dialect, quirks), dialect_named(dialect)

    def write(request: ChatRequest) -> Written:
        speaker = grounded(chosen) if request.documents else chosen
        codec = ChatCodec(
            speaker, request, target, stream=False, unsupported="warn", limits=Limits()
        )
        return written(codec.request(), codec.warnings, codec.dropped)

    return explanation(request, target, write, policy=policy, shown=lambda http: http.headers)


def row(found: Explanation, field: str) -> ExplainedField:
    (only,) = [one for one in found.fields if one.field == field]
    return only


def standing_at(body: Any, path: str) -> object:
    """What a reader finds who follows a path, such as `messages[0].content`."""
    for index, name in STEP.findall(path):
        body = body[int(index)] if index else body[name]
    return body
