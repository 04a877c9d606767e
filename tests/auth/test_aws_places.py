"""Where AWS key pairs come from: variables, containers, EC2."""

from __future__ import annotations

from math import inf

import pytest
from tests.auth.flows import CANARY, Dialogue, answer, everything_about

from fairlead.auth.aws_places import Container, Ec2, Variables
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, ConnectError, ConnectTimeout, DecodeError, ServerError

DOCUMENT = {
    "Code": "Success",
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": CANARY,
    "Token": "session",
    "Expiration": "2026-09-01T10:00:00Z",
}
NINE_O_CLOCK = 1788256800.0 - 3600
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


def test_variables_give_a_pair_that_has_no_end_and_is_read_again() -> None:
    variables = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": CANARY}
    lease = Dialogue().run(Variables(Environment(variables)).grant(0.0))

    assert (lease.value.access, lease.value.secret.reveal()) == ("AKIA", CANARY)
    assert lease.value.session is None
    assert (lease.expires, lease.again) == (inf, 60.0)


def test_a_session_token_comes_along() -> None:
    variables = {
        "AWS_ACCESS_KEY_ID": "ASIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": CANARY,
    }
    lease = Dialogue().run(Variables(Environment(variables)).grant(0.0))

    assert lease.value.session.reveal() == CANARY


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(ConfigError, match="without AWS_SECRET_ACCESS_KEY; set both"):
        Dialogue().run(Variables(Environment({"AWS_ACCESS_KEY_ID": "AKIA"})).grant(0.0))


def test_a_broken_key_is_refused_without_showing_it() -> None:
    variables = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": CANARY + "\n"}

    with pytest.raises(ConfigError, match="line break") as caught:
        Dialogue().run(Variables(Environment(variables)).grant(0.0))

    assert CANARY not in everything_about(caught.value)


def container(**variables: str) -> Container:
    return Container(Environment(variables))


def test_a_container_is_asked_at_its_own_address() -> None:
    place = container(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/1")
    talk = Dialogue(answer(DOCUMENT))

    lease = talk.run(place.grant(0.0))

    assert talk.asked.url == "http://169.254.170.2/v2/credentials/1"
    assert lease.expires == NINE_O_CLOCK + 3600
    assert lease.value.session.reveal() == "session"


def test_the_token_of_a_container_is_read_anew_from_its_file(tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY + "\n")
    variables = {
        FULL: "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
    }
    place = container(**variables)
    talk = Dialogue(answer(DOCUMENT), answer(DOCUMENT))

    talk.run(place.grant(0.0))
    file.write_text("second")
    talk.run(place.grant(0.0))

    assert [dict(r.headers)["authorization"] for r in talk.requests] == [CANARY, "second"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "http://[::1]:80/x", "http://[fd00:ec2::23]/v1/credentials"]
)
def test_near_addresses_may_be_asked(url) -> None:
    talk = Dialogue(answer(DOCUMENT))

    talk.run(container(**{FULL: url}).grant(0.0))

    assert talk.asked.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/x",
        "https://evil.example/x",
        "http://169.254.170.2.evil.example/x",
        "http://169.254.170.2@evil.example/x",
        "http://8.8.8.8/x",
        "http://[2001:db8::1]/x",
        "http://0.0.0.0/x",
        "http://2852039166/x",
        "file:///etc/passwd",
        "ftp://169.254.170.2/x",
        "http://169.254.170.2\\@evil.example/",
        "http://",
    ],
)
def test_no_token_of_a_container_goes_further(url) -> None:
    talk = Dialogue(answer(DOCUMENT))
    place = container(**{FULL: url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": CANARY})

    with pytest.raises(ConfigError, match=FULL) as caught:
        talk.run(place.grant(0.0))

    assert talk.requests == []
    assert CANARY not in everything_about(caught.value)


def test_a_token_file_that_is_empty_is_named(tmp_path) -> None:
    place = container(
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "none"),
    )

    with pytest.raises(ConfigError, match="none holds no token"):
        Dialogue().run(place.grant(0.0))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"AccessKeyId":"a"}',
        b'{"AccessKeyId":5,"SecretAccessKey":"canary-7f3a9b-secret"}',
        b'{"AccessKeyId":"a","SecretAccessKey":"canary-7f3a9b-secret","Expiration":"soon"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_nonsense_is_a_typed_error_that_shows_nothing(body) -> None:
    place = container(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")

    with pytest.raises(DecodeError) as caught:
        Dialogue(answer(body)).run(place.grant(0.0))

    assert CANARY not in everything_about(caught.value)


def test_a_failing_server_is_a_server_error() -> None:
    place = container(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")

    with pytest.raises(ServerError):
        Dialogue(answer(b"", 500)).run(place.grant(0.0))


def test_ec2_is_asked_in_its_second_version() -> None:
    talk = Dialogue(answer(CANARY), answer("my-role\n"), answer(DOCUMENT))

    lease = talk.run(Ec2(Environment({})).grant(0.0))

    first, second, third = talk.requests
    base = "http://169.254.169.254/latest"
    assert (first.method, first.url) == ("PUT", f"{base}/api/token")
    assert first.headers == (("x-aws-ec2-metadata-token-ttl-seconds", "21600"),)
    assert second.url == f"{base}/meta-data/iam/security-credentials/"
    assert third.url == f"{base}/meta-data/iam/security-credentials/my-role"
    assert second.headers == third.headers == (("x-aws-ec2-metadata-token", CANARY),)
    assert lease.value.access == "ASIAEXAMPLE"


@pytest.mark.parametrize(
    "answers",
    [
        [ConnectTimeout("nobody")],
        [ConnectError("no route")],
        [answer(b"", 404)],
        [answer(b"", 403)],
        [answer("t"), answer(b"", 404)],
        [answer("t"), answer("")],
        [answer("t"), answer("../../x?y")],
        [answer("t"), ConnectError("gone")],
    ],
)
def test_what_is_no_ec2_machine_with_a_role_holds_nothing(answers) -> None:
    assert Dialogue(*answers).run(Ec2(Environment({})).grant(0.0)) is None


def test_ec2_may_be_left_out_and_moved_nearby_only() -> None:
    assert Ec2(Environment({})).named() is None
    assert Ec2(Environment({"AWS_EC2_METADATA_DISABLED": "True"})).named() is False

    moved = Ec2(Environment({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://evil.example"}))
    with pytest.raises(ConfigError, match="AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        Dialogue().run(moved.grant(0.0))
