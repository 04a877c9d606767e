"""Why an answer ended, in our words."""

from __future__ import annotations

from fairlead.types.responses import FinishReason

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "tool_call": "tool_call",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "error": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
}


def finish_reason(raw: str | None, *, has_tool_calls: bool) -> FinishReason:
    """The reason for `raw`; calls that wait for an answer turn a mere stop into `tool_call`."""
    word = (raw or "").lower()
    reason = _REASONS.get(word) or _guess(word)
    return "tool_call" if has_tool_calls and reason == "stop" else reason


def _guess(word: str) -> FinishReason:
    if "filter" in word or "safety" in word:
        return "content_filter"
    if "length" in word or "max_tokens" in word:
        return "length"
    return "error" if "error" in word else "stop"
