"""Requests that carry the beginning of their answer: which targets take them, and how they look."""

from __future__ import annotations

from math import ceil

from msgspec.structs import replace

from fairlead.dialects.claude import takes_prefill as claude_takes
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

_OF_CLAUDE = ("anthropic_messages", "bedrock_converse")
_CHARACTERS_PER_TOKEN = 4


def takes_prefill(target: Target) -> bool:
    """Whether the target goes on with a last message of the assistant."""
    how = target.quirks.prefill
    if how == "claude":
        return target.dialect in _OF_CLAUDE and claude_takes(target.model)
    return bool(how) and target.dialect == "openai_chat"


def repeats(target: Target) -> bool:
    """Whether its answer begins with that message again."""
    return target.quirks.prefill == "prefix"


def hindrance(request: ChatRequest) -> str:
    """Why an answer to `request` cannot be continued wherever it was cut; empty where it can."""
    if request.output is not None:
        return "an answer in JSON cannot be continued"
    if request.reasoning_effort not in (None, "none"):
        return "an answer with reasoning cannot be continued"
    if request.logprobs:
        return "an answer with log probabilities cannot be continued"
    if request.documents:
        return "an answer that cites documents cannot be continued"
    if _choices(request) > 1:
        return "one of several choices cannot be continued"
    return ""


def _choices(request: ChatRequest) -> int:
    asked = getattr(request.options, "n", None) or (request.extra_body or {}).get("n")
    return asked if isinstance(asked, int) else 1


def prefilled(request: ChatRequest, written: str) -> ChatRequest:
    """`request` for what comes behind `written`, whose tokens are taken off the answer's bound.

    Blanks at the end are left out: some providers refuse them there.
    """
    text = written.rstrip()
    most = request.max_tokens
    if most is not None:
        most = max(1, most - ceil(len(text) / _CHARACTERS_PER_TOKEN))
    messages = (*request.messages, Message.assistant(text)) if text else request.messages
    return replace(request, messages=messages, max_tokens=most)
