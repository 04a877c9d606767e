"""What a caller asks for, in no provider's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from fairlead.types.messages import Document, Message
from fairlead.types.tools import OutputSchema, ProviderTool, Tool, ToolChoice

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
UnsupportedPolicy = Literal["error", "warn", "drop"]
OutputMode = Literal["auto", "native", "tool", "prompt"]
"""How an answer by a schema is asked for: as the target can, or one way and no other."""


class Options(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of the options that only one dialect knows; `dialect` says which."""

    dialect: ClassVar[str] = ""


class ChatRequest(Struct, frozen=True, omit_defaults=True):
    """One chat call. Whatever is None is not sent.

    `max_tokens` bounds the answer, reasoning included; `stop` holds up to the provider's number of
    sequences; `extra_body` is merged into the JSON body and refused where it collides with it.
    `documents` are what the answer shall rest on and cite.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool | ProviderTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputSchema | Literal["json"] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    user: str | None = None
    options: Options | None = None
    extra_body: Mapping[str, object] | None = None
    documents: tuple[Document, ...] = ()
