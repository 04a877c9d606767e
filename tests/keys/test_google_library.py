"""Google's library signs claims and federates identities; what it says of failures is not shown."""

from __future__ import annotations

import base64
import json
import sys

import pytest
from tests.auth.flows import CANARY, everything_about

from fairlead.errors import ConfigError, MissingCredentials
from fairlead.keys.google_library import _credentials, assertion, google_library, token
from fairlead.keys.google_transport import StandardRequest
from fairlead.testing.server import Close, ScriptedServer, respond

pytest.importorskip("google.auth", reason="google-auth is not installed")
JSON = (("Content-Type", "application/json"),)


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import serialization

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "client_email": "robot@project.iam.gserviceaccount.com",
        "private_key_id": "key-1",
        "private_key": text.decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def piece(text: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(text + "=="))


def test_a_claim_is_signed_with_the_accounts_key(account) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    signed = assertion(json.dumps(account).encode(), "a.json", 1000.5).reveal()

    head, claims, signature = signed.split(".")
    assert piece(head) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert piece(claims) == {
        "iss": "robot@project.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1000,
        "exp": 4600,
    }
    private = serialization.load_pem_private_key(account["private_key"].encode(), None)
    private.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="),
        f"{head}.{claims}".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


@pytest.mark.parametrize(
    "damage",
    [{"private_key": CANARY}, {"private_key": None}, {"client_email": None}, {"private_key": 5}],
)
def test_a_damaged_account_is_named_and_not_quoted(account, damage) -> None:
    fields = {name: value for name, value in (account | damage).items() if value is not None}

    with pytest.raises(ConfigError, match=r"a\.json is not a complete") as caught:
        assertion(json.dumps(fields).encode(), "a.json", 0.0)

    assert CANARY not in everything_about(caught.value)
    assert caught.value.__context__ is None


@pytest.fixture
def without_google(monkeypatch) -> None:
    for name in [name for name in sys.modules if name == "google" or name.startswith("google.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "google", None)
    monkeypatch.setitem(sys.modules, "google.auth", None)


@pytest.mark.usefixtures("without_google")
def test_without_the_library_the_extra_is_named(account) -> None:
    data = json.dumps(account).encode()

    with pytest.raises(ConfigError, match=r'pip install "fairlead\[google\]"'):
        google_library().assertion(data, "a.json", 0.0)
    with pytest.raises(ConfigError, match=r'pip install "fairlead\[google\]"'):
        google_library().token(b'{"type":"external_account"}', "a.json")


def federated(url: str, subject: str) -> bytes:
    return json.dumps(
        {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/x",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{url}/v1/token",
            "credential_source": {"file": subject},
        }
    ).encode()


def test_a_federated_identity_is_exchanged(tmp_path) -> None:
    subject = tmp_path / "subject"
    subject.write_text("a.subject.token")
    body = {"access_token": "ya29.federated", "expires_in": 3600, "token_type": "Bearer"}
    body["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
    with ScriptedServer(respond(200, JSON, json.dumps(body).encode())) as server:
        lease = token(federated(server.url, str(subject)), "a.json")

    assert lease.value.reveal() == "ya29.federated"
    assert lease.expires > 1.7e9
    assert b"a.subject.token" in server.requests[0].body


@pytest.mark.parametrize(
    "reply",
    [
        respond(400, JSON, b'{"error":"invalid_grant","error_description":"canary-7f3a9b-secret"}'),
        respond(200, JSON, b"canary-7f3a9b-secret"),
        respond(302, (("Location", "http://127.0.0.1:1/"),), b""),
        [Close()],
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_failed_exchange_tells_nothing_of_it(tmp_path, reply) -> None:
    subject = tmp_path / "subject"
    subject.write_text(CANARY)
    with ScriptedServer(*[reply] * 8) as server:
        with pytest.raises(MissingCredentials, match=r"a\.json") as caught:
            token(federated(server.url, str(subject)), "a.json")

    assert CANARY not in everything_about(caught.value)


def test_an_account_is_impersonated(tmp_path) -> None:
    source = {"type": "authorized_user", "client_id": "i", "client_secret": "s"}
    account = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
        "serviceAccounts/robot@project.iam.gserviceaccount.com:generateAccessToken",
        "source_credentials": {**source, "refresh_token": CANARY},
    }

    found = _credentials(account)

    assert found.service_account_email == "robot@project.iam.gserviceaccount.com"


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(MissingCredentials, match=r"a\.json \(unknown type\)"):
        token(b'{"type":"of_tomorrow"}', "a.json")


def test_a_subject_token_is_not_sent_in_the_clear(tmp_path) -> None:
    subject = tmp_path / "subject"
    subject.write_text(CANARY)

    with pytest.raises(MissingCredentials):
        token(federated("http://sts.example", str(subject)), "a.json")


def test_a_redirect_is_an_answer_like_any_other() -> None:
    reply = respond(307, (("Location", "http://127.0.0.1:1/"),), b"")
    with ScriptedServer(reply) as server:
        answer = StandardRequest()(f"{server.url}/x", method="POST", body="a=b")

    assert (answer.status, len(server.requests)) == (307, 1)
