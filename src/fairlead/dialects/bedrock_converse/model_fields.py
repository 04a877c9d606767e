"""What the protocol leaves to each model: reasoning and `top_k`, in `additionalModelRequestFields`.

Which model it is, its name tells. Sources: the user guide's pages on Claude's extended thinking,
Nova's request schema and gpt-oss, read 2026-11, and recorded requests that were taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects import claude
from fairlead.dialects.bedrock_converse.options import BedrockOptions
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

Fields = dict[str, object]

_TOP_K: Mapping[str, str] = {"claude": "top_k", "mistral": "top_k", "cohere": "k"}
_EFFORTS = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""The three that models other than Claude know."""
_FIELDS = "name the model's own fields in BedrockOptions(additional=...)"


def model_fields(
    request: ChatRequest, options: BedrockOptions, target: Target, losses: Losses
) -> Fields:
    """`additionalModelRequestFields`. Raises `InvalidRequest` for a field that is set twice."""
    fields: Fields = {}
    if options.thinking is not None:
        fields["thinking"] = options.thinking
    if request.reasoning_effort is not None:
        if options.thinking is not None or options.effort is not None:
            raise InvalidRequest(
                "give either reasoning_effort, or thinking and effort in BedrockOptions"
            )
        fields |= _reasoning(request, target.model.lower(), losses)
    if request.top_k is not None:
        fields |= _top_k(request.top_k, target.model.lower(), losses)
    for name, value in (options.additional or {}).items():
        if name in fields:
            raise InvalidRequest(
                f"BedrockOptions(additional=...) sets {name!r}, which the request sets already; "
                "set it in one place"
            )
        fields[name] = value
    return fields


def _top_k(top_k: int, model: str, losses: Losses) -> Fields:
    if "nova" in model:
        return {"inferenceConfig": {"topK": top_k}}
    for family, name in _TOP_K.items():
        if family in model:
            return {name: top_k}
    losses.unsupported("top_k", _FIELDS)
    return {}


def _reasoning(request: ChatRequest, model: str, losses: Losses) -> Fields:
    wanted = request.reasoning_effort or "none"
    if "claude" in model:
        return _claude(request, wanted, model, losses)
    if "nova-2" in model and wanted == "none":
        return {"reasoningConfig": {"type": "disabled"}}
    if "nova-2" in model:
        effort = _nearest(wanted, losses)
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    name = "reasoning_effort" if "gpt-oss" in model else "reasoning_config"
    if wanted == "none" or not ("gpt-oss" in model or "qwen" in model):
        losses.unsupported(f"reasoning_effort={wanted!r}", _FIELDS)
        return {}
    return {name: _nearest(wanted, losses)}


def _claude(request: ChatRequest, wanted: str, model: str, losses: Losses) -> Fields:
    form = claude.thinking_form(model)
    if wanted == "none":
        return {} if form == "none" else {"thinking": {"type": "disabled"}}
    if form == "none":
        losses.unsupported("reasoning_effort", "Claude thinks from version 3.7 on")
        return {}
    if form == "budget":
        budget = claude.thinking_budget(wanted, request.max_tokens)
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    if wanted == "minimal":
        _nearest(wanted, losses)
        wanted = "low"
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": wanted}}


def _nearest(wanted: str, losses: Losses) -> str:
    effort = _EFFORTS[wanted]
    if effort != wanted:
        losses.warnings.append(f"reasoning effort {wanted!r} was sent as {effort!r}, the nearest")
    return effort
