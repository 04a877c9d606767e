"""Model strings become targets; names that are wrong get the nearest ones."""

from __future__ import annotations

import threading
import traceback

import pytest
from hypothesis import given, strategies as st

from fairlead.auth.secret import Secret
from fairlead.errors import (
    ConfigError,
    FairleadError,
    InvalidRequest,
    ProviderRetired,
    UnknownModel,
    UnknownProvider,
    UnsupportedFeature,
)
from fairlead.ports import Timeouts
from fairlead.providers.index import NAMES
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.http import HttpRequest
from fairlead.types.targets import Quirks

ENVIRON = {
    "AZURE_RESOURCE_NAME": "lab",
    "AWS_REGION": "eu-west-1",
    "GOOGLE_CLOUD_PROJECT": "lab",
    "GOOGLE_CLOUD_LOCATION": "us-east5",
    "CLOUDFLARE_ACCOUNT_ID": "lab",
}
RETIRED = {"ai21", "github_models", "lambda"}


def registry(settings: Settings | None = None, **environ: str) -> Registry:
    return Registry(settings or Settings(), environ={"HOME": "/nonexistent", **environ})


@pytest.mark.parametrize(
    ("text", "label", "url"),
    [
        ("openai/gpt-5", "openai/gpt-5", "https://api.openai.com/v1/chat/completions"),
        ("openai:gpt-5", "openai/gpt-5", "https://api.openai.com/v1/chat/completions"),
        ("OpenAI/gpt-5", "openai/gpt-5", "https://api.openai.com/v1/chat/completions"),
        ("responses/gpt-5", "openai_responses/gpt-5", "https://api.openai.com/v1/responses"),
        ("claude/opus", "anthropic/opus", "https://api.anthropic.com/v1/messages"),
        ("x-ai/grok-4", "xai/grok-4", "https://api.x.ai/v1/chat/completions"),
        ("local", "local/smollm2", "http://127.0.0.1/v1/chat/completions"),
        (
            "openrouter/anthropic/claude-sonnet-4.5:beta",
            "openrouter/anthropic/claude-sonnet-4.5:beta",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        ("ollama/qwen3:8b", "ollama/qwen3:8b", "http://127.0.0.1:11434/api/chat"),
        ("ollama:lib/x", "ollama/lib/x", "http://127.0.0.1:11434/api/chat"),
        ("pydantic_ai", "pydantic_ai/agent", "http://127.0.0.1:8000/"),
        (
            "perplexity/perplexity/sonar",
            "perplexity/perplexity/sonar",
            "https://api.perplexity.ai/v1/responses",
        ),
    ],
)
def test_a_model_string_leads_to_its_target(text: str, label: str, url: str) -> None:
    target = registry().resolve(text).target
    assert (target.label, target.url) == (label, url)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("gpt-5", "openai/gpt-5"),
        ("claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("GLM-5", "zhipuai/GLM-5"),
        ("gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("smollm2", "local/smollm2"),
    ],
)
def test_a_bare_well_known_name_finds_its_provider(text: str, label: str) -> None:
    assert registry().resolve(text).target.label == label


def test_an_ambiguous_bare_name_lists_the_choices() -> None:
    with pytest.raises(UnknownModel, match="cerebras/llama-3, groq/llama-3"):
        registry().resolve("llama-3")


def test_a_longer_prefix_wins_over_a_shorter_one() -> None:
    with pytest.raises(UnknownModel, match="cerebras/gpt-oss-120b, ollama/gpt-oss-120b"):
        registry().resolve("gpt-oss-120b")


@pytest.mark.parametrize("text", ["opnai/gpt-5", "opnai:gpt-5"])
def test_an_unknown_provider_gets_the_nearest_names(text: str) -> None:
    with pytest.raises(UnknownProvider, match="no provider 'opnai'; did you mean openai"):
        registry().resolve(text)


def test_an_address_is_no_model_and_its_place_is_told() -> None:
    with pytest.raises(UnknownProvider, match=r"base_url in a table \[providers.<name>\]"):
        registry().resolve("http://localhost:8080/v1")


def test_the_beginning_of_names_is_shown_as_one() -> None:
    with pytest.raises(UnknownModel, match=r"did you mean gpt-\.\.\.\?"):
        registry().resolve("gpt5")


def test_an_unknown_bare_name_says_how_to_write_it() -> None:
    with pytest.raises(UnknownModel, match="write provider/model"):
        registry().resolve("zzz")


@pytest.mark.parametrize("text", ["openai", "openai/", "openai:"])
def test_a_provider_without_a_model_says_so(text: str) -> None:
    with pytest.raises(UnknownModel, match="write openai/<model>"):
        registry().resolve(text)


@pytest.mark.parametrize("text", ["", "openai/../x", "openai/a\x00", "openai/" + "a" * 300])
def test_a_malformed_name_is_an_invalid_request(text: str) -> None:
    with pytest.raises(InvalidRequest):
        registry().resolve(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("jamba/large", "vllm"), ("github/gpt-5", "openai/<model>"), ("lambda", "together/<model>")],
)
def test_a_retired_provider_names_its_successor(text: str, words: str) -> None:
    with pytest.raises(ProviderRetired, match="was shut down on 202") as caught:
        registry().resolve(text)
    assert words in str(caught.value)


