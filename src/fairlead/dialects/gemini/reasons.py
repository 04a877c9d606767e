"""Why the model stopped, in fairlead's words."""

from __future__ import annotations

from fairlead.types.responses import FinishReason

UNSPECIFIED = ("", "FINISH_REASON_UNSPECIFIED", "0")
"""Words that name no reason; the answer goes on."""

_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "LANGUAGE": "error",
    "OTHER": "error",
    "NO_IMAGE": "error",
    "IMAGE_OTHER": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
}
_NUMBERS: dict[str, FinishReason] = {
    "1": "stop",
    "2": "length",
    "3": "content_filter",
    "4": "content_filter",
    "5": "error",
}
"""The numbers that the Gemini API and Vertex give the same meaning."""
_HINTS: tuple[tuple[str, FinishReason], ...] = (
    ("SAFETY", "content_filter"),
    ("PROHIBITED", "content_filter"),
    ("BLOCK", "content_filter"),
    ("RECITATION", "content_filter"),
    ("MAX_", "length"),
    ("MALFORMED", "error"),
    ("UNEXPECTED", "error"),
    ("ERROR", "error"),
)


def finish_reason(raw: str | None, *, has_tool_calls: bool) -> FinishReason:
    """`has_tool_calls`: the answer holds calls that the caller must run, whatever `raw` says."""
    word = (raw or "").upper()
    reason = _REASONS.get(word) or _NUMBERS.get(word) or _guess(word)
    return "tool_call" if reason == "stop" and has_tool_calls else reason


def _guess(word: str) -> FinishReason:
    """For a reason that is not known: what its word says."""
    return next((reason for hint, reason in _HINTS if hint in word), "stop")
