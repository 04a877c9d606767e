"""How long one attempt may take for an answer that comes whole (vendors allow 600 s)."""

from __future__ import annotations

from fairlead.ports import Timeouts

_SECONDS_PER_TOKEN = 3600 / 128_000
_REASONING_LEAST = 300.0
_LONG_EFFORTS = frozenset({"medium", "high", "xhigh", "max"})


def whole_answer_timeout(timeouts: Timeouts, max_tokens: int | None, effort: str | None) -> float:
    """Seconds. A bound on the answer's tokens bounds its time; without one, it may take it all."""
    if max_tokens is None:
        return timeouts.total
    seconds = max(timeouts.first_event, max_tokens * _SECONDS_PER_TOKEN)
    if effort in _LONG_EFFORTS:
        seconds = max(seconds, _REASONING_LEAST)
    return min(seconds, timeouts.total)
