"""Which address is used: settings, else environment, else table; and whole URLs from it."""

from __future__ import annotations

import pytest

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.providers.endpoints import Endpoint, address_is_given, endpoint_for
from fairlead.providers.schema import table_of
from fairlead.providers.variables import variables_of_table
from fairlead.settings import ProviderSettings


def endpoint(
    name: str,
    own: ProviderSettings | None = None,
    *,
    insecure: bool = False,
    project: bool = False,
    **variables: str,
) -> Endpoint:
    table, environment = table_of(name), Environment(variables)
    known = variables_of_table(
        name, table, own, environment, any_value=address_is_given(table, own, environment)
    )
    return endpoint_for(
        name,
        table,
        own,
        environment,
        known,
        allow_insecure_http=insecure,
        chosen_by_project=project,
    )


def test_the_table_gives_the_usual_address() -> None:
    found = endpoint("openai")
    assert (found.base_url, found.given_by) == ("https://api.openai.com/v1", "table")
    assert not found.moved


def test_the_environment_stands_above_the_table_in_the_order_of_its_variables() -> None:
    found = endpoint(
        "openai",
        OPENAI_API_BASE="https://two.example/v1",
        OPENAI_BASE_URL="https://one.example/v1/",
    )
    assert (found.base_url, found.source) == ("https://one.example/v1", "OPENAI_BASE_URL")
    assert found.moved


def test_the_settings_stand_above_the_environment() -> None:
    own = ProviderSettings(base_url="https://own.example")
    found = endpoint("openai", own, OPENAI_BASE_URL="https://one.example")
    assert (found.base_url, found.given_by) == ("https://own.example", "settings")


def test_another_path_on_the_usual_host_is_no_move() -> None:
    assert not endpoint("openai", OPENAI_BASE_URL="https://api.openai.com/v2").moved


@pytest.mark.parametrize(
    ("value", "base_url"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:8080/", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("https://ollama.com", "https://ollama.com"),
        ("http://localhost:11434/v1", "http://localhost:11434"),
        ("http://localhost:11434/v1/", "http://localhost:11434"),
        ("localhost/prefix", "http://localhost:11434/prefix"),
    ],
)
def test_ollamas_variable_may_leave_out_scheme_and_port_or_hold_the_path_of_another_dialect(
    value: str, base_url: str
) -> None:
    assert endpoint("ollama", OLLAMA_HOST=value).base_url == base_url


@pytest.mark.parametrize(
    ("name", "variable", "value", "base_url"),
    [
        ("groq", "GROQ_BASE_URL", "https://a.example", "https://a.example/openai/v1"),
        ("groq", "GROQ_BASE_URL", "https://a.example/openai", "https://a.example/openai/v1"),
        ("groq", "GROQ_BASE_URL", "https://a.example/openai/v1/", "https://a.example/openai/v1"),
        ("groq", "GROQ_BASE_URL", "https://a.example/open", "https://a.example/open"),
        ("groq", "GROQ_BASE_URL", "https://a.example/x", "https://a.example/x"),
        ("fireworks", "FIREWORKS_BASE_URL", "https://a.example/", "https://a.example/inference/v1"),
        ("fireworks", "FIREWORKS_API_BASE", "https://a.example", "https://a.example"),
        ("cerebras", "CEREBRAS_BASE_URL", "https://a.example", "https://a.example/v1"),
    ],
)
def test_a_host_root_gets_the_path_and_a_whole_address_is_left_alone(
    name: str, variable: str, value: str, base_url: str
) -> None:
    assert endpoint(name, **{variable: value}).base_url == base_url


@pytest.mark.parametrize(
    "value",
    [
        "api.openai.com/v1",
        "http://proxy.example/v1",
        "https://user:canary@proxy.example",
        "https://proxy.example/v1?key=canary",
        "https://proxy.example/v1#canary",
        "https://proxy.example/../v1",
    ],
)
def test_a_bad_address_names_its_variable_and_shows_no_part_of_it(value: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL: ") as caught:
        endpoint("openai", OPENAI_BASE_URL=value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("openai", "/chat/completions"),
        ("openai", "/responses/"),
        ("anthropic", "/v1/messages"),
        ("ollama", "/api/chat"),
    ],
)
def test_an_address_of_calls_is_no_base_url(name: str, path: str) -> None:
    own = ProviderSettings(base_url=f"https://one.example{path}")
    with pytest.raises(ConfigError, match=rf"a base URL ends before {path.rstrip('/')}; leave"):
        endpoint(name, own)


def test_an_address_may_end_in_a_path_of_another_protocol() -> None:
    own = ProviderSettings(base_url="https://one.example/api/chat")
    assert endpoint("openai", own).base_url == "https://one.example/api/chat"


def test_plain_http_is_taken_where_it_is_allowed() -> None:
    own = ProviderSettings(base_url="http://gpu.lan:8000/v1", allow_insecure_http=True)
    assert endpoint("vllm", own).base_url == "http://gpu.lan:8000/v1"
    found = endpoint("vllm", insecure=True, VLLM_BASE_URL="http://gpu.lan:8000/v1")
    assert found.base_url == "http://gpu.lan:8000/v1"
    with pytest.raises(ConfigError, match=r"\[providers.vllm\] base_url: http://gpu.lan:8000 is"):
        endpoint("vllm", ProviderSettings(base_url="http://gpu.lan:8000/v1"))


