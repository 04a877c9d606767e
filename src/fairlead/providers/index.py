"""Names, aliases and bare model names of all built-in providers, so that one table need be read.

A test holds this against the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NAMES: Final = frozenset(
    {
        "ai21",
        "anthropic",
        "cerebras",
        "deepinfra",
        "deepseek",
        "ernie",
        "fireworks",
        "github_models",
        "groq",
        "huggingface",
        "hunyuan",
        "lambda",
        "llamacpp",
        "lmstudio",
        "local",
        "minimax",
        "mistral",
        "moonshot",
        "nvidia",
        "ollama",
        "openai",
        "openai_responses",
        "openrouter",
        "perplexity",
        "qianwen",
        "sambanova",
        "together",
        "vllm",
        "xai",
        "zhipuai",
    }
)
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alibaba": "qianwen",
        "baidu": "ernie",
        "bailian": "qianwen",
        "bigmodel": "zhipuai",
        "claude": "anthropic",
        "dashscope": "qianwen",
        "deep_infra": "deepinfra",
        "ds": "deepseek",
        "fireworks_ai": "fireworks",
        "github": "github_models",
        "github_marketplace": "github_models",
        "glm": "zhipuai",
        "grok": "xai",
        "groqcloud": "groq",
        "hf": "huggingface",
        "hosted_vllm": "vllm",
        "huggingface_router": "huggingface",
        "jamba": "ai21",
        "kimi": "moonshot",
        "lambda_ai": "lambda",
        "lambdalabs": "lambda",
        "llama_cpp": "llamacpp",
        "llama_server": "llamacpp",
        "lm_studio": "lmstudio",
        "minimaxi": "minimax",
        "mistralai": "mistral",
        "moonshotai": "moonshot",
        "nim": "nvidia",
        "nvidia_nim": "nvidia",
        "oai": "openai",
        "ollama_cloud": "ollama",
        "or": "openrouter",
        "pplx": "perplexity",
        "qianfan": "ernie",
        "qwen": "qianwen",
        "responses": "openai_responses",
        "sambacloud": "sambanova",
        "tencent": "hunyuan",
        "together_ai": "together",
        "togetherai": "together",
        "tokenhub": "hunyuan",
        "wenxin": "ernie",
        "x_ai": "xai",
        "zai": "zhipuai",
        "zhipu": "zhipuai",
    }
)
"""By folded name: lower case, `_` for `-`."""
MODEL_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "chatgpt-": ("openai",),
        "claude-": ("anthropic",),
        "codestral-": ("mistral",),
        "codex-": ("openai",),
        "deepseek-": ("deepseek",),
        "devstral-": ("mistral",),
        "ernie-": ("ernie",),
        "glm-": ("zhipuai",),
        "gpt-": ("openai",),
        "gpt-oss": ("cerebras", "ollama"),
        "grok-": ("xai",),
        "hunyuan-": ("hunyuan",),
        "kimi-": ("moonshot",),
        "llama-": ("cerebras", "groq"),
        "magistral-": ("mistral",),
        "minimax-": ("minimax",),
        "ministral-": ("mistral",),
        "mistral-": ("mistral",),
        "moonshot-": ("moonshot",),
        "o1": ("openai",),
        "o3": ("openai",),
        "o4": ("openai",),
        "open-mistral-": ("mistral",),
        "pixtral-": ("mistral",),
        "qvq-": ("qianwen",),
        "qwen": ("qianwen",),
        "qwq-": ("qianwen",),
        "smollm2": ("local",),
        "voxtral-": ("mistral",),
    }
)
"""How bare model names begin, in lower case, and who serves them; the longest prefix decides."""
