"""The services that one can sign in to."""

from __future__ import annotations

import pytest

from fairlead.auth.login_providers import LOGINS, github_api, login_service
from fairlead.errors import ConfigError


@pytest.mark.parametrize("name", LOGINS)
def test_every_address_of_a_service_is_https(name: str) -> None:
    service = login_service(name)
    addresses = (
        service.authorize_url, service.device_url, service.token_url, service.revoke_url,
        service.account_url, service.manage,
    )  # fmt: skip
    assert service.token_url
    assert all(address.startswith("https://") for address in addresses if address)


@pytest.mark.parametrize("name", LOGINS)
def test_whoever_asks_for_a_client_says_how_to_get_one(name: str) -> None:
    service = login_service(name)
    assert bool(service.client_env) == bool(service.client_help)


def test_a_company_has_a_github_of_its_own() -> None:
    service = login_service("github-copilot", "acme.ghe.com")
    assert service.token_url == "https://acme.ghe.com/login/oauth/access_token"
    assert service.account_url == "https://api.acme.ghe.com/user"
    assert github_api("github.com") == "https://api.github.com"


@pytest.mark.parametrize(
    ("name", "host", "says_so"),
    [
        ("nope", "", "there are github-copilot, google, openrouter"),
        ("google", "evil.example", "leave the host out"),
        ("github-copilot", "http://evil.example", "plain http"),
        ("github-copilot", "evil.example/path", "without a path"),
        ("github-copilot", "a@evil.example", "user name"),
        ("github-copilot", "evil.example\n", "a URL holds a space"),
    ],
)
def test_other_names_and_hosts_are_refused(name: str, host: str, says_so: str) -> None:
    with pytest.raises(ConfigError, match=says_so):
        login_service(name, host)
