"""Why the model stopped, in fairlead's words."""

from __future__ import annotations

from fairlead.types.responses import FinishReason

_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "TOOL_CALL": "tool_call",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
    "ERROR": "error",
    "TIMEOUT": "error",
    "USER_CANCEL": "error",
}
_HINTS: tuple[tuple[str, FinishReason], ...] = (
    ("TOXIC", "content_filter"),
    ("FILTER", "content_filter"),
    ("SAFETY", "content_filter"),
    ("MAX_", "length"),
    ("LIMIT", "length"),
    ("ERROR", "error"),
)


def finish_reason(raw: str | None, *, has_tool_calls: bool) -> FinishReason:
    """`has_tool_calls`: the answer holds calls that the caller must run, whatever `raw` says."""
    word = (raw or "").upper()
    reason = _REASONS.get(word) or _guess(word)
    return "tool_call" if reason == "stop" and has_tool_calls else reason


def _guess(word: str) -> FinishReason:
    """For a reason that is not known: what its word says."""
    for hint, reason in _HINTS:
        if hint in word:
            return reason
    return "stop"
