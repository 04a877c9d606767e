"""Which address is used: settings, else environment, else table; and whole URLs from it."""

from __future__ import annotations

import pytest

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.providers.endpoints import Endpoint, endpoint_for
from fairlead.providers.schema import table_of
from fairlead.settings import ProviderSettings


def endpoint(
    name: str, own: ProviderSettings | None = None, *, insecure: bool = False, **variables: str
) -> Endpoint:
    return endpoint_for(
        name, table_of(name), own, Environment(variables), allow_insecure_http=insecure
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
        ("127.0.0.1", "http://127.0.0.1:11434/v1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        (":8080", "http://127.0.0.1:8080/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080/v1"),
        ("http://0.0.0.0:8080/", "http://127.0.0.1:8080/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
        ("https://ollama.com", "https://ollama.com/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("localhost/prefix", "http://localhost:11434/prefix"),
    ],
)
def test_ollamas_variable_may_leave_out_scheme_port_and_path(value: str, base_url: str) -> None:
    assert endpoint("ollama", OLLAMA_HOST=value).base_url == base_url


@pytest.mark.parametrize(
    ("name", "variable", "value", "base_url"),
    [
        ("groq", "GROQ_BASE_URL", "https://a.example", "https://a.example/openai/v1"),
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
