"""What each dialect adds to a base URL, and its headers, where no table says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.providers.schema import Route

_INVOKE = "/model/{model}/invoke"
_GENERATE = "/models/{model}:generateContent"
DEFAULT_PATHS = {
    "chat": {
        "openai_chat": "/chat/completions",
        "openai_responses": "/responses",
        "anthropic_messages": "/v1/messages",
        "gemini": _GENERATE,
        "bedrock_converse": "/model/{model}/converse",
        "cohere": "/v2/chat",
        "ollama": "/api/chat",
        "ag_ui": "",
    },
    "completion": {
        "openai_completions": "/completions",
        "mistral_fim": "/fim/completions",
        "ollama_generate": "/api/generate",
        "llamacpp_infill": "/infill",
    },
    "embeddings": {
        "openai": "/embeddings",
        "cohere": "/v2/embed",
        "gemini": "/models/{model}:batchEmbedContents",
        "ollama": "/api/embed",
        "vertex": "/publishers/google/models/{model}:predict",
        "bedrock": _INVOKE,
        "huggingface": "/{model_path}/pipeline/feature-extraction",
        "perplexity": "/embeddings",
    },
    "rerank": {
        "cohere": "/rerank",
        "nvidia": "/ranking",
        "deepinfra": "/{model_path}",
        "cloudflare": "/{model_path}",
    },
    "transcription": {
        "openai": "/audio/transcriptions",
        "cloudflare": "/{model_path}",
        "cloudflare_base64": "/{model_path}",
    },
    "speech": {
        "openai": "/audio/speech",
        "gemini": _GENERATE,
        "minimax": "/t2a_v2",
        "mistral": "/audio/speech",
        "xai": "/tts",
    },
    "image": {
        "openai": "/images/generations",
        "cloudflare": "/{model_path}",
        "cloudflare_form": "/{model_path}",
        "dashscope": "/generation",
        "fireworks": "/workflows/{model_path}/text_to_image",
        "gemini": _GENERATE,
        "minimax": "/image_generation",
        "nvidia": "/{model_path}",
    },
    "count_tokens": {
        "anthropic": "/v1/messages/count_tokens",
        "gemini": "/models/{model}:countTokens",
        "openai_responses": "/responses/input_tokens",
        "bedrock": "/model/{model}/count-tokens",
        "moonshot": "/tokenizers/estimate-token-count",
    },
}
DEFAULT_STREAM_PATHS = {
    "gemini": "/models/{model}:streamGenerateContent?alt=sse",
    "bedrock_converse": "/model/{model}/converse-stream",
}
_ANTHROPIC = {"anthropic-version": "2023-06-01"}
DEFAULT_HEADERS = {"anthropic_messages": _ANTHROPIC, "anthropic": _ANTHROPIC}


def paths_of(route: Route, operation: str) -> tuple[str, str | None]:
    """The path of a route, and that of its streams where they have one of their own."""
    if route.path is not None:
        return route.path, route.stream_path
    paths = DEFAULT_PATHS["completion" if operation == "infill" else operation]
    stream = DEFAULT_STREAM_PATHS.get(route.dialect) if operation == "chat" else None
    return paths[route.dialect], route.stream_path or stream


def headers_of(route: Route) -> dict[str, str]:
    """The headers of a route. A host that takes Anthropic's version in the body takes no header."""
    if route.quirks.anthropic_host:
        return dict(route.headers)
    return {**DEFAULT_HEADERS.get(route.dialect, {}), **route.headers}
