"""Which keys may go to which address: the rules of docs/decisions/0005, one test each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from fairlead.auth.login import Login
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.ports import Blocking, Flow
from fairlead.providers.provider import Provider
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings
from fairlead.settings.logins import login_store
from fairlead.types.http import HttpRequest

WALL = 1_800_000_000.0
AWS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "canary", "AWS_REGION": "eu-west-1"}
ELSEWHERE = "https://proxy.example/v1"


def provider(name: str, own: ProviderSettings | None = None, **environ: str) -> Provider:
    settings = Settings(providers={} if own is None else {name: own})
    return Registry(settings, environ={"HOME": "/nonexistent", **environ}).get(name)


def sent(found: Provider) -> tuple[tuple[str, str], ...]:
    """The headers that the credential adds to a request to the provider's own address."""
    assert found.credential is not None
    url = found.endpoint.url("/chat")
    return found.credential.authorize(HttpRequest("POST", url), WALL).headers


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


def run(flow: Flow[None]) -> None:
    """Run a flow that asks nobody but this machine."""
    sent: object = None
    while True:
        try:
            step = flow.send(sent)
        except StopIteration:
            return
        assert isinstance(step, Blocking)
        sent = step.run()


def renewed(found: Provider) -> Provider:
    assert found.credential is not None
    while (renewal := found.credential.renewal(WALL)) is not None:
        run(renewal.flow())
    return found


def test_a_key_goes_to_the_other_hosts_of_a_built_in_table() -> None:
    found = provider("nvidia", NVIDIA_API_KEY="k")
    assert found.credential is not None
    target = found.target("m", "rerank", None)
    assert target.url.startswith("https://ai.api.nvidia.com/")
    request = found.credential.authorize(HttpRequest("POST", target.url), WALL)
    assert request.headers == (("authorization", "Bearer k"),)
    with pytest.raises(ConfigError, match="is not sent to"):
        found.credential.authorize(HttpRequest("POST", "https://api.nvidia.example/v1"), WALL)


def test_a_key_of_another_address_does_not_go_to_those_hosts() -> None:
    found = provider("nvidia", NVIDIA_API_KEY="k", NVIDIA_BASE_URL=ELSEWHERE)
    assert found.credential is not None
    with pytest.raises(ConfigError, match="is not sent to"):
        found.credential.authorize(HttpRequest("POST", "https://ai.api.nvidia.com/v1/x"), WALL)


def test_an_api_key_of_amazons_stands_above_a_key_pair() -> None:
    found = provider("bedrock", AWS_BEARER_TOKEN_BEDROCK="k", **AWS)
    assert sent(found) == (("authorization", "Bearer k"),)


def test_a_key_pair_signs_for_both_hosts_and_the_region() -> None:
    found = renewed(provider("bedrock", **AWS))
    assert found.credential is not None
    assert found.credential.key_name == "AWS_ACCESS_KEY_ID"
    for url in (found.target("m", "chat", None).url, found.models_url):
        assert url is not None
        headers = dict(found.credential.authorize(HttpRequest("GET", url), WALL).headers)
        assert "/eu-west-1/bedrock/aws4_request" in headers["authorization"]
        assert "canary" not in str(headers)


def test_a_key_pair_does_not_sign_for_an_address_of_the_settings() -> None:
    found = provider("bedrock", ProviderSettings(base_url=ELSEWHERE), **AWS)
    assert found.credential is not None
    assert found.credential.renewal(WALL) is None
    assert "its usual key is not sent to https://proxy.example" in refusal(found)
    assert "put the address into AWS_ENDPOINT_URL_BEDROCK_RUNTIME instead" in refusal(found)


def test_a_key_of_the_settings_stands_above_the_clouds_own_chain() -> None:
    found = provider("bedrock", ProviderSettings(key=Secret("mine")), **AWS)
    assert sent(found) == (("authorization", "Bearer mine"),)


