"""Which places a cloud's credential asks, and in which order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.auth.flows import Dialogue, answer

from fairlead.auth.api_key import BEARER, HeaderForm
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys
from fairlead.auth.sources import Environment, ValueSource
from fairlead.errors import ConfigError, ConnectError, MissingCredentials
from fairlead.keys.clouds import aws_credential, entra_credential, google_credential
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.http import HttpRequest

URL = "https://api.example.com"
ORIGIN = origin_of(URL)
REQUEST = HttpRequest("POST", f"{URL}/v1", (), b"{}")
TOKEN = {"access_token": "a.token", "expires_in": 3600, "token_type": "Bearer"}
KEY = ((ValueSource("A_KEY", Secret("key")), HeaderForm("api-key")),)
USER = {
    "type": "authorized_user",
    "client_id": "i",
    "client_secret": "s",
    "refresh_token": "r",
    "quota_project_id": "charged",
}


def renew(credential: Any, *answers: Any) -> Dialogue:
    """Run what must run, as far as it is required."""
    talk, keys = Dialogue(*answers), []
    while (renewal := credential.renewal(0.0)) is not None and renewal.key not in keys:
        keys.append(renewal.key)
        talk.run(renewal.flow())
    return talk


def sent(credential: Any, wall: float = 0.0) -> dict[str, str]:
    return dict(credential.authorize(REQUEST, wall).headers)


def google(home: Path, **variables: str) -> Any:
    environment = Environment({"HOME": str(home), **variables})
    return google_credential(ORIGIN, environment, missing="no Google credentials")


def login(home: Path, **changes: str) -> Path:
    folder = home / ".config" / "gcloud"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "application_default_credentials.json"
    path.write_text(json.dumps(USER | changes))
    return path


def test_google_takes_the_named_file_before_gclouds(tmp_path) -> None:
    login(tmp_path)
    named = tmp_path / "mine.json"
    named.write_text(json.dumps(USER | {"refresh_token": "named"}))
    credential = google(tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(named))

    talk = renew(credential, answer(TOKEN))

    assert credential.key_name == "GOOGLE_APPLICATION_CREDENTIALS"
    assert b"refresh_token=named" in talk.asked.body


def test_then_gclouds_login_and_its_project_is_charged(tmp_path) -> None:
    login(tmp_path)
    credential = google(tmp_path)

    renew(credential, answer(TOKEN))

    assert credential.key_name == "gcloud's login"
    assert sent(credential) == {
        "authorization": "Bearer a.token",
        "x-goog-user-project": "charged",
    }


def test_the_environment_may_name_another_project_to_charge(tmp_path) -> None:
    login(tmp_path)
    credential = google(tmp_path, GOOGLE_CLOUD_QUOTA_PROJECT="mine")

    renew(credential, answer(TOKEN))

    assert sent(credential)["x-goog-user-project"] == "mine"


def test_then_the_machines_own_server_which_charges_nobody_else(tmp_path) -> None:
    credential = google(tmp_path, GOOGLE_CLOUD_QUOTA_PROJECT="mine")
    assert credential.key_name is None

    renew(credential, answer(TOKEN, Metadata_Flavor="Google"))

    assert credential.key_name == "the metadata server"
    assert sent(credential) == {"authorization": "Bearer a.token"}


def test_a_broken_named_file_is_an_error_and_no_other_place_is_asked(tmp_path) -> None:
    login(tmp_path)
    credential = google(tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "none.json"))

    with pytest.raises(ConfigError, match=r"none\.json"):
        renew(credential)


def test_without_anything_the_sentence_says_what_to_do(tmp_path) -> None:
    credential = google(tmp_path)
    renew(credential, ConnectError("no route"))

    with pytest.raises(MissingCredentials, match="no Google credentials"):
        sent(credential)


def test_a_file_that_is_given_stands_first(tmp_path) -> None:
    given = login(tmp_path)
    credential = google_credential(ORIGIN, Environment({}), credentials_file=given, missing="none")

    renew(credential, answer(TOKEN))

    assert credential.key_name == str(given)


@pytest.mark.parametrize("make", [google_credential, entra_credential])
def test_an_api_key_stands_before_every_token(tmp_path, make) -> None:
    environment = Environment({"HOME": str(tmp_path)})
    credential = make(ORIGIN, environment, api_keys=KEY, form=KEY[0][1], missing="none")

    assert credential.renewal(0.0) is None
    assert sent(credential) == {"api-key": "key"}
    credential.rotate("new")
    assert sent(credential) == {"api-key": "new"}


APPLICATION = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}


def test_azure_asks_the_application_first(tmp_path) -> None:
    environment = Environment({**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": "/none"})
    credential = entra_credential(ORIGIN, environment, missing="none")

    talk = renew(credential, answer(TOKEN))

    assert talk.asked.url.startswith("https://login.microsoftonline.com/t/")
    assert credential.key_name == "AZURE_CLIENT_SECRET"
    assert sent(credential) == {"authorization": "Bearer a.token"}


def test_then_the_workload_then_the_machine(tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text("x")
    two = {name: APPLICATION[name] for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")}
    workload = Environment({**two, "AZURE_FEDERATED_TOKEN_FILE": str(file)})
    machine = Environment({"IDENTITY_ENDPOINT": "http://127.0.0.1:1/x", "IDENTITY_HEADER": "h"})

    assert entra_credential(ORIGIN, workload, missing="x").key_name == "AZURE_FEDERATED_TOKEN_FILE"
    assert entra_credential(ORIGIN, machine, missing="x").key_name == "the managed identity"


PAIR = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}


def aws(home: Path, *, profile: str = "", **variables: str) -> Any:
    environment = Environment({"HOME": str(home), **variables})
    return aws_credential(
        ORIGIN, environment, region="eu-west-1", profile=profile, missing="no AWS credentials"
    )


def profiles(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id=AKIADEFAULT\naws_secret_access_key=s\n"
        "[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\nregion=eu-north-1\n"
    )


def signer(credential: Any) -> str:
    return sent(credential)["authorization"].partition("Credential=")[2].partition("/")[0]


def test_aws_takes_variables_before_files(tmp_path) -> None:
    profiles(tmp_path)
    credential = aws(tmp_path, **PAIR)

    renew(credential)

    assert (credential.key_name, signer(credential)) == ("AWS_ACCESS_KEY_ID", "AKIA")


def test_a_named_profile_goes_before_web_identity_and_the_usual_one_after_it(tmp_path) -> None:
    profiles(tmp_path)
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "arn:aws:iam::1:role/x"}

    assert aws(tmp_path, **web).key_name == "AWS_WEB_IDENTITY_TOKEN_FILE"
    for named in (aws(tmp_path, profile="work", **web), aws(tmp_path, AWS_PROFILE="work", **web)):
        renew(named)
        assert (named.key_name, signer(named)) == ("the AWS profile work", "AKIAWORK")


def test_the_usual_profile_counts_where_it_leads_somewhere(tmp_path) -> None:
    profiles(tmp_path)
    credential = aws(tmp_path)
    assert credential.key_name == "the AWS profile default"

    renew(credential)

    assert (credential.key_name, signer(credential)) == ("the AWS profile default", "AKIADEFAULT")


def test_a_usual_profile_with_a_region_alone_leads_nowhere(tmp_path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = eu-west-1\n")

    assert aws(tmp_path).key_name is None


def test_a_damaged_file_is_an_error_of_the_call_and_not_of_the_list(tmp_path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default\n")
    credential = aws(tmp_path)

    assert credential.key_name == "the AWS profile default"
    with pytest.raises(ConfigError, match="config cannot be read"):
        renew(credential)


def test_then_the_container_and_the_machine(tmp_path) -> None:
    contained = aws(tmp_path, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")
    disabled = aws(tmp_path, AWS_EC2_METADATA_DISABLED="true")
    machine = aws(tmp_path)

    assert contained.key_name == "the container's AWS role"
    assert renew(disabled).requests == []
    assert [r.method for r in renew(machine, ConnectError("no route")).requests] == ["PUT"]
    with pytest.raises(MissingCredentials, match="no AWS credentials"):
        sent(machine)


def test_a_pair_that_is_given_stands_first(tmp_path) -> None:
    credential = aws_credential(
        ORIGIN,
        Environment({"HOME": str(tmp_path), **PAIR}),
        region="eu-west-1",
        pair=AwsKeys("AKIAGIVEN", Secret("s")),
        missing="none",
    )
    renew(credential)

    assert signer(credential) == "AKIAGIVEN"


def test_keys_that_change_are_read_again(tmp_path) -> None:
    variables = {"HOME": str(tmp_path), **PAIR}
    credential = aws_credential(ORIGIN, Environment(variables), region="eu-west-1", missing="none")
    renew(credential)

    variables["AWS_ACCESS_KEY_ID"] = "AKIANEW"
    renewal = credential.renewal(61.0)
    assert renewal is not None
    Dialogue().run(renewal.flow())

    assert signer(credential) == "AKIANEW"


def test_an_api_key_wins_over_a_key_pair(tmp_path) -> None:
    source = ((ValueSource("AWS_BEARER_TOKEN_BEDROCK", Secret("api")), BEARER),)
    environment = Environment({"HOME": str(tmp_path), **PAIR})
    credential = aws_credential(
        ORIGIN, environment, region="eu-west-1", api_keys=source, missing="none"
    )

    assert credential.renewal(0.0) is None
    assert sent(credential) == {"authorization": "Bearer api"}


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_PROFILE": "work"}, "eu-north-1"),
    ],
)
def test_the_region_comes_from_variables_or_the_profile(tmp_path, variables, region) -> None:
    profiles(tmp_path)

    assert bedrock(tmp_path, variables) == f"https://bedrock-runtime.{region}.amazonaws.com/"


def test_a_region_that_cannot_be_found_is_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match="set AWS_REGION"):
        bedrock(tmp_path, {})


def bedrock(home: Path, variables: dict[str, str]) -> str:
    """Where Bedrock is asked with these variables."""
    registry = Registry(Settings(), environ={"HOME": str(home), **variables})
    return registry.resolve("bedrock/m").target.url.partition("model")[0]


def test_making_a_credential_asks_nobody_and_reads_nothing(tmp_path) -> None:
    missing = tmp_path / "no such home"
    made = [aws(missing), google(missing), entra_credential(ORIGIN, Environment({}), missing="x")]

    assert [credential.key_name for credential in made] == [None, None, None]