def test_aliases_of_the_settings_may_lead_to_others() -> None:
    settings = Settings(aliases={"fast": "small", "small": "groq/llama-3.1-8b-instant"})
    assert registry(settings).resolve("fast").target.label == "groq/llama-3.1-8b-instant"


def test_an_alias_that_leads_back_is_an_error() -> None:
    settings = Settings(aliases={"a": "b", "b": "a"})
    with pytest.raises(ConfigError, match="leads back"):
        registry(settings).resolve("a")


def test_an_alias_leads_to_no_malformed_name() -> None:
    with pytest.raises(InvalidRequest):
        registry(Settings(aliases={"a": "openai/../x"})).resolve("a")


@pytest.mark.parametrize(
    ("text", "dialect", "url"),
    [
        ("openai/m", "openai_responses", "https://api.openai.com/v1/responses"),
        ("deepseek/m", "anthropic_messages", "https://api.deepseek.com/anthropic/v1/messages"),
        ("minimax/m", "anthropic_messages", "https://api.minimax.io/anthropic/v1/messages"),
        ("zhipuai/m", "anthropic_messages", "https://open.bigmodel.cn/api/anthropic/v1/messages"),
        (
            "qianwen/m",
            "anthropic_messages",
            "https://dashscope.aliyuncs.com/apps/anthropic/v1/messages",
        ),
        ("openrouter/m", "anthropic_messages", "https://openrouter.ai/api/v1/messages"),
        ("ollama/m", "openai_chat", "http://127.0.0.1:11434/v1/chat/completions"),
        ("local/m", "anthropic_messages", "http://127.0.0.1/v1/messages"),
        ("groq/m", "openai_chat", "https://api.groq.com/openai/v1/chat/completions"),
    ],
)
def test_a_dialect_may_be_chosen(text: str, dialect: str, url: str) -> None:
    target = registry().resolve(text, dialect=dialect).target
    assert (target.dialect, target.url) == (dialect, url)


def test_an_alternate_dialect_has_its_own_quirks_and_headers() -> None:
    chat = registry().resolve("deepseek/m").target
    messages = registry().resolve("deepseek/m", dialect="anthropic_messages").target
    assert (chat.quirks.output, messages.quirks) == ("json_object", Quirks())
    assert (chat.headers, messages.headers) == ((), (("anthropic-version", "2023-06-01"),))


def test_a_dialect_that_is_not_spoken_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnsupportedFeature, match="it speaks openai_chat, openai_responses"):
        registry().resolve("groq/m", dialect="anthropic_messages")


def test_an_operation_that_is_not_offered_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="groq does not support image; it offers chat, "):
        registry().resolve("groq/m", operation="image")


