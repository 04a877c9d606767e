"""How much the model shall think: a level from Gemini 3 on, a budget of tokens before.

Thoughts count toward `maxOutputTokens`.
"""

from __future__ import annotations

from fairlead.dialects.gemini import models
from fairlead.dialects.gemini.options import GeminiOptions
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

BUDGETS = {
    "minimal": 512,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 24576,
    "max": 24576,
}
"""Tokens of thinking for an effort. The largest is the most that Gemini 2.5 Flash takes."""
LEAST_OF_PRO = 128
"""The least that Gemini 2.5 Pro takes, which cannot be kept from thinking."""

Thinking = dict[str, object]


def thinking(
    request: ChatRequest, options: GeminiOptions, target: Target, losses: Losses
) -> Thinking:
    """The `thinkingConfig`; empty where nothing was asked."""
    config: Thinking = {}
    effort = request.reasoning_effort
    if options.thinking_level is not None and options.thinking_budget is not None:
        raise InvalidRequest("give thinking_level or thinking_budget; the provider takes one")
    if effort is not None:
        if options.thinking_level is not None or options.thinking_budget is not None:
            raise InvalidRequest(
                "give either reasoning_effort, or a level or budget in GeminiOptions"
            )
        config = _of_effort(effort, target.model, losses)
    elif options.thinking_level is not None:
        config["thinkingLevel"] = options.thinking_level.upper()
    elif options.thinking_budget is not None:
        config["thinkingBudget"] = options.thinking_budget
    if options.include_thoughts is not None:
        config["includeThoughts"] = options.include_thoughts
    return config


def _of_effort(effort: str, model: str, losses: Losses) -> Thinking:
    form = models.thinking_form(model)
    if form == "none":
        if effort != "none":
            losses.unsupported("reasoning_effort", "Gemini thinks from version 2.5 on")
        return {}
    shown: Thinking = {} if effort == "none" else {"includeThoughts": True}
    if form == "level":
        return {"thinkingLevel": _level(effort, model, losses).upper()} | shown
    return {"thinkingBudget": _budget(effort, model, losses)} | shown


def _level(effort: str, model: str, losses: Losses) -> str:
    """The nearest level that the model takes, of two the cheaper one."""
    levels = models.thinking_levels(model)
    wanted = {"none": "minimal", "xhigh": "high", "max": "high"}.get(effort, effort)
    order = models.LEVELS.index
    found = min(levels, key=lambda level: (abs(order(level) - order(wanted)), order(level)))
    if effort == "none" or found != wanted:
        losses.warnings.append(f"reasoning effort {effort!r} was sent as level {found!r}")
    return found


def _budget(effort: str, model: str, losses: Losses) -> int:
    if effort != "none":
        return BUDGETS[effort]
    if not models.always_thinks(model):
        return 0
    losses.warnings.append(
        f"reasoning effort 'none' was sent as a budget of {LEAST_OF_PRO} tokens, the least there is"
    )
    return LEAST_OF_PRO
