"""How much the model shall think, and how long its answer may be.

Claude 4.6 and later take an effort and decide themselves; older ones, and most other models behind
this protocol, take a budget of tokens. Thinking counts toward `max_tokens`, which the protocol
requires: where the caller gives none, there is room for both.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects import claude
from fairlead.dialects.anthropic_messages.options import AnthropicOptions
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

ADAPTIVE_LIMIT = 16384

Thinking = Mapping[str, object]


def thinking(
    request: ChatRequest, options: AnthropicOptions, target: Target, losses: Losses
) -> tuple[Thinking | None, str | None]:
    """The `thinking` object and the effort to send."""
    wanted = request.reasoning_effort
    if wanted is None:
        return options.thinking, options.effort
    if options.thinking is not None or options.effort is not None:
        raise InvalidRequest(
            "give either reasoning_effort, or thinking and effort in AnthropicOptions"
        )
    form = claude.thinking_form(target.model)
    if wanted == "none":
        return (None if form == "none" else {"type": "disabled"}), None
    if form == "none":
        losses.unsupported("reasoning_effort", "Claude thinks from version 3.7 on")
        return None, None
    if form == "budget":
        return {
            "type": "enabled",
            "budget_tokens": claude.thinking_budget(wanted, request.max_tokens),
        }, None
    if wanted == "minimal":
        losses.warnings.append("reasoning effort 'minimal' was sent as 'low', the least there is")
        wanted = "low"
    return {"type": "adaptive"}, wanted


def answer_limit(model: str, asked: Thinking | None, effort: str | None) -> int:
    """`max_tokens` where the caller gives none."""
    budget = (asked or {}).get("budget_tokens")
    if isinstance(budget, int):
        return budget + claude.answer_limit(model)
    if effort is not None or (asked is not None and asked.get("type") != "disabled"):
        return ADAPTIVE_LIMIT
    return claude.answer_limit(model)
