"""The state of a provider in a few words."""

from __future__ import annotations

import pytest

from fairlead.auth.secret import Secret
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings

MOVED = ProviderSettings(base_url="https://proxy.example")
PLACED = ProviderSettings(variables={"region": "eu-west-1"})
AWS_KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
CLOUDFLARE = "CLOUDFLARE_API_TOKEN or CLOUDFLARE_API_KEY or CLOUDFLARE_AUTH_TOKEN"
LOGIN = "run fairlead login"
KEYED = ProviderSettings(key=Secret("k"))


@pytest.mark.parametrize(
    ("name", "own", "environ", "state"),
    [
        ("openai", None, {"OPENAI_API_KEY": "k"}, "ready (OPENAI_API_KEY)"),
        ("openai", None, {}, "missing (set OPENAI_API_KEY)"),
        ("openai", KEYED, {}, "ready ([providers.openai] key)"),
        ("openai", MOVED, {"OPENAI_API_KEY": "k"}, "missing (set key in [providers.openai])"),
        ("openai", None, {"OPENAI_API_KEY": "k\n"}, "unusable (OPENAI_API_KEY)"),
        ("xai", None, {"XAI_API_KEY": ""}, "missing (set XAI_API_KEY)"),
        ("anthropic", None, {"ANTHROPIC_AUTH_TOKEN": "k"}, "ready (ANTHROPIC_AUTH_TOKEN)"),
        ("vllm", None, {}, "no key needed"),
        ("vllm", None, {"VLLM_API_KEY": "k"}, "ready (VLLM_API_KEY)"),
        ("vllm", MOVED, {"VLLM_API_KEY": "k"}, "no key needed"),
        ("ollama", None, {}, "no key needed"),
        ("gemini", None, {}, f"missing (set GEMINI_API_KEY or GOOGLE_API_KEY, or {LOGIN} google)"),
        ("bedrock", None, AWS_KEYS, "missing (set AWS_REGION or AWS_ENDPOINT_URL_BEDROCK_RUNTIME)"),
        ("bedrock", None, {**AWS_KEYS, "AWS_REGION": "us-east-1"}, "ready (AWS_ACCESS_KEY_ID)"),
        ("bedrock", None, {**AWS_KEYS, "AWS_REGION": "us-esat-1"}, "unusable (AWS_REGION)"),
        ("bedrock", PLACED, {"AWS_BEARER_TOKEN_BEDROCK": "k"}, "ready (AWS_BEARER_TOKEN_BEDROCK)"),
        ("cloudflare", None, {"CLOUDFLARE_ACCOUNT_ID": "a"}, f"missing (set {CLOUDFLARE})"),
        (
            "cloudflare",
            None,
            {},
            f"missing (set {CLOUDFLARE}; set CLOUDFLARE_ACCOUNT_ID or CLOUDFLARE_API_BASE)",
        ),
        ("local", None, {}, "local"),
        ("ai21", None, {"AI21_API_KEY": "k"}, "retired"),
    ],
)
def test_the_state_says_whether_a_provider_can_be_used(
    name: str, own: ProviderSettings | None, environ: dict[str, str], state: str
) -> None:
    settings = Settings(providers={} if own is None else {name: own})
    assert Registry(settings, environ={"HOME": "/nonexistent", **environ}).state(name) == state


def test_a_state_follows_the_environment() -> None:
    environ: dict[str, str] = {}
    registry = Registry(Settings(), environ=environ)
    assert registry.state("groq") == "missing (set GROQ_API_KEY)"
    environ["GROQ_API_KEY"] = "k"
    assert registry.state("groq") == "ready (GROQ_API_KEY)"