@pytest.mark.parametrize(
    ("text", "operation", "url"),
    [
        ("openai/m", "embeddings", "https://api.openai.com/v1/embeddings"),
        ("voyage/m", "rerank", "https://api.voyageai.com/v1/rerank"),
        (
            "deepinfra/Qwen/Qwen3-Reranker-8B",
            "rerank",
            "https://api.deepinfra.com/v1/inference/Qwen/Qwen3-Reranker-8B",
        ),
        (
            "nvidia/nvidia/llama-3.2-nv-rerankqa-1b-v2",
            "rerank",
            "https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking",
        ),
        ("llamacpp/m", "completion", "http://127.0.0.1:8080/v1/completions"),
        ("llamacpp/m", "infill", "http://127.0.0.1:8080/infill"),
        ("mistral/m", "infill", "https://api.mistral.ai/v1/fim/completions"),
    ],
)
def test_every_operation_has_its_own_address(text: str, operation: str, url: str) -> None:
    target = registry().resolve(text, operation=operation).target
    assert target.url == url
    assert target.operation == ("completion" if operation == "infill" else operation)


def test_the_dialect_of_the_settings_is_about_chat_alone() -> None:
    own = ProviderSettings(dialect="openai_responses")
    found = registry(Settings(providers={"openai": own}))
    assert found.resolve("openai/m", operation="embeddings").target.dialect == "openai"


AWS = {"AWS_REGION": "eu-west-1"}
GOOGLE = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "global"}
VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations/global"


@pytest.mark.parametrize(
    ("text", "environ", "dialect", "url", "stream_url"),
    [
        (
            "bedrock/us.anthropic.claude-v2:0",
            AWS,
            "bedrock_converse",
            (
                "https://bedrock-runtime.eu-west-1.amazonaws.com"
                "/model/us.anthropic.claude-v2%3A0/converse"
            ),
            (
                "https://bedrock-runtime.eu-west-1.amazonaws.com"
                "/model/us.anthropic.claude-v2%3A0/converse-stream"
            ),
        ),
        (
            "gemini/gemini-2.5-pro",
            {},
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
            (
                "https://generativelanguage.googleapis.com/v1beta"
                "/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
            ),
        ),
        (
            "gemini/tunedModels/mine",
            {},
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/tunedModels/mine:generateContent",
            (
                "https://generativelanguage.googleapis.com/v1beta"
                "/tunedModels/mine:streamGenerateContent?alt=sse"
            ),
        ),
        (
            "vertexai/claude-opus-4-1@20250805",
            GOOGLE,
            "anthropic_messages",
            f"{VERTEX}/publishers/anthropic/models/claude-opus-4-1@20250805:rawPredict",
            f"{VERTEX}/publishers/anthropic/models/claude-opus-4-1@20250805:streamRawPredict",
        ),
        (
            "vertexai/mistral-medium-3",
            GOOGLE,
            "openai_chat",
            f"{VERTEX}/publishers/mistralai/models/mistral-medium-3:rawPredict",
            f"{VERTEX}/publishers/mistralai/models/mistral-medium-3:streamRawPredict",
        ),
        (
            "vertexai/endpoints/123",
            GOOGLE,
            "gemini",
            f"{VERTEX}/endpoints/123:generateContent",
            f"{VERTEX}/endpoints/123:streamGenerateContent?alt=sse",
        ),
        (
            "azure/gpt-5",
            {"AZURE_OPENAI_ENDPOINT": "https://lab.openai.azure.com/"},
            "openai_chat",
            "https://lab.openai.azure.com/openai/v1/chat/completions",
            None,
        ),
        (
            "azure/gpt-5",
            {"AZURE_RESOURCE_NAME": "lab", "OPENAI_API_VERSION": "2024-10-21"},
            "openai_chat",
            (
                "https://lab.openai.azure.com/openai/deployments/gpt-5"
                "/chat/completions?api-version=2024-10-21"
            ),
            None,
        ),
        (
            "cloudflare/@cf/meta/llama-3.1-8b-instruct",
            {"CLOUDFLARE_ACCOUNT_ID": "0a1b"},
            "openai_chat",
            "https://api.cloudflare.com/client/v4/accounts/0a1b/ai/v1/chat/completions",
            None,
        ),
    ],
)
def test_addresses_are_filled_in(
    text: str, environ: dict[str, str], dialect: str, url: str, stream_url: str | None
) -> None:
    target = registry(**environ).resolve(text).target
    assert (target.dialect, target.url, target.stream_url) == (dialect, url, stream_url)


