"""Why the model stopped, in fairlead's words."""

from __future__ import annotations

from fairlead.types.responses import FinishReason

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_call",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
_HINTS: tuple[tuple[str, FinishReason], ...] = (
    ("error", "error"),
    ("malformed", "error"),
    ("filter", "content_filter"),
    ("guardrail", "content_filter"),
    ("refus", "content_filter"),
    ("exceeded", "length"),
    ("max_", "length"),
)


def finish_reason(raw: str | None, *, has_tool_calls: bool) -> FinishReason:
    """`has_tool_calls`: the answer holds calls that the caller must run, whatever `raw` says."""
    reason = _REASONS.get(raw or "") or _guess(raw or "")
    return "tool_call" if reason == "stop" and has_tool_calls else reason


def _guess(raw: str) -> FinishReason:
    """For a reason that is not known: what its word says."""
    for hint, reason in _HINTS:
        if hint in raw.lower():
            return reason
    return "stop"
