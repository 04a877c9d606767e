"""How LiteLLM's proxy is set up: what it listens on, which models it has, which key it takes."""

from __future__ import annotations

from typing import Any

from fairlead.local.process import Endpoint

KEY = "sk-of-the-proxy"
ENVIRONMENT = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_DOCS": "True"}


def options(port: int) -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]


def config(chat: Endpoint, vectors: Endpoint, mock: str) -> dict[str, Any]:
    """What it reads as YAML. `caller` is a model that calls tools, which the small one does not."""
    return {
        "model_list": [
            _model("smollm2", f"{chat.base_url}/v1", chat.key),
            _model("minilm", f"{vectors.base_url}/v1", vectors.key),
            _model("caller", f"{mock}/v1", "any"),
        ],
        "general_settings": {"master_key": KEY},
        "litellm_settings": {"num_retries": 0},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }


def _model(name: str, base_url: str, key: str) -> dict[str, Any]:
    return {
        "model_name": name,
        "litellm_params": {"model": f"openai/{name}", "api_base": base_url, "api_key": key},
    }
