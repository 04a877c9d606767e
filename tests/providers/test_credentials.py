"""Which keys may go to which address: the rules of docs/decisions/0005, one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.auth.api_key import Credential
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.providers.provider import Provider
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.http import HttpRequest

ELSEWHERE = "https://proxy.example/v1"


def provider(name: str, own: ProviderSettings | None = None, **environ: str) -> Provider:
    settings = Settings(providers={} if own is None else {name: own})
    return Registry(settings, environ={"HOME": "/nonexistent", **environ}).get(name)


def sent(found: Provider) -> tuple[tuple[str, str], ...]:
    """The headers that the credential adds to a request to the provider's own address."""
    assert isinstance(found.credential, Credential)
    url = found.endpoint.url("/chat")
    return found.credential.authorize(HttpRequest("POST", url)).headers


def refusal(found: Provider) -> str:
    with pytest.raises(MissingCredentials) as caught:
        sent(found)
    return str(caught.value)


def test_the_environments_key_goes_to_the_usual_address() -> None:
    assert sent(provider("openai", OPENAI_API_KEY="k")) == (("authorization", "Bearer k"),)


def test_address_and_key_from_the_environment_belong_together() -> None:
    found = provider("openai", OPENAI_API_KEY="k", OPENAI_BASE_URL=ELSEWHERE)
    assert sent(found) == (("authorization", "Bearer k"),)


def test_an_address_of_the_settings_does_not_get_the_environments_key() -> None:
    found = provider("openai", ProviderSettings(base_url=ELSEWHERE), OPENAI_API_KEY="canary")
    message = refusal(found)
    assert "https://proxy.example" in message
    assert "[providers.openai]" in message
    assert "canary" not in message


def test_an_address_of_the_settings_on_the_usual_host_keeps_the_key() -> None:
    own = ProviderSettings(base_url="https://api.openai.com/v2")
    assert sent(provider("openai", own, OPENAI_API_KEY="k")) == (("authorization", "Bearer k"),)


@pytest.mark.parametrize(
    "own",
    [
        ProviderSettings(base_url=ELSEWHERE, key=Secret("mine")),
        ProviderSettings(base_url=ELSEWHERE, key_env="MINE"),
        ProviderSettings(base_url=ELSEWHERE, key_env=("NONE", "MINE")),
    ],
)
def test_address_and_key_of_one_table_belong_together(own: ProviderSettings) -> None:
    found = provider("openai", own, OPENAI_API_KEY="usual", MINE="mine")
    assert sent(found) == (("authorization", "Bearer mine"),)


def test_a_key_of_the_settings_alone_goes_to_the_usual_address_only() -> None:
    own = ProviderSettings(key=Secret("mine"))
    assert sent(provider("openai", own, OPENAI_API_KEY="usual"))[0][1] == "Bearer mine"
    moved = provider("openai", own, OPENAI_API_KEY="usual", OPENAI_BASE_URL=ELSEWHERE)
    assert "OPENAI_BASE_URL" in refusal(moved)


def test_a_named_variable_that_is_unset_is_not_replaced_by_the_usual_one() -> None:
    found = provider("openai", ProviderSettings(key_env="MINE"), OPENAI_API_KEY="usual")
    assert refusal(found) == "openai: there is no key; set MINE"


def test_without_a_key_the_error_names_all_variables_in_order() -> None:
    message = refusal(provider("together"))
    assert message == (
        "together: there is no key; set TOGETHER_API_KEY or TOGETHER_AI_API_KEY or "
        "TOGETHERAI_API_KEY or TOGETHER_AI_TOKEN"
    )


def test_anthropics_token_variable_is_a_bearer_token_and_its_key_is_not() -> None:
    assert sent(provider("anthropic", ANTHROPIC_API_KEY="k")) == (("x-api-key", "k"),)
    token = provider("anthropic", ANTHROPIC_AUTH_TOKEN="t")
    assert sent(token) == (("authorization", "Bearer t"),)


def test_a_key_header_of_the_settings_carries_the_bare_key() -> None:
    own = ProviderSettings(base_url=ELSEWHERE, key=Secret("mine"), key_header="Api-Key")
    assert sent(provider("openai", own)) == (("api-key", "mine"),)


def test_an_optional_key_is_sent_where_there_is_one() -> None:
    assert sent(provider("vllm")) == ()
    assert sent(provider("vllm", VLLM_API_KEY="k")) == (("authorization", "Bearer k"),)


def test_an_optional_key_that_the_settings_name_must_be_there() -> None:
    assert "set MINE" in refusal(provider("vllm", ProviderSettings(key_env="MINE")))


def test_an_optional_key_does_not_follow_to_an_address_of_the_settings() -> None:
    own = ProviderSettings(base_url="https://gpu.example/v1")
    assert sent(provider("vllm", own, VLLM_API_KEY="k")) == ()


def test_the_key_file_of_a_provider_is_read_in_the_users_home(tmp_path: Path) -> None:
    path = tmp_path / ".cache" / "huggingface" / "token"
    path.parent.mkdir(parents=True)
    path.write_text("hf_file\n")
    found = provider("huggingface", HOME=str(tmp_path))
    assert sent(found) == (("authorization", "Bearer hf_file"),)
    moved = provider("huggingface", HOME=str(tmp_path), HF_INFERENCE_ENDPOINT=ELSEWHERE)
    assert "there is no key" in refusal(moved)


def test_a_key_file_of_the_settings_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("one\n")
    found = provider("groq", ProviderSettings(key_file=str(path)))
    assert sent(found)[0][1] == "Bearer one"
    path.write_text("two\n")
    assert sent(found)[0][1] == "Bearer two"


def test_the_embedded_provider_has_no_key_until_it_runs() -> None:
    assert provider("local").credential is None


def test_no_key_is_given_to_an_address_that_a_project_chose() -> None:
    own = ProviderSettings(base_url=ELSEWHERE, key=Secret("theirs"))
    settings = Settings(providers={"OpenAI": own}, project_addresses=("OpenAI",))
    found = Registry(settings, environ={}).get("openai")
    assert found.credential is not None
    with pytest.raises(ConfigError, match="in your own settings file") as caught:
        found.credential.rotate("canary")
    assert "canary" not in str(caught.value)
    assert sent(found) == (("authorization", "Bearer theirs"),)


def test_a_key_may_be_given_to_an_address_of_the_users_own() -> None:
    found = provider("openai", ProviderSettings(base_url=ELSEWHERE), OPENAI_API_KEY="usual")
    assert found.credential is not None
    found.credential.rotate("given")
    assert sent(found) == (("authorization", "Bearer given"),)
