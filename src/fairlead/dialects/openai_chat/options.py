"""Options of Chat Completions that no other dialect has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from fairlead.types.requests import Options


class OpenAIChatOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """What is sent beside the shared options; None is not sent.

    `n` asks for several choices; those after the first are the answer's `alternatives`. `store`
    keeps the answer with the provider. `audio` is `{"voice": ..., "format": ...}` and needs
    `modalities=("text", "audio")`. `prediction` is OpenAI's predicted output. `reasoning` and
    `thinking` are the objects with which some providers steer reasoning beyond `reasoning_effort`.
    `provider`, `models` and `plugins` steer a router. The rest is as in OpenAI's reference of
    `POST /chat/completions`.
    """

    dialect: ClassVar[str] = "openai_chat"

    n: int | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    logit_bias: Mapping[str, float] | None = None
    metadata: Mapping[str, str] | None = None
    store: bool | None = None
    modalities: Sequence[Literal["text", "audio", "image"]] | None = None
    audio: Mapping[str, object] | None = None
    prediction: Mapping[str, object] | None = None
    web_search_options: Mapping[str, object] | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    reasoning: Mapping[str, object] | None = None
    thinking: Mapping[str, object] | None = None
    include_reasoning: bool | None = None
    reasoning_format: str | None = None
    enable_thinking: bool | None = None
    thinking_budget: int | None = None
    chat_template_kwargs: Mapping[str, object] | None = None
    models: Sequence[str] | None = None
    provider: Mapping[str, object] | None = None
    plugins: Sequence[Mapping[str, object]] | None = None
