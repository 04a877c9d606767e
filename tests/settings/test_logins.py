"""Where logins are kept, and who may say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.settings import Settings
from fairlead.settings.logins import login_store


def test_logins_lie_beside_the_users_own_settings(tmp_path: Path) -> None:
    store = login_store(Environment({"XDG_CONFIG_HOME": str(tmp_path)}))
    assert store.path_of("google") == tmp_path / "fairlead" / "tokens" / "google.json"


def test_the_place_is_one_of_two_words() -> None:
    with pytest.raises(ConfigError, match="must be keyring or file, not 'drawer'"):
        login_store(Environment({"FAIRLEAD_TOKEN_STORE": "drawer"}))


def test_the_variables_of_logins_are_no_slips_of_settings(tmp_path: Path) -> None:
    names = ("FAIRLEAD_TOKEN_STORE", "FAIRLEAD_GOOGLE_CLIENT_ID", "FAIRLEAD_GOOGLE_CLIENT_SECRET",
             "FAIRLEAD_GITHUB_CLIENT_ID")  # fmt: skip
    environ = dict.fromkeys(names, "x") | {"HOME": str(tmp_path)}
    assert Settings.load(environ=environ, cwd=tmp_path).logins == {}


def test_a_login_is_described_in_a_table_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[logins.google]\nclient_id = "id"\n[logins.github-copilot]\nhost = "a.ghe.com"'
    )
    settings = Settings.load(path=path, environ={})
    assert settings.logins["google"].client_id == "id"
    assert settings.logins["github-copilot"].host == "a.ghe.com"
    path.write_text('[logins.google]\nclient = "id"')
    with pytest.raises(ConfigError, match=r"logins\.google\.client: there is no such key"):
        Settings.load(path=path, environ={})


def test_commands_and_keyrings_are_places_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[providers.a]\nkey_command = ["op", "read", "x"]\n[providers.b]\nkey_command = "pass x"\n'
        '[providers.c]\nkey_keyring = "groq/ann"\n'
    )
    providers = Settings.load(path=path, environ={}).providers
    assert providers["a"].key_command == ("op", "read", "x")
    assert providers["b"].key_command == "pass x"
    assert providers["c"].key_keyring == "groq/ann"
    assert all(own.has_key for own in providers.values())