@pytest.mark.parametrize(
    ("model", "dialect", "verb", "batch"),
    [
        ("text-embedding-005", "vertex", "predict", 250),
        ("gemini-embedding-001", "vertex", "predict", 1),
        ("gemini-embedding-2", "gemini", "embedContent", 1),
    ],
)
def test_a_variant_may_be_about_one_operation(
    model: str, dialect: str, verb: str, batch: int
) -> None:
    target = registry(**GOOGLE).resolve(f"vertexai/{model}", operation="embeddings").target
    assert (target.dialect, target.quirks.embedding_batch) == (dialect, batch)
    assert target.url == f"{VERTEX}/publishers/google/models/{model}:{verb}"
    assert registry(**GOOGLE).resolve(f"vertexai/{model}").target.dialect == "gemini"


def test_a_host_that_takes_anthropics_version_in_the_body_gets_no_header() -> None:
    assert registry(**GOOGLE).resolve("vertexai/claude-x").target.headers == ()
    target = registry(**AWS).resolve("bedrock/m", dialect="anthropic_messages").target
    assert (target.headers, target.quirks.anthropic_host) == ((), "bedrock")
    assert target.stream_url is not None
    assert target.stream_url.endswith("/model/m/invoke-with-response-stream")


def test_variables_of_the_settings_stand_above_the_environment() -> None:
    own = ProviderSettings(variables={"region": "us-east-1"})
    found = registry(Settings(providers={"bedrock": own}), **AWS)
    assert "bedrock-runtime.us-east-1." in found.resolve("bedrock/m").target.url


def test_a_missing_variable_is_an_error_of_use_and_not_before() -> None:
    found = registry(AWS_BEARER_TOKEN_BEDROCK="k")
    assert found.state("bedrock").startswith("missing (set AWS_REGION or ")
    with pytest.raises(ConfigError, match="bedrock: the region is not known; set AWS_REGION or "):
        found.resolve("bedrock/m")


def test_an_unknown_region_is_taken_with_an_address_of_ones_own_only() -> None:
    with pytest.raises(ConfigError, match="did you mean eu-west-1"):
        registry(AWS_REGION="eu-wset-1").resolve("bedrock/m")
    own = ProviderSettings(base_url="https://vpce.example")
    found = registry(Settings(providers={"bedrock": own}), AWS_REGION="eu-wset-1")
    assert found.resolve("bedrock/m").target.url == "https://vpce.example/model/m/converse"


def test_an_operation_on_another_host_is_not_asked_for_where_the_address_is_moved() -> None:
    own = ProviderSettings(base_url="https://nim.example/v1", key=Secret("k"))
    found = registry(Settings(providers={"nvidia": own}))
    assert found.resolve("nvidia/m").target.url == "https://nim.example/v1/chat/completions"
    with pytest.raises(UnsupportedFeature, match=r"https://nim\.example does not support rerank"):
        found.resolve("nvidia/m", operation="rerank")


def test_a_list_of_models_on_another_host_is_left_out_where_the_address_is_moved() -> None:
    usual = registry(**AWS).get("bedrock")
    assert usual.models_url == "https://bedrock.eu-west-1.amazonaws.com/foundation-models"
    moved = registry(AWS_ENDPOINT_URL_BEDROCK_RUNTIME="https://vpce.example", **AWS).get("bedrock")
    assert (moved.models_url, moved.check) == (None, None)
    proxied = registry(CLOUDFLARE_API_BASE="https://proxy.example/ai/v1", CLOUDFLARE_API_TOKEN="t")
    assert proxied.state("cloudflare") == "ready (CLOUDFLARE_API_TOKEN)"
    assert proxied.get("cloudflare").models_url is None


def test_a_custom_endpoint_is_a_table_of_the_settings() -> None:
    own = ProviderSettings(
        base_url="https://llm.example/v1", key_env="MINE", headers={"X-Team": "a"}
    )
    found = registry(Settings(providers={"my-server": own}), MINE="k")
    resolved = found.resolve("My-Server/big/model:1")
    assert resolved.target.url == "https://llm.example/v1/chat/completions"
    assert (resolved.target.label, resolved.target.headers) == (
        "my_server/big/model:1",
        (("x-team", "a"),),
    )
    assert "my_server" in found.names()
    assert found.state("my-server") == "ready (MINE)"
    assert resolved.provider.dialects[0] == "openai_chat"


