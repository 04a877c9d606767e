"""A target is provider + model + endpoint: the unit that a request is encoded for."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from fairlead.types.http import redact

DialectName = Literal[
    "openai_chat",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "bedrock_converse",
    "cohere",
    "ollama",
    "ag_ui",
]
"""The protocols for chat."""


class Quirks(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Declared deviations from a dialect. A closed vocabulary: a key is added when two need it.

    The defaults describe a plain clone of the dialect. `unsupported` names options of `ChatRequest`
    (such as `top_k`), fields of the dialect's own options, the parts `image`, `audio`, `file` and
    `refusal` (which then goes back as text), and `name`, the name of a message's speaker. For
    other operations they are the options of those requests.
    """

    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Which field bounds the answer (`openai_chat`)."""
    system_role: Literal["system", "developer"] = "system"
    """The role in which system messages are sent."""
    seed: Literal["seed", "random_seed"] = "seed"
    """The field that holds the seed."""
    ask_for_usage: bool = True
    """Whether a stream takes `stream_options.include_usage`."""
    forced_tool: Literal["required", "any", "unless_thinking", "unsupported"] = "required"
    """The word for a tool choice that forces some tool; `unless_thinking`: it is `required`, and
    refused unless the request switches thinking off."""
    thinking_off: Literal["reasoning_effort", "thinking", "enable_thinking"] = "reasoning_effort"
    """How `reasoning_effort="none"` is said: as it is, by `thinking: {"type": "disabled"}` or by
    `enable_thinking: false` (`openai_chat`)."""
    output: Literal["json_schema", "json_object"] = "json_schema"
    """The best structured output on offer; with `json_object` a schema is unsupported."""
    json_object: bool = True
    """Whether `response_format: json_object` is taken."""
    unsupported: tuple[str, ...] = ()
    reasoning_echo: Literal[
        "", "reasoning_content", "reasoning", "reasoning_details", "content", "think_tags"
    ] = ""
    """Where reasoning goes back on later turns; empty: it does not. A field of the assistant's
    message, `content` for thinking chunks, or `think_tags` at the head of the text."""
    reasoning_required: bool = False
    """Whether tool calls without `reasoning_content` are refused: a blank goes with those that
    another model made."""
    reasoning_excluded_from_output: bool = False
    """Usage: completion tokens do not include reasoning tokens."""
    cache_excluded_from_input: bool = False
    """Usage: prompt tokens do not include those read from a cache."""
    tool_content: Literal["parts", "string"] = "parts"
    """Whether tool results may be lists of parts."""
    call_ids: Literal["any", "nine_alphanumerics", "forty_characters"] = "any"
    """Which ids of tool calls are taken; others are rewritten, calls and results alike."""
    tool_strict: bool = True
    """Whether a tool definition may carry `strict`."""
    strict_schemas: Literal["any", "openai", "anthropic"] = "any"
    """Whose part of JSON Schema strict tools and outputs must keep to; `any` takes all of it."""
    base_resp_errors: bool = False
    """A 200 may carry `base_resp.status_code` other than 0, which is an error."""
    inline_thinking: bool = False
    """Reasoning may stand in `<think>` tags at the head of the text."""
    anthropic_host: Literal["", "bedrock", "vertex"] = ""
    """Who serves Anthropic's protocol in a manner of their own: the address names the model and
    says whether to stream, and the version stands in the body."""
    prefill: Literal["", "plain", "claude", "prefix", "partial", "continue_final_message"] = ""
    """How a last message of the assistant is made the beginning of the answer; empty: it cannot
    be. `plain`: by itself; `claude`: so, by the models of that family that still take it; `prefix`
    and `partial`: by a flag of that name in the message, of which the first has the answer begin
    with the same words again; `continue_final_message`: by that field and another."""
    image_types: tuple[Literal["png", "jpeg", "gif", "webp", "heic", "heif"], ...] = ()
    """The images that are read; empty: those that the dialect's own provider reads, if known."""
    embedding_dimensions: Literal["dimensions", "output_dimension", ""] = "dimensions"
    """The field that asks for shorter vectors; empty: there is none."""
    embedding_input_type: Literal["", "input_type", "task"] = ""
    """The field that says what texts are embedded for; empty: there is none."""
    embedding_input_words: Literal["plain", "passage", "search", "retrieval"] = "plain"
    """The words for queries and documents: as they are, `passage` for a document, `search_query`
    and `search_document`, or `retrieval.query` and `retrieval.passage`."""
    embedding_batch: int = 2048
    """The most texts in one request for embeddings."""
    rerank_top: Literal["top_n", "top_k"] = "top_n"
    """The field that bounds how many documents a rerank returns."""
    base64_embeddings: bool = True
    """Whether vectors may be asked for in base64 rather than as JSON numbers."""
    model_in_body: bool = True
    """Whether the body of a completion names the model; where not, its address does."""
    stream_only: bool = False
    """Completions only come as streams; one that is wanted whole is read to its end."""


class Target(Struct, frozen=True):
    """Where a request goes. `url` is the whole endpoint, without a credential.

    `stream_url` is the endpoint of streams where they have one of their own.
    """

    provider: str
    model: str
    operation: str
    dialect: str
    url: str
    quirks: Quirks = Quirks()
    headers: tuple[tuple[str, str], ...] = ()
    stream_url: str | None = None

    def __repr__(self) -> str:
        shown = self if not self.headers else replace(self, headers=redact(self.headers))
        return Struct.__repr__(shown)

    @property
    def label(self) -> str:
        return f"{self.provider}/{self.model}"
