"""The table of an endpoint that only the settings know: any server that speaks a known dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.errors import ConfigError
from fairlead.providers.paths import DEFAULT_HEADERS
from fairlead.providers.schema import Alternate, Auth, ProviderTable, Route

if TYPE_CHECKING:
    from fairlead.settings import ProviderSettings
    from fairlead.types.targets import DialectName


class _Kind(Struct, frozen=True):
    """What a server that speaks some dialect is taken to offer beside chat."""

    operations: dict[str, str | Route] = {}
    models: str | None = None
    header: str = ""
    default_model: str | None = None


_OPENAI = _Kind(
    {
        "completion": "openai_completions",
        "embeddings": "openai",
        "rerank": "cohere",
        "transcription": "openai",
        "speech": "openai",
        "image": "openai",
    },
    "/models",
)
_KINDS = {
    "openai_chat": _OPENAI,
    "openai_responses": _OPENAI,
    "anthropic_messages": _Kind({"count_tokens": "anthropic"}, "/v1/models", "x-api-key"),
    "gemini": _Kind(
        {"embeddings": "gemini", "count_tokens": "gemini"}, "/models", "x-goog-api-key"
    ),
    "bedrock_converse": _Kind({"embeddings": "bedrock", "count_tokens": "bedrock"}),
    "cohere": _Kind(
        {"embeddings": "cohere", "rerank": Route(dialect="cohere", path="/v2/rerank")},
        "/v1/models",
    ),
    "ollama": _Kind({"completion": "ollama_generate", "embeddings": "ollama"}, "/api/tags"),
    "ag_ui": _Kind(default_model="agent"),
}
_ALTERNATES: tuple[DialectName, ...] = ("openai_chat", "openai_responses", "anthropic_messages")


def custom_table(name: str, own: ProviderSettings) -> ProviderTable:
    """The table of the endpoint `name`. Raises `ConfigError` without a URL."""
    if not own.base_url:
        raise ConfigError(f"[providers.{name}] needs a base_url")
    dialect = own.dialect or "openai_chat"
    kind = _KINDS[dialect]
    auth = Auth(kind="header", header=kind.header, optional=True)
    return ProviderTable(
        title=name,
        kind="custom",
        auth=auth if kind.header else Auth(optional=True),
        check=None if kind.models is None else f"GET {kind.models}",
        models=kind.models,
        headers=DEFAULT_HEADERS.get(dialect, {}),
        operations={"chat": dialect, **kind.operations},
        alternates={d: Alternate() for d in _ALTERNATES if dialect in _ALTERNATES},
        default_model=kind.default_model,
    )
