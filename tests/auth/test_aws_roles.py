"""STS gives key pairs for a time, against another pair or a service's own token."""

from __future__ import annotations

import pytest
from tests.auth.flows import CANARY, Dialogue, answer, everything_about, form

from fairlead.auth.aws_roles import Role, Sts, WebIdentity
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys
from fairlead.auth.sources import Environment
from fairlead.errors import (
    ConfigError,
    DecodeError,
    MissingCredentials,
    RateLimitError,
    ServerError,
)

ARN = "arn:aws:iam::123456789012:role/reader"
PAIR = AwsKeys("AKIA", Secret("long-lived"))
SESSION = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials>
    <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>canary-7f3a9b-secret</SecretAccessKey>
    <SessionToken>a/b+c==</SessionToken><Expiration>2026-09-01T10:00:00Z</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def sts(region: str = "eu-west-1", **variables: str) -> Sts:
    return Sts(Environment(variables), region)


def error(code: str, message: str = "no") -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{message}</Message></Error></ErrorResponse>"
    )


def test_a_role_is_asked_for_in_its_region_and_signed() -> None:
    talk = Dialogue(answer(SESSION))

    lease = talk.run(sts().assume(Role(ARN, "me", "shared-id", 900), PAIR, 1788256800.0))

    assert talk.asked.url == "https://sts.eu-west-1.amazonaws.com/"
    assert form(talk.asked) == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": ARN,
        "RoleSessionName": "me",
        "DurationSeconds": "900",
        "ExternalId": "shared-id",
    }
    signature = dict(talk.asked.headers)["authorization"]
    assert "Credential=AKIA/20260901/eu-west-1/sts/aws4_request" in signature
    assert (lease.value.access, lease.value.secret.reveal()) == ("ASIAEXAMPLE", CANARY)
    assert lease.value.session.reveal() == "a/b+c=="
    assert lease.expires == 1788256800.0


def test_unset_options_are_not_sent() -> None:
    talk = Dialogue(answer(SESSION))

    talk.run(sts().assume(Role(ARN), PAIR, 0.0))

    assert list(form(talk.asked)) == ["Action", "Version", "RoleArn", "RoleSessionName"]


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("", "https://sts.us-east-1.amazonaws.com/"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_address_follows_the_region(region, url) -> None:
    talk = Dialogue(answer(SESSION))

    talk.run(sts(region).assume(Role(ARN), PAIR, 0.0))

    assert talk.asked.url == url


@pytest.mark.parametrize("url", ["http://evil.example", "ftp://x", "https://u:p@x.example"])
def test_the_address_may_only_be_moved_to_a_secure_one(url) -> None:
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL_STS"):
        Dialogue().run(sts(AWS_ENDPOINT_URL_STS=url).assume(Role(ARN), PAIR, 0.0))


def test_a_region_that_is_no_host_name_sends_nothing() -> None:
    talk = Dialogue(answer(SESSION))

    with pytest.raises(ConfigError, match="region"):
        talk.run(sts("evil.example/x?").assume(Role(ARN), PAIR, 0.0))

    assert talk.requests == []


def test_a_service_shows_the_token_of_its_file_and_signs_nothing(tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text("a.jwt.token\n")
    environment = Environment({"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": ARN})
    place, talk = WebIdentity(environment, sts()), Dialogue(answer(SESSION))

    lease = talk.run(place.grant(0.0))

    assert form(talk.asked)["Action"] == "AssumeRoleWithWebIdentity"
    assert form(talk.asked)["WebIdentityToken"] == "a.jwt.token"
    assert form(talk.asked)["RoleSessionName"] == "fairlead"
    assert "authorization" not in dict(talk.asked.headers)
    assert lease.value.access == "ASIAEXAMPLE"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/x"}, "without AWS_ROLE_ARN"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": ARN}, "/none is missing"),
    ],
)
def test_half_of_a_web_identity_is_refused(variables, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Dialogue().run(WebIdentity(Environment(variables), sts()).grant(0.0))


@pytest.mark.parametrize(
    ("code", "status", "kind", "sentence"),
    [
        ("AccessDenied", 403, MissingCredentials, "whom it trusts"),
        ("ExpiredTokenException", 400, MissingCredentials, "log in again"),
        ("SignatureDoesNotMatch", 403, MissingCredentials, "clock"),
        ("RequestExpired", 400, MissingCredentials, "clock"),
        ("Throttling", 400, RateLimitError, "too many"),
        ("InternalFailure", 500, ServerError, "no credentials"),
        ("Moved", 302, ServerError, "no credentials"),
    ],
)
def test_a_refusal_says_what_to_do_and_quotes_nothing(code, status, kind, sentence) -> None:
    talk = Dialogue(answer(error(code, f"the token {CANARY}"), status))

    with pytest.raises(kind, match=sentence) as caught:
        talk.run(sts().assume(Role(ARN), PAIR, 0.0))

    assert CANARY not in everything_about(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        SESSION.replace("Expiration>2026", "Expiration>soon").encode(),
        SESSION.replace("SecretAccessKey", "Secret").encode(),
        SESSION[:300].encode(),
        b"\xff" * 100,
        b'<!DOCTYPE x [<!ENTITY a "b">]><a>&a;</a>',
    ],
)
def test_nonsense_is_a_typed_error(body) -> None:
    with pytest.raises(DecodeError) as caught:
        Dialogue(answer(body)).run(sts().assume(Role(ARN), PAIR, 0.0))

    assert CANARY not in everything_about(caught.value)
