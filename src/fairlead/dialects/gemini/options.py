"""What only this protocol can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from fairlead.dialects.gemini.wire import NAME
from fairlead.types.requests import Options


class GeminiOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `gemini`. Mappings are sent as they are; None is not sent.

    `thinking_level` (from Gemini 3 on) and `thinking_budget` (in tokens; 0 for none, -1 for as many
    as the model likes) are the exact way to say what `reasoning_effort` says roughly; give one of
    the three. `include_thoughts` asks for summaries of thoughts; by default they come wherever
    thinking is asked for with `reasoning_effort`.
    `safety_settings`: such as `{"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"}`.
    `cached_content`: the name of what was put into the provider's cache before.
    `candidate_count`: how many answers; the further ones are the response's `alternatives`.
    `response_modalities`: such as `("TEXT", "IMAGE")`.
    `tool_config`: joins the tool choice, such as `{"includeServerSideToolInvocations": True}`.
    `generation_config`: fields that have no option here, such as `{"audioTimestamp": True}`.
    `labels` and `model_armor_config` are Vertex AI's alone, `store` is the Gemini API's.
    """

    dialect: ClassVar[str] = NAME

    thinking_level: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None
    thinking_budget: int | None = None
    include_thoughts: bool | None = None
    safety_settings: Mapping[str, str] | None = None
    cached_content: str | None = None
    candidate_count: int | None = None
    response_modalities: tuple[Literal["TEXT", "IMAGE", "AUDIO"], ...] = ()
    media_resolution: Literal["low", "medium", "high"] | None = None
    speech_config: Mapping[str, object] | None = None
    image_config: Mapping[str, object] | None = None
    tool_config: Mapping[str, object] | None = None
    generation_config: Mapping[str, object] | None = None
    labels: Mapping[str, str] | None = None
    model_armor_config: Mapping[str, object] | None = None
    service_tier: Literal["standard", "flex", "priority"] | None = None
    store: bool | None = None
