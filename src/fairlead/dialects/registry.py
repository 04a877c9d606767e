"""Dialects by name, each loaded when it is first spoken."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

from fairlead.errors import ConfigError
from fairlead.types.targets import DialectName

if TYPE_CHECKING:
    from fairlead.ports import Dialect, Operation
    from fairlead.types.operations import CompletionRequest
    from fairlead.types.requests import ChatRequest

CHAT_DIALECTS: tuple[str, ...] = get_args(DialectName)
COMPLETION_DIALECTS = ("openai_completions", "mistral_fim", "ollama_generate", "llamacpp_infill")
OPERATION_DIALECTS: dict[str, tuple[str, ...]] = {
    "embeddings": (
        "openai",
        "cohere",
        "gemini",
        "ollama",
        "vertex",
        "bedrock",
        "huggingface",
        "perplexity",
    ),
    "rerank": ("cohere", "nvidia", "deepinfra", "cloudflare"),
    "transcription": ("openai", "cloudflare", "cloudflare_base64"),
    "speech": ("openai", "gemini", "minimax", "mistral", "xai"),
    "image": (
        "openai",
        "cloudflare",
        "cloudflare_form",
        "dashscope",
        "fireworks",
        "gemini",
        "minimax",
        "nvidia",
    ),
    "count_tokens": ("anthropic", "gemini", "openai_responses", "bedrock", "moonshot"),
}
"""The words of each operation beside chat: `dialects/<operation>/<name>.py`."""


@cache
def dialect_named(name: str) -> Dialect[ChatRequest]:
    """A dialect for chat. Raises `ConfigError` for a name that is none."""
    found: Dialect[ChatRequest] = _loaded(name, CHAT_DIALECTS, f"fairlead.dialects.{name}")
    return found


@cache
def completion_dialect_named(name: str) -> Dialect[CompletionRequest]:
    """A dialect for completions of a bare prompt. Raises `ConfigError` for a name that is none."""
    module = f"fairlead.dialects.completion.{name}"
    found: Dialect[CompletionRequest] = _loaded(name, COMPLETION_DIALECTS, module)
    return found


@cache
def operation_named(operation: str, name: str) -> Operation[Any, Any]:
    """How `operation` is asked for in the words of `name`. Raises `ConfigError`."""
    names = OPERATION_DIALECTS.get(operation, ())
    found: Operation[Any, Any] = _loaded(name, names, f"fairlead.dialects.{operation}.{name}")
    return found


def _loaded(name: str, names: tuple[str, ...], module: str) -> Any:
    if name not in names:
        raise ConfigError(f"there is no dialect {name!r}; there are {', '.join(names)}")
    return import_module(module).DIALECT
