"""What only the Responses protocol knows, as typed options of one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from fairlead.types.requests import Options


class OpenAIResponsesOptions(Options, frozen=True, omit_defaults=True, kw_only=True):
    """Options of `openai_responses` (platform.openai.com/docs/api-reference/responses/create).

    Whatever is None or empty is not sent, so that the provider's own default holds. In particular
    `store` is not sent: OpenAI then keeps the response for 30 days. With `store=False` nothing is
    kept there, and reasoning goes on over turns only through its encrypted form, which older
    models give only when `include` asks for `"reasoning.encrypted_content"`; models that do not
    reason refuse that word, and several other providers refuse both, so neither is implied.
    """

    dialect: ClassVar[str] = "openai_responses"

    store: bool | None = None
    include: tuple[str, ...] = ()
    """Further output wanted, such as `"web_search_call.action.sources"`."""
    previous_response_id: str | None = None
    """A stored response that this turn continues; tool results may then answer its calls."""
    conversation: str | None = None
    """The id of a stored conversation; not together with `previous_response_id`."""
    background: bool | None = None
    """Run after the connection closes; the answer then has the raw finish reason `queued`."""
    reasoning_summary: Literal["auto", "concise", "detailed"] | None = None
    reasoning_mode: str | None = None
    reasoning_context: Literal["auto", "current_turn", "all_turns"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    max_tool_calls: int | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    safety_identifier: str | None = None
    metadata: Mapping[str, str] | None = None
    prompt: Mapping[str, object] | None = None
    """A stored prompt: `{"id": ..., "version": ..., "variables": {...}}`."""
    context_management: tuple[Mapping[str, object], ...] = ()
    tool_choice: Mapping[str, object] | None = None
    """A choice that the neutral one cannot say, such as `{"type": "web_search"}`."""
    include_obfuscation: bool | None = None
    """`False` saves the padding that OpenAI puts into stream events."""
    preset: str | None = None
    """Perplexity's preset, with or in place of a model."""