def test_the_region_of_a_profile_is_the_region(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = us-west-2\n")
    found = provider("bedrock", HOME=str(tmp_path))
    assert found.endpoint.base_url == "https://bedrock-runtime.us-west-2.amazonaws.com"
    (tmp_path / ".aws" / "config").write_text("[[[\n")
    broken = provider("bedrock", HOME=str(tmp_path))
    with pytest.raises(ConfigError, match="cannot be read"):
        broken.target("m", "chat", None)


def test_the_project_of_googles_credentials_is_the_project(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text('{"type": "service_account", "project_id": "lab"}')
    place = {"GOOGLE_CLOUD_LOCATION": "global", "GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    assert "/projects/lab/" in provider("vertexai", **place).endpoint.base_url
    path.write_text("no json")
    assert provider("vertexai", **place).endpoint.gap is not None


def test_googles_file_is_no_key() -> None:
    place = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "global"}
    found = provider("vertexai", GOOGLE_APPLICATION_CREDENTIALS="/nonexistent.json", **place)
    assert found.credential is not None
    assert found.credential.key_name == "GOOGLE_APPLICATION_CREDENTIALS"
    renewal = found.credential.renewal(WALL)
    assert renewal is not None
    with pytest.raises(ConfigError, match=r"/nonexistent\.json cannot be read"):
        run(renewal.flow())


def test_a_key_file_of_the_settings_is_a_credentials_file_of_googles(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text("no json")
    own = ProviderSettings(key_file=str(path), variables={"project": "p", "location": "global"})
    found = provider("vertexai", own)
    assert found.credential is not None
    renewal = found.credential.renewal(WALL)
    assert renewal is not None
    with pytest.raises(ConfigError, match=r"account\.json is not a Google credentials file"):
        run(renewal.flow())


@pytest.mark.parametrize("named", [False, True])
def test_a_login_stands_behind_a_file_that_is_named(named: bool, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "FAIRLEAD_TOKEN_STORE": "file"}
    place = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "global"}
    login = Login(service="google", access=Secret("token"), obtained_at=WALL)
    login_store(Environment(home)).write("google", login)
    file = {"GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent.json"} if named else {}
    found = provider("vertexai", **home, **place, **file)
    assert found.credential is not None
    expected = "GOOGLE_APPLICATION_CREDENTIALS" if named else "login google"
    assert found.credential.key_name == expected


def test_azure_takes_a_token_or_a_key_in_the_header_of_each() -> None:
    place = {"AZURE_OPENAI_ENDPOINT": "https://lab.openai.azure.com"}
    key = provider("azure", AZURE_API_KEY="k", **place)
    assert sent(key) == (("api-key", "k"),)
    token = provider("azure", AZURE_OPENAI_AD_TOKEN="t", AZURE_API_KEY="k", **place)
    assert sent(token) == (("authorization", "Bearer t"),)


def test_without_a_key_azure_asks_for_a_token_of_entra() -> None:
    place = {"AZURE_OPENAI_ENDPOINT": "https://lab.openai.azure.com"}
    application = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "canary"}
    found = provider("azure", **place, **application)
    assert found.credential is not None
    assert found.credential.key_name == "AZURE_CLIENT_SECRET"
    renewal = found.credential.renewal(WALL)
    assert renewal is not None
    step = renewal.flow().send(None)
    assert isinstance(step, HttpRequest)
    assert step.url.startswith("https://login.microsoftonline.com/t/")


def test_no_key_of_azures_goes_to_a_host_that_a_project_chose_freely() -> None:
    own = ProviderSettings(variables={"resource": "theirs"})
    settings = Settings(providers={"azure": own}, project_addresses=("azure",))
    environ = {"HOME": "/nonexistent", "AZURE_API_KEY": "canary"}
    found = Registry(settings, environ=environ).get("azure")
    assert "[providers.azure] variables names" in refusal(found)
    assert found.credential is not None
    with pytest.raises(ConfigError, match="in your own settings file"):
        found.credential.rotate("canary")
    mine = Registry(replace(settings, project_addresses=()), environ=environ).get("azure")
    assert sent(mine) == (("api-key", "canary"),)


def test_a_region_that_a_project_chose_does_not_pin_the_key() -> None:
    own = ProviderSettings(variables={"region": "eu-west-1"})
    settings = Settings(providers={"bedrock": own}, project_addresses=("bedrock",))
    found = Registry(settings, environ={"AWS_BEARER_TOKEN_BEDROCK": "k"}).get("bedrock")
    assert sent(found) == (("authorization", "Bearer k"),)
    assert found.credential is not None
    found.credential.rotate("new")
    assert sent(found) == (("authorization", "Bearer new"),)


def test_copilots_variables_hold_a_token_of_githubs() -> None:
    found = provider("github_copilot", COPILOT_GITHUB_TOKEN="gho_canary")
    assert found.credential is not None
    assert found.credential.key_name == "COPILOT_GITHUB_TOKEN"
    renewal = found.credential.renewal(WALL)
    assert renewal is not None
    step = renewal.flow().send(None)
    assert isinstance(step, HttpRequest)
    assert step.url == "https://api.github.com/copilot_internal/v2/token"


@pytest.mark.parametrize(("name", "service"), [("openrouter", "openrouter"), ("gemini", "google")])
def test_without_a_key_a_login_is_used(name: str, service: str, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "FAIRLEAD_TOKEN_STORE": "file"}
    login = Login(service=service, access=Secret("token"), obtained_at=WALL)
    login_store(Environment(home)).write(service, login)
    found = renewed(provider(name, **home))
    assert sent(found) == (("authorization", "Bearer token"),)
    assert found.credential is not None
    assert found.credential.key_name == f"login {service}"
    keyed = provider(name, GEMINI_API_KEY="k", OPENROUTER_API_KEY="k", **home)
    assert "token" not in str(sent(keyed))


def test_the_keys_of_a_pool_take_turns() -> None:
    own = ProviderSettings(key_env=("A", "B", "C"), key_pool=True)
    found = provider("groq", own, A="one", B="two")
    keys = [sent(found)[0][1] for _ in range(4)]
    assert keys == ["Bearer one", "Bearer two", "Bearer one", "Bearer two"]


def test_without_a_pool_the_first_key_that_is_there_is_the_one() -> None:
    own = ProviderSettings(key_env=("A", "B"))
    found = provider("groq", own, B="two")
    assert [sent(found)[0][1] for _ in range(2)] == ["Bearer two"] * 2


def test_a_key_that_a_command_prints_is_read_when_it_is_needed() -> None:
    own = ProviderSettings(key_command=(sys.executable, "-c", "print('printed')"))
    found = renewed(provider("groq", own))
    assert sent(found) == (("authorization", "Bearer printed"),)


def test_a_key_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from a file\n")
    assert sent(provider("voyageai", VOYAGE_API_KEY_PATH=str(path))) == (
        ("authorization", "Bearer from a file"),
    )
    assert "there is no key" in refusal(provider("voyageai"))
