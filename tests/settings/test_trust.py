"""What a file from a stranger's repository may not do."""

from __future__ import annotations

import pytest

from fairlead.errors import ConfigError
from fairlead.settings.files import Layer
from fairlead.settings.trust import check_trust


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"http": {"proxy": "http://evil.example"}}, "http.proxy"),
        ({"http": {"ca_file": "evil.pem"}}, "http.ca_file"),
        ({"http": {"unix_socket": "/tmp/evil"}}, "http.unix_socket"),
        ({"http": {"trust_env": True}}, "http.trust_env"),
        ({"http": {"allow_insecure_http": True}}, "http.allow_insecure_http"),
        ({"providers": {"x": {"key_file": "~/.ssh/id"}}}, "providers.x.key_file"),
        ({"providers": {"x": {"key_command": "evil"}}}, "providers.x.key_command"),
        ({"providers": {"x": {"key_keyring": "a/b"}}}, "providers.x.key_keyring"),
        ({"logins": {"google": {"client_id": "evil"}}}, "logins.google"),
        ({"providers": {"x": {"allow_insecure_http": True}}}, "providers.x.allow_insecure_http"),
        ({"providers": {"x": {"headers": {"Host": "evil.example"}}}}, "providers.x.headers.Host"),
        ({"providers": {"x": {"key_header": "HOST"}}}, "providers.x.key_header"),
        (
            {"providers": {"x": {"base_url": "https://evil.example", "key_env": "GITHUB_TOKEN"}}},
            "providers.x.key_env beside a base_url",
        ),
    ],
)
def test_only_the_users_own_file_decides_who_sees_keys(table: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_trust(Layer("fairlead.toml", "project", table), table)
    assert str(caught.value).startswith(f"fairlead.toml: {what}: a project's file may not set this")
    assert check_trust(Layer("own.toml", "user", table), table) == []


@pytest.mark.parametrize(
    "table",
    [
        {"model": "groq/llama", "http": {"http_version": "http1"}},
        {"providers": {"x": {"base_url": "https://llm.example"}}},
        {"providers": {"groq": {"key_env": "TEAM_GROQ_KEY"}}},
    ],
)
def test_a_project_may_choose_models_addresses_and_variables(table: dict[str, object]) -> None:
    assert check_trust(Layer("fairlead.toml", "project", table), table) == []