def test_a_base_path_stands_in_place_of_the_address_own_path() -> None:
    found = endpoint("deepseek")
    assert found.url("/chat/completions") == "https://api.deepseek.com/chat/completions"
    minimax = endpoint("minimax", MINIMAX_API_BASE="https://api.minimaxi.com/v1")
    expected = "https://api.minimaxi.com/anthropic/v1/messages"
    assert minimax.url("/v1/messages", "/anthropic") == expected
    proxied = endpoint("minimax", MINIMAX_API_BASE="https://proxy.example/minimax/v1")
    expected = "https://proxy.example/minimax/anthropic/v1/messages"
    assert proxied.url("/v1/messages", "/anthropic") == expected


@pytest.mark.parametrize(
    ("value", "base_url"),
    [
        ("https://lab.openai.azure.com/", "https://lab.openai.azure.com/openai/v1"),
        ("https://lab.openai.azure.com/openai/v1/", "https://lab.openai.azure.com/openai/v1"),
        ("https://lab.openai.azure.com/openai", "https://lab.openai.azure.com/openai/v1"),
        ("https://gateway.example/team", "https://gateway.example/team/openai/v1"),
    ],
)
def test_azures_variable_may_hold_a_gateways_path(value: str, base_url: str) -> None:
    found = endpoint("azure", AZURE_OPENAI_ENDPOINT=value)
    assert found.base_url == base_url
    root = base_url.removesuffix("/openai/v1")
    assert found.url("/x", "/openai/deployments/m") == f"{root}/openai/deployments/m/x"


def test_variables_are_filled_into_the_tables_address() -> None:
    found = endpoint("bedrock", AWS_DEFAULT_REGION="eu-west-1")
    assert found.base_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert not found.moved


@pytest.mark.parametrize(
    ("location", "base_url"),
    [
        ("us-east5", "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5"),
        ("global", "https://aiplatform.googleapis.com/v1/projects/p/locations/global"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu"),
    ],
)
def test_a_host_may_follow_from_a_variable(location: str, base_url: str) -> None:
    found = endpoint("vertexai", GOOGLE_CLOUD_PROJECT="p", GOOGLE_CLOUD_LOCATION=location)
    assert found.base_url == base_url


@pytest.mark.parametrize(
    "value", ["https://proxy.example", "https://proxy.example/", "https://proxy.example/v1"]
)
def test_a_path_with_variables_completes_an_address_of_the_environment(value: str) -> None:
    place = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "nowhere-1"}
    found = endpoint("vertexai", GOOGLE_VERTEX_BASE_URL=value, **place)
    assert found.base_url == "https://proxy.example/v1/projects/p/locations/nowhere-1"
    assert found.moved


def test_an_address_that_is_not_known_is_told_when_it_is_used() -> None:
    found = endpoint("azure")
    assert found.gap is not None
    assert found.base_url == "https://{resource}.openai.azure.com/openai/v1"
    with pytest.raises(ConfigError, match=r"set AZURE_RESOURCE_NAME or .* AZURE_OPENAI_ENDPOINT$"):
        found.url("/models")


def test_a_broken_address_with_a_missing_variable_shows_no_part_of_it() -> None:
    with pytest.raises(ConfigError, match="GOOGLE_VERTEX_BASE_URL: ") as caught:
        endpoint("vertexai", GOOGLE_VERTEX_BASE_URL="https://user:canary@proxy.example")
    assert "canary" not in str(caught.value)


def test_an_address_of_the_users_own_is_moved_even_where_the_usual_one_is_not_known() -> None:
    assert endpoint("azure", ProviderSettings(base_url="https://x.openai.azure.com/v1")).moved


def test_a_host_that_a_project_chooses_freely_counts_as_an_address_of_the_settings() -> None:
    own = ProviderSettings(variables={"resource": "theirs"})
    mine = endpoint("azure", own)
    assert (mine.given_by, mine.moved) == ("table", False)
    theirs = endpoint("azure", own, project=True)
    assert theirs.base_url == mine.base_url == "https://theirs.openai.azure.com/openai/v1"
    assert (theirs.given_by, theirs.moved) == ("settings", True)


def test_a_host_of_a_list_that_a_project_chooses_is_still_the_providers() -> None:
    own = ProviderSettings(variables={"region": "eu-west-1"})
    assert not endpoint("bedrock", own, project=True).moved


def test_an_address_without_a_path_ends_in_a_slash() -> None:
    assert endpoint("pydantic_ai").url("") == "http://127.0.0.1:8000/"
    own = ProviderSettings(base_url="https://app.example/agent/")
    assert endpoint("pydantic_ai", own).url("") == "https://app.example/agent"


def test_an_address_of_the_settings_is_not_filled_in() -> None:
    own = ProviderSettings(base_url="https://llm.example/{region}")
    assert endpoint("bedrock", own, AWS_REGION="eu-west-1").base_url == own.base_url
    hosted = ProviderSettings(base_url="https://{resource}.example", variables={"resource": "x"})
    with pytest.raises(ConfigError, match=r"\[providers.azure\] base_url: a URL has a broken host"):
        endpoint("azure", hosted)
