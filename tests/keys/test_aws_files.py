"""Profiles out of AWS's two files, and the keys that they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.auth.flows import CANARY, Dialogue, answer, everything_about, form
from tests.auth.test_aws_roles import SESSION

from fairlead.auth.aws_places import lease_of
from fairlead.auth.aws_profile import Profile
from fairlead.auth.aws_roles import Sts
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.keys.aws_files import AwsFiles

CONFIG = """
[default]
region = eu-central-1
s3 =
  addressing_style = path

[profile role]
role_arn = arn:aws:iam::1:role/a
source_profile = base
external_id = shared
role_session_name = me
duration_seconds = 1800

[profile chain]
role_arn = arn:aws:iam::1:role/b
source_profile = role

[profile "quoted name"]
aws_access_key_id = AKIAQUOTED
aws_secret_access_key = s

[profile of-the-environment]
role_arn = arn:aws:iam::1:role/c
credential_source = Environment

[profile self]
role_arn = arn:aws:iam::1:role/d
source_profile = self
aws_access_key_id = AKIASELF
aws_secret_access_key = s

[profile one]
role_arn = arn:aws:iam::1:role/e
source_profile = two
[profile two]
role_arn = arn:aws:iam::1:role/f
source_profile = one

[profile lost]
role_arn = arn:aws:iam::1:role/g
source_profile = nowhere

[profile sourceless]
role_arn = arn:aws:iam::1:role/h

[profile sso]
sso_session = my-sso
sso_account_id = 1

[profile second-factor]
role_arn = arn:aws:iam::1:role/i
source_profile = base
mfa_serial = arn:aws:iam::1:mfa/me

[profile empty]
region = us-west-2

[profile hurried]
role_arn = arn:aws:iam::1:role/j
source_profile = base
duration_seconds = soon

[sso-session my-sso]
sso_start_url = https://example.awsapps.com/start
"""
CREDENTIALS = f"""
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = {CANARY}

[base]
aws_access_key_id = AKIABASE
aws_secret_access_key = {CANARY}
aws_session_token = session
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS)
    return tmp_path


def profile(home: Path, given: str = "", **variables: str) -> Profile:
    environment = Environment({"HOME": str(home), **variables})
    files = AwsFiles(environment)
    return Profile(
        environment,
        Sts(environment, "eu-west-1"),
        exist=files.exist,
        read=files.profiles,
        library=lambda name: lease_of(f"LIBRARY-{name}", "s", "", 5.0, what="a test"),
        given=given,
    )


def access(home: Path, given: str, talk: Dialogue | None = None, **variables: str) -> str:
    lease = (talk or Dialogue()).run(profile(home, given, **variables).grant(0.0))
    return lease.value.access


def test_the_profile_is_the_given_one_then_that_of_the_environment_then_default(home) -> None:
    assert access(home, "") == "AKIADEFAULT"
    assert access(home, "", AWS_PROFILE="quoted name") == "AKIAQUOTED"
    assert access(home, "base", AWS_PROFILE="quoted name") == "AKIABASE"


def test_a_role_is_asked_for_with_the_keys_of_its_source(home) -> None:
    talk = Dialogue(answer(SESSION))

    assert access(home, "role", talk) == "ASIAEXAMPLE"

    sent = form(talk.asked)
    assert (sent["ExternalId"], sent["RoleSessionName"]) == ("shared", "me")
    assert sent["DurationSeconds"] == "1800"
    assert "Credential=AKIABASE/" in dict(talk.asked.headers)["authorization"]
    assert dict(talk.asked.headers)["x-amz-security-token"] == "session"


def test_roles_may_stand_on_one_another(home) -> None:
    talk = Dialogue(answer(SESSION), answer(SESSION))

    access(home, "chain", talk)

    assert [form(r)["RoleArn"][-1] for r in talk.requests] == ["a", "b"]
    assert "Credential=ASIAEXAMPLE/" in dict(talk.requests[1].headers)["authorization"]


def test_a_profile_may_be_its_own_source(home) -> None:
    talk = Dialogue(answer(SESSION))

    access(home, "self", talk)

    assert "Credential=AKIASELF/" in dict(talk.asked.headers)["authorization"]


def test_the_environment_may_be_a_roles_source(home) -> None:
    talk = Dialogue(answer(SESSION))

    access(home, "of-the-environment", talk, AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="s")

    assert "Credential=AKIAENV/" in dict(talk.asked.headers)["authorization"]


@pytest.mark.parametrize("name", ["sso", "second-factor"])
def test_what_only_the_library_can_do_is_its_task(home, name) -> None:
    assert access(home, name) == f"LIBRARY-{name}"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "no AWS profile 'missing'"),
        ("one", "'one' and 'two' name each other|one and two name each other"),
        ("lost", "'lost' names 'nowhere'"),
        ("sourceless", "source_profile"),
        ("empty", "holds no credentials"),
        ("hurried", "duration_seconds"),
    ],
)
def test_a_profile_that_leads_nowhere_is_an_error(home, name, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        access(home, name)


def test_a_default_profile_without_keys_is_passed_over(home) -> None:
    (home / ".aws" / "credentials").write_text("")

    assert Dialogue().run(profile(home).grant(0.0)) is None


def test_without_files_there_is_no_profile(tmp_path) -> None:
    assert profile(tmp_path).named() is False
    assert profile(tmp_path, AWS_PROFILE="x").named() is True


def test_the_files_may_stand_elsewhere(home, tmp_path) -> None:
    (tmp_path / "mine").write_text(CREDENTIALS.replace("AKIADEFAULT", "AKIAMOVED"))

    assert access(home, "", AWS_SHARED_CREDENTIALS_FILE="~/mine") == "AKIAMOVED"


def test_the_region_of_a_profile_is_known(home) -> None:
    files = AwsFiles(Environment({"HOME": str(home)}))

    assert files.region("default") == "eu-central-1"
    assert files.region("nobody") is None


@pytest.mark.parametrize(
    "text",
    [
        f"aws_secret_access_key = {CANARY}\n",
        f"[default\naws_secret_access_key = {CANARY}\n",
        f"[default]\n  {CANARY}\n= x\n",
    ],
)
def test_a_damaged_file_is_named_and_not_quoted(home, text) -> None:
    (home / ".aws" / "credentials").write_text(text)

    with pytest.raises(ConfigError, match="credentials cannot be read") as caught:
        AwsFiles(Environment({"HOME": str(home)})).profiles()

    assert CANARY not in everything_about(caught.value)


def test_a_file_in_another_encoding_is_named(home) -> None:
    (home / ".aws" / "config").write_bytes(b"\xff\xfe\x00[")

    with pytest.raises(ConfigError, match="config cannot be read"):
        AwsFiles(Environment({"HOME": str(home)})).profiles()


def test_no_profile_shows_its_settings(home) -> None:
    assert CANARY not in repr(AwsFiles(Environment({"HOME": str(home)})).profiles())
