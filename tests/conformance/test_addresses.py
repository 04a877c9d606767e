"""Recorded requests went where the tables would send them: hosts, paths, models and versions."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote, urlsplit

import pytest
from tests.conformance import corpus

from fairlead.providers.index import NAMES
from fairlead.providers.provider import Provider
from fairlead.providers.registry import Registry
from fairlead.settings import Settings

FILES = (
    "anthropic_messages",
    "audio",
    "bedrock_converse",
    "bedrock_invoke",
    "cohere_v2",
    "count_tokens",
    "embeddings",
    "gemini",
    "images",
    "mistral",
    "mistral_other",
    "ollama",
    "openai_chat",
    "openai_completions",
    "openai_responses",
    "rerank",
    "vertex_predict",
)
RESOLVING = {
    "google": "gemini",
    "vertex": "vertexai",
    "zai": "zhipuai",
    "alibaba": "qianwen",
    "vllm_local": "vllm",
}
"""What the corpus calls providers that are called otherwise here."""
MODEL = r"(?P<model>[^?]+)"
PLACED = {
    "azure": [
        (
            r"(?P<endpoint>https://[\w.-]+)/openai/deployments/(?P<model>[^/]+)/.*[?]api-version="
            r"(?P<version>[\w.-]+)$"
        ),
        r"(?P<endpoint>https://[\w.-]+)/openai/responses[?]api-version=(?P<version>[\w.-]+)$",
        r"(?P<endpoint>https://[\w.-]+)/openai/v1/",
        r"(?P<endpoint>https://[\w.-]+)/anthropic/v1/messages$",
    ],
    "vertexai": [
        (
            r"https://.*/projects/(?P<project>[\w-]+)/locations/(?P<location>[\w-]+)"
            rf"/publishers/\w+/models/{MODEL}:\w+$"
        ),
    ],
    "bedrock": [
        rf"https://bedrock-runtime\.(?P<region>[\w-]+)\.amazonaws\.com/model/{MODEL}/[\w-]+$"
    ],
    "gemini": [
        rf"https://generativelanguage.googleapis.com/v1beta/models/{MODEL}:\w+$",
        r"https://generativelanguage.googleapis.com/v1beta/openai/",
    ],
    "cloudflare": [r"https://api.cloudflare.com/client/v4/accounts/(?P<account>\w+)/ai/v1/"],
}
VARIABLES = {
    "endpoint": "AZURE_OPENAI_ENDPOINT",
    "version": "OPENAI_API_VERSION",
    "project": "GOOGLE_CLOUD_PROJECT",
    "location": "GOOGLE_CLOUD_LOCATION",
    "region": "AWS_REGION",
    "account": "CLOUDFLARE_ACCOUNT_ID",
}


def plain(url: str) -> str:
    """A URL without what makes no difference to where it leads, and without keys in it.

    Google's own client asks for `v1beta1` at Vertex, and for numbers in place of enumerations.
    """
    host = urlsplit(url).netloc
    url = unquote(url).replace("/v1beta1/", "/v1/").replace(host, host.lower())
    url = re.sub(r"([?&])(key=[^&]*|\$alt=[^&]*|alt=sse|beta=true)", r"\1", url)
    return url.rstrip("?&")


def reachable(name: str, groups: dict[str, str]) -> set[str]:
    """All addresses that the table of `name` gives for a model and variables."""
    environ = {VARIABLES[word]: value for word, value in groups.items() if word in VARIABLES}
    registry = Registry(Settings(), environ={"HOME": "/nonexistent", **environ})
    provider = registry.get(name)
    models = [unquote(groups["model"])] if groups.get("model") else ["a-model", "claude-x"]
    urls: set[str] = set()
    for model in models:
        targets = [provider.target(model, "chat", d) for d in _dialects(provider, model)]
        others = [operation for operation in provider.table.operations if operation != "chat"]
        targets += [provider.target(model, operation, None) for operation in others]
        urls |= {plain(url) for t in targets for url in (t.url, t.stream_url) if url}
    return urls


def _dialects(provider: Provider, model: str) -> list[str]:
    routes = provider.table.routes("chat", model, provider.variables.values)
    return [route.dialect for route in routes]


def recorded() -> list[tuple[str, str]]:
    """Providers and the addresses that were asked, each once."""
    if not corpus.path("openai_chat").exists():
        pytest.skip(f"no recordings at {corpus.CORPUS}; set FAIRLEAD_CORPUS")
    found = {
        (RESOLVING.get(record.provider, record.provider), record.url)
        for file in FILES
        for record in corpus.records(file)
        if record.url is not None
    }
    return sorted(found)


def groups_in(name: str, url: str) -> dict[str, str] | None:
    """The words of an address; None where it is of no form that the table speaks."""
    if name not in PLACED:
        return {}
    matches = (re.match(pattern, plain(url)) for pattern in PLACED[name])
    return next((match.groupdict() for match in matches if match), None)


OTHERS = {
    "ai21": r"",
    "anthropic": r"/v1/(complete|chat/completions)$",
    "azure": r"/models/chat|^https://dd\.|/deployments/[^?]*$|/openai/responses$",
    "bedrock": r"runtime\.(vcr|<AWS_REGION>)\.",
    "cohere": r"/v1/(embed|rerank)",
    "gemini": r":(embedContent|predictLongRunning)$|/(v1|v1alpha)/models",
    "groq": r"/openai/v1/openai/v1/",
    "huggingface": r"huggingface.co/(?!v1/)",
    "mistral": r"/agents/completions",
    "openai": r"/v1/v1/|/engines/|/(edits|variations|translations|compact)$|/organization/"
    r"|/responses/resp_|/chat/completions[?]",
    "openrouter": r"/api/v1/api/v1/",
    "perplexity": r"ai/chat/completions$",
    "vertexai": r"<|test-location|REDACTED|/v1beta1/publishers/",
    "xai": r"/images/edits$",
}
"""Addresses that are not asked here: of other operations, older forms and misspelt ones."""
LOCAL = {"llamacpp", "local", "vllm", "ollama"}


def test_recorded_addresses_are_those_of_the_tables() -> None:
    checked: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    names = Registry(Settings(), environ={}).names()
    for name, url in recorded():
        own = name in names and name not in LOCAL and _is_own(name, url)
        if not own or (name in OTHERS and re.search(OTHERS[name], url)):
            continue
        groups = groups_in(name, url)
        if groups is None or plain(url) not in reachable(name, groups):
            wrong.append((name, url))
        checked[name] += 1
    assert wrong == []
    assert checked.total() > 300
    assert {"azure", "bedrock", "gemini", "vertexai", "cohere", "voyageai"} <= set(checked)


def test_every_exception_is_needed() -> None:
    names = {name for name, url in recorded() if name in OTHERS and re.search(OTHERS[name], url)}
    assert names == set(OTHERS)


def _is_own(name: str, url: str) -> bool:
    """Whether the recording is of the provider's own host, and not of some proxy."""
    base = Registry(Settings(), environ={}).get(name).endpoint.base_url
    host = re.sub(r"\{\w+\}", "", urlsplit(base).netloc)
    if name in ("azure", "vertexai", "bedrock"):
        host = {"azure": "azure.com", "vertexai": "aiplatform", "bedrock": "amazonaws.com"}[name]
    return host in urlsplit(url).netloc


CLONE = "it speaks a protocol that others were recorded with, with its quirks alone"
WITHOUT_RECORDINGS = {
    "deepinfra": CLONE,
    "ernie": CLONE,
    "fireworks": CLONE,
    "hunyuan": CLONE,
    "jina": CLONE,
    "lmstudio": CLONE,
    "minimax": CLONE,
    "nvidia": CLONE,
    "sambanova": CLONE,
    "openai_responses": "the same service as openai",
    "pydantic_ai": "an agent of the user's own; a real one answers in tests/peers",
    "github_models": "shut down",
    "lambda": "shut down",
}


def test_every_provider_was_recorded_or_has_a_reason_for_not() -> None:
    recorded()  # skips where there is nothing
    seen = {record.provider for file in FILES for record in corpus.records(file)}
    seen = {RESOLVING.get(name, name) for name in seen}
    assert NAMES - seen - {"local"} == set(WITHOUT_RECORDINGS)