def test_a_custom_endpoint_may_speak_another_dialect() -> None:
    own = ProviderSettings(
        base_url="http://127.0.0.1:9000", key=Secret("k"), dialect="anthropic_messages"
    )
    resolved = registry(Settings(providers={"mine": own})).resolve("mine/m")
    assert resolved.target.url == "http://127.0.0.1:9000/v1/messages"
    assert resolved.credential is not None
    request = resolved.credential.authorize(HttpRequest("POST", resolved.target.url))
    assert request.headers == (("x-api-key", "k"),)


def test_a_custom_endpoint_without_a_key_sends_none() -> None:
    own = ProviderSettings(base_url="http://127.0.0.1:9000/v1")
    resolved = registry(Settings(providers={"mine": own})).resolve("mine/m")
    assert resolved.credential is not None
    request = HttpRequest("POST", resolved.target.url)
    assert resolved.credential.authorize(request) is request
    resolved.credential.rotate("given")
    assert resolved.credential.authorize(request).headers == (("authorization", "Bearer given"),)


def test_a_table_without_an_address_is_probably_a_slip() -> None:
    settings = Settings(providers={"opnai": ProviderSettings(key_env="X")})
    with pytest.raises(ConfigError, match="has no base_url; did you mean openai"):
        registry(settings)


@pytest.mark.parametrize("name", ["a/b", "a:b", "", "a b"])
def test_a_custom_name_that_no_model_string_reaches_is_refused(name: str) -> None:
    own = ProviderSettings(base_url="https://llm.example")
    with pytest.raises(ConfigError, match="for a name"):
        registry(Settings(providers={name: own}))


def test_the_embedded_provider_takes_no_address() -> None:
    own = ProviderSettings(base_url="http://127.0.0.1:9000")
    with pytest.raises(ConfigError, match="choose another name"):
        registry(Settings(providers={"local": own})).get("local")


def test_a_dialect_of_the_settings_that_is_not_spoken_leaves_the_list_alone() -> None:
    found = registry(Settings(providers={"groq": ProviderSettings(dialect="anthropic_messages")}))
    assert found.get("groq").dialects == ("openai_chat", "openai_responses")
    with pytest.raises(UnsupportedFeature):
        found.resolve("groq/m")


def test_two_tables_for_one_provider_are_refused() -> None:
    own = ProviderSettings(dialect="openai_chat")
    with pytest.raises(ConfigError, match="about anthropic; keep one"):
        registry(Settings(providers={"claude": own, "Anthropic": own}))


def test_a_table_by_an_alias_changes_the_provider() -> None:
    own = ProviderSettings(timeouts={"connect": 1.5}, headers={"anthropic-version": "2026-10-21"})
    found = registry(Settings(providers={"claude": own})).get("anthropic")
    assert found.timeouts == Timeouts(connect=1.5)
    assert found.target("m", "chat", None).headers == (("anthropic-version", "2026-10-21"),)


def test_quirks_of_the_settings_stand_above_the_table() -> None:
    own = ProviderSettings(quirks={"tool_strict": False})
    quirks = registry(Settings(providers={"openai": own})).resolve("openai/m").target.quirks
    assert quirks == Quirks(
        call_ids="forty_characters",
        max_tokens="max_completion_tokens",
        tool_strict=False,
        strict_schemas="openai",
        unsupported=("top_k",),
        image_types=("png", "jpeg", "webp", "gif"),
    )


def test_the_settings_may_choose_the_dialect_and_the_call_may_choose_another() -> None:
    own = ProviderSettings(dialect="openai_responses")
    found = registry(Settings(providers={"openai": own}))
    assert found.resolve("openai/m").target.dialect == "openai_responses"
    assert found.resolve("openai/m", dialect="openai_chat").target.dialect == "openai_chat"


def test_an_address_brings_a_retired_name_back() -> None:
    own = ProviderSettings(base_url="https://jamba.example/v1")
    resolved = registry(Settings(providers={"ai21": own})).resolve("ai21/jamba-large")
    assert resolved.target.url == "https://jamba.example/v1/chat/completions"


