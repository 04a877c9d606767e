"""The user's own OAuth client, wherever it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.auth.dialogue import shown

from fairlead.auth.login_providers import login_service
from fairlead.auth.sources import Environment
from fairlead.cli.oauth_client import oauth_client
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.settings.values import LoginSettings

GOOGLE = login_service("google")
NOTHING = LoginSettings()
INSTALLED = {"installed": {"client_id": "id-of-file", "client_secret": "GOCSPX-canary"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "client_secret.json"
    path.write_text(json.dumps(INSTALLED))
    return path


def test_options_stand_above_variables_and_those_above_settings(file: Path) -> None:
    variables = Environment({"FAIRLEAD_GOOGLE_CLIENT_ID": "id-of-variable"})
    own = LoginSettings(client_id="id-of-settings")
    assert oauth_client(GOOGLE, own, variables, client_id="id-of-option").id == "id-of-option"
    assert oauth_client(GOOGLE, own, variables, client_file=str(file)).id == "id-of-file"
    assert oauth_client(GOOGLE, own, variables).id == "id-of-variable"
    assert oauth_client(GOOGLE, own, Environment({})).id == "id-of-settings"
    assert oauth_client(GOOGLE, LoginSettings(client_file=str(file)), Environment({})).id == (
        "id-of-file"
    )


def test_the_secret_comes_from_the_file_or_from_a_variable_and_is_not_shown(file: Path) -> None:
    found = oauth_client(GOOGLE, NOTHING, Environment({}), client_file=str(file))
    assert found.secret is not None
    assert found.secret.reveal() == "GOCSPX-canary"
    assert "canary" not in repr(found)
    variables = Environment({"FAIRLEAD_GOOGLE_CLIENT_SECRET": "GOCSPX-variable"})
    other = oauth_client(GOOGLE, NOTHING, variables, client_id="id")
    assert other.secret is not None
    assert other.secret.reveal() == "GOCSPX-variable"


def test_a_service_that_knows_no_clients_asks_for_none() -> None:
    assert oauth_client(login_service("openrouter"), NOTHING, Environment({})).id == ""


def test_without_a_client_the_sentence_says_how_to_get_one() -> None:
    with pytest.raises(MissingCredentials, match="Desktop app") as caught:
        oauth_client(GOOGLE, NOTHING, Environment({}))
    assert "--client-file FILE" in str(caught.value)
    assert "[logins.google]" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "<html>", "[]", '{"web": {"client_id": "canary"}}', '{"installed": {}}',
        '{"installed": {"client_id": "canary", "client_secret": 5}}',
        '{"installed": {"client_id": "x", "client_secret": "canary\\n"}}',
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_one_sentence(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"client_secret\.json") as caught:
        oauth_client(GOOGLE, NOTHING, Environment({}), client_file=str(file))
    assert "canary" not in shown(caught.value)
