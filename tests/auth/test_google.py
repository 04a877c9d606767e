"""Google's credentials: files of every kind, and the metadata server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.auth.flows import CANARY, Dialogue, answer, everything_about, form

from fairlead.auth.google import (
    TOKEN_URL,
    CredentialsFile,
    GoogleLibrary,
    GoogleMetadata,
    file_of_environment,
    file_of_gcloud,
)
from fairlead.auth.leased import Lease
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, ConnectError, DecodeError, MissingCredentials, ServerError

USER = {
    "type": "authorized_user",
    "client_id": "id",
    "client_secret": "client-secret",
    "refresh_token": CANARY,
    "quota_project_id": "charged",
}
SERVICE = {"type": "service_account", "client_email": "a@b", "private_key": CANARY}
TOKEN = {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}


def library() -> GoogleLibrary:
    return GoogleLibrary(
        assertion=lambda data, path, wall: Secret(f"signed-at-{wall:.0f}"),
        token=lambda data, path: Lease(Secret("federated"), 99.0),
    )


def file_with(path: Path, content: object) -> CredentialsFile:
    target = path / "credentials.json"
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    target.write_bytes(text)
    return CredentialsFile("the file", lambda: target, library(), certain=True)


def test_a_persons_login_is_refreshed(tmp_path) -> None:
    place, talk = file_with(tmp_path, USER), Dialogue(answer(TOKEN))

    lease = talk.run(place.grant(1000.0))

    assert talk.asked.url == TOKEN_URL
    assert form(talk.asked) == {
        "grant_type": "refresh_token",
        "client_id": "id",
        "client_secret": "client-secret",
        "refresh_token": CANARY,
    }
    assert (lease.value.reveal(), lease.expires) == ("ya29.token", 4599.0)
    assert place.quota_project == "charged"


def test_a_login_goes_to_googles_own_address_whatever_the_file_says(tmp_path) -> None:
    place = file_with(tmp_path, {**USER, "token_uri": "https://evil.example/token"})
    talk = Dialogue(answer(TOKEN))

    talk.run(place.grant(0.0))

    assert talk.asked.url == TOKEN_URL


def test_a_service_account_exchanges_a_signed_claim(tmp_path) -> None:
    place, talk = file_with(tmp_path, SERVICE), Dialogue(answer(TOKEN))

    lease = talk.run(place.grant(1000.0))

    assert form(talk.asked) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "signed-at-1000",
    }
    assert lease.value.reveal() == "ya29.token"


def test_a_claim_is_sent_over_https_only(tmp_path) -> None:
    place = file_with(tmp_path, {**SERVICE, "token_uri": "http://oauth2.googleapis.com/token"})

    with pytest.raises(ConfigError, match="token_uri"):
        Dialogue().run(place.grant(0.0))


@pytest.mark.parametrize("kind", ["external_account", "impersonated_service_account", "new_one"])
def test_other_kinds_are_the_librarys_task(tmp_path, kind) -> None:
    assert Dialogue().run(file_with(tmp_path, {"type": kind}).grant(0.0)).expires == 99.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"private_key": "canary-7f3a9b-secret"}',
        b'{"type": 5, "private_key": "canary-7f3a9b-secret"}',
        b'{"type": "authorized_user", "refresh_token": "canary-7f3a9b-secret"}',
        b'{"type": "authorized_user", "refresh_token": "canary-7f3a9b-sec',
        b"-----BEGIN PRIVATE KEY-----canary-7f3a9b-secret",
        b"\xff\xfe",
        b"[" * 50_000,
    ],
)
def test_a_malformed_file_is_named_and_nothing_of_it_shown(tmp_path, content) -> None:
    with pytest.raises(ConfigError, match=r"credentials\.json") as caught:
        Dialogue().run(file_with(tmp_path, content).grant(0.0))

    assert CANARY not in everything_about(caught.value)
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_missing_is_an_error(tmp_path) -> None:
    place = CredentialsFile("x", lambda: tmp_path / "none.json", library(), certain=True)

    assert place.named() is True
    with pytest.raises(ConfigError, match=r"none\.json cannot be read: No such file"):
        Dialogue().run(place.grant(0.0))


def test_a_usual_file_that_is_missing_is_passed_over(tmp_path) -> None:
    assert not CredentialsFile("x", lambda: tmp_path / "none", library(), certain=False).named()
    assert not CredentialsFile("x", lambda: None, library(), certain=True).named()


@pytest.mark.parametrize(
    ("body", "status", "kind", "sentence"),
    [
        ({"error": "invalid_grant", "x": CANARY}, 400, MissingCredentials, "gcloud auth"),
        ({"error": "invalid_client"}, 401, MissingCredentials, "invalid_client"),
        ({"error": {"code": 403, "status": "x"}}, 403, MissingCredentials, "HTTP 403"),
        ({}, 503, ServerError, "sign-in"),
        ({"error": "internal_failure"}, 500, ServerError, "sign-in"),
        (CANARY, 200, DecodeError, "something else than a token"),
        ({"access_token": "a\nb" + CANARY}, 200, DecodeError, "something else than a token"),
        ({"access_token": CANARY, "token_type": "mac"}, 200, DecodeError, "else than a token"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path, body, status, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        Dialogue(answer(body, status)).run(file_with(tmp_path, USER).grant(0.0))

    assert CANARY not in everything_about(caught.value)


def test_the_files_stand_where_googles_tools_keep_them() -> None:
    home = Environment({"HOME": "/home/me"})
    named = Environment({"GOOGLE_APPLICATION_CREDENTIALS": "/a.json", "CLOUDSDK_CONFIG": "/sdk"})

    assert file_of_environment(home) is None
    assert file_of_environment(named) == Path("/a.json")
    name = "application_default_credentials.json"
    assert file_of_gcloud(home) == Path("/home/me/.config/gcloud") / name
    assert file_of_gcloud(named) == Path("/sdk") / name


def test_the_metadata_server_is_asked_by_its_address_and_known_by_its_header() -> None:
    talk = Dialogue(answer(TOKEN, Metadata_Flavor="Google"))

    lease = talk.run(GoogleMetadata(Environment({})).grant(1000.0))

    assert talk.asked.url == (
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
    )
    assert talk.asked.headers == (("metadata-flavor", "Google"),)
    assert lease.value.reveal() == "ya29.token"


@pytest.mark.parametrize("reply", [ConnectError("no route"), answer(TOKEN), answer(b"", 404)])
def test_what_is_not_googles_server_holds_nothing(reply) -> None:
    assert Dialogue(reply).run(GoogleMetadata(Environment({})).grant(0.0)) is None


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("169.254.169.254", "http://169.254.169.254/"),
        ("metadata.google.internal", "http://169.254.169.254/"),
    ],
)
def test_the_server_may_be_moved_nearby(host, asked) -> None:
    place = GoogleMetadata(Environment({"GCE_METADATA_HOST": host}))
    talk = Dialogue(answer(TOKEN, Metadata_Flavor="Google"))

    talk.run(place.grant(0.0))

    assert place.named() is True
    assert talk.asked.url.startswith(asked)


@pytest.mark.parametrize("host", ["evil.example", "8.8.8.8", "169.254.169.254@evil.example", "a b"])
def test_the_server_may_not_be_moved_away(host) -> None:
    talk = Dialogue()

    with pytest.raises(ConfigError, match="GCE_METADATA_HOST"):
        talk.run(GoogleMetadata(Environment({"GCE_METADATA_HOST": host})).grant(0.0))

    assert talk.requests == []


def test_a_server_that_was_named_and_is_silent_is_an_error() -> None:
    place = GoogleMetadata(Environment({"GCE_METADATA_HOST": "127.0.0.1"}))

    with pytest.raises(ConnectError):
        Dialogue(ConnectError("refused")).run(place.grant(0.0))
