"""How much the model shall think: the protocol takes a budget of tokens, or none for no bound."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects.cohere.options import CohereOptions
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest

BUDGETS = {"minimal": 512, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 24576}
"""Tokens of thinking for an effort; `max` sets no bound."""


def thinking(request: ChatRequest, options: CohereOptions) -> Mapping[str, object] | None:
    """The `thinking` object to send."""
    effort = request.reasoning_effort
    if effort is None:
        return options.thinking
    if options.thinking is not None:
        raise InvalidRequest("give either reasoning_effort or CohereOptions.thinking, not both")
    if effort == "none":
        return {"type": "disabled"}
    budget = BUDGETS.get(effort)
    if budget is None:
        return {"type": "enabled"}
    return {"type": "enabled", "token_budget": budget}