def test_headers_come_from_the_environment_with_the_usual_or_its_own_address() -> None:
    headers = registry(OPENAI_ORG_ID="org").resolve("openai/m").target.headers
    assert headers == (("openai-organization", "org"),)
    own = ProviderSettings(base_url="https://proxy.example")
    moved = registry(Settings(providers={"openai": own}), OPENAI_ORG_ID="org")
    assert moved.resolve("openai/m").target.headers == ()


def test_the_local_target_is_located_once_its_server_runs() -> None:
    resolved = registry().resolve("local").located("http://127.0.0.1:40123", "per-process")
    assert resolved.target.url == "http://127.0.0.1:40123/v1/chat/completions"
    assert resolved.credential is not None
    request = resolved.credential.authorize(HttpRequest("POST", resolved.target.url))
    assert request.headers == (("authorization", "Bearer per-process"),)
    with pytest.raises(ConfigError):
        resolved.credential.authorize(HttpRequest("POST", "http://127.0.0.1:40124/v1"))
    assert "per-process" not in repr(resolved)


def test_resolving_twice_gives_the_same_object() -> None:
    found = registry()
    assert found.resolve("openai/gpt-5") is found.resolve("openai/gpt-5")


def test_strangers_cannot_fill_the_memory_with_names() -> None:
    found = registry()
    for number in range(3000):
        found.resolve(f"openai/m{number}")
    assert len(found._resolved) <= 1024


def test_all_models_of_a_provider_share_one_live_credential() -> None:
    found = registry(GROQ_API_KEY="old")
    one, two = found.resolve("groq/a"), found.resolve("groq/b", dialect="openai_responses")
    assert one.credential is two.credential is found.get("groq").credential
    assert one.credential is not None
    one.credential.rotate("new")
    request = HttpRequest("POST", two.target.url)
    assert two.credential is not None
    assert two.credential.authorize(request).headers[0][1] == "Bearer new"


def test_threads_that_ask_at_once_get_one_provider() -> None:
    found = registry(GROQ_API_KEY="k")
    barrier = threading.Barrier(8)
    got: list[object] = []

    def ask() -> None:
        barrier.wait()
        got.append(found.get("groq").credential)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len({id(credential) for credential in got}) == 1


@pytest.mark.parametrize("name", sorted(NAMES - RETIRED))
def test_every_active_provider_resolves_in_each_of_its_dialects_and_operations(name: str) -> None:
    found = registry(**ENVIRON)
    provider = found.get(name)
    for dialect in provider.dialects:
        target = found.resolve(f"{name}/m", dialect=dialect).target
        assert target.dialect == dialect
        assert target.url.startswith(f"{provider.endpoint.origin}/")
    for operation in provider.table.operations:
        target = found.resolve(f"{name}/m", operation=operation).target
        assert "{" not in target.url
        assert provider.credential is not None or name == "local"
    if provider.check is not None:
        assert provider.check.url.startswith("http")
    without = {"jina", "pydantic_ai", "voyageai", "zhipuai"}
    assert (provider.models_url is None) == (name in without)


def test_a_provider_has_an_address_without_a_model_too() -> None:
    target = registry().get("jina").bare_target()
    assert (target.provider, target.url) == ("jina", "https://api.jina.ai/v1")
    with pytest.raises(ProviderRetired):
        registry().get("ai21").bare_target()


def test_no_key_is_shown_by_anything_that_a_failure_leaves_behind() -> None:
    canary = "sk-canary-0123456789"
    found = registry(OPENAI_API_KEY=canary, OPENAI_BASE_URL=f"http://{canary}@x.example")
    with pytest.raises(ConfigError) as caught:
        found.resolve("openai/gpt-5")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "/src/" in frame.filename]
    assert frames
    assert canary not in str([frame.locals for frame in frames if frame.locals])
    assert canary not in str(caught.value) + repr(found.__dict__)


@given(st.text(max_size=300))
def test_any_text_resolves_or_is_one_of_our_errors(text: str) -> None:
    try:
        target = registry().resolve(text).target
    except FairleadError as error:
        message = str(error)
    else:
        message = target.url
        assert target.url.startswith(("https://", "http://127.0.0.1"))
    assert message.isprintable()
