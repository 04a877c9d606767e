"""OpenTelemetry's conventions for generative AI: the names that we use, and how ours map to theirs.

Source: opentelemetry.io/docs/specs/semconv/gen-ai, as in opentelemetry-semantic-conventions 0.66.
"""

from __future__ import annotations

from typing import Final

from fairlead.errors import ConfigError
from fairlead.providers.index import NAMES
from fairlead.providers.schema import table_of
from fairlead.telemetry.snapshot import BOUNDS

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_STOP: Final = "gen_ai.request.stop_sequences"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
ERROR_TYPE: Final = "error.type"
STATUS_CODE: Final = "http.response.status_code"
RESENDS: Final = "http.request.resend_count"

DURATION: Final = "gen_ai.client.operation.duration"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
TOKEN_USAGE: Final = "gen_ai.client.token.usage"

SECOND_BOUNDS: Final = BOUNDS
TOKEN_BOUNDS: Final = tuple(4**power for power in range(14))

REQUEST_FIELDS: Final = {
    "max_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "seed": "gen_ai.request.seed",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
}
"""Fields of a request, and what the conventions call them."""

_OPERATIONS: Final = {"completion": "text_completion"}
_NOT_MODELS: Final = frozenset({"post", "models", "check"})
"""Operations that ask no model."""
_FINISH: Final = {"tool_call": "tool_calls"}


def operation_name(operation: str) -> str | None:
    """What the conventions call our operation; our own word where they have none.

    None for a call that asks no model, such as a list of models.
    """
    return None if operation in _NOT_MODELS else _OPERATIONS.get(operation, operation)


def provider_name(provider: str) -> str:
    """What the conventions call a provider; its own name where they have none."""
    if provider not in NAMES:
        return provider
    try:
        return table_of(provider).semconv or provider
    except ConfigError:
        return provider


def finish_reason(reason: str) -> str:
    """A finish reason in the conventions' words."""
    return _FINISH.get(reason, reason)
