"""AWS credentials: an API key goes into a header, a key pair signs, a wrong clock is told of."""

from __future__ import annotations

from math import inf

import pytest
from tests.auth.flows import CANARY, Dialogue

from fairlead.auth.api_key import BEARER
from fairlead.auth.aws import AwsCredential
from fairlead.auth.leased import Lease, Leased
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope
from fairlead.auth.sources import Environment, VariableSource
from fairlead.errors import (
    ConfigError,
    MissingCredentials,
    PermissionDeniedError,
    ServerError,
)
from fairlead.types.http import HttpRequest

URL = "https://bedrock-runtime.eu-west-1.amazonaws.com"
REQUEST = HttpRequest("POST", f"{URL}/model/m/converse", (), b"{}")
PAIR = AwsKeys("ASIA", Secret(CANARY), Secret("session/token"))

SLOW = (
    "Signature expired: 20260901T100000Z is now earlier than 20260901T100500Z "
    "(20260901T101000Z - 5 min.)"
)
FAST = (
    "Signature not yet current: 20260901T101000Z is still later than 20260901T100500Z "
    "(20260901T100000Z + 5 min.)"
)


def place(keys: AwsKeys | None, name: str = "a place", expires: float = 3600.0) -> Leased[AwsKeys]:
    def grant(wall: float):
        yield from ()
        return None if keys is None else Lease(keys, expires)

    return Leased(name, grant, named=lambda: None, random=lambda: 0.0)


def credential(
    *places: Leased[AwsKeys], region: str = "eu-west-1", **variables: str
) -> AwsCredential:
    name = "AWS_BEARER_TOKEN_BEDROCK"
    api_keys = ((VariableSource(name, Environment(variables)), BEARER),)
    scope = Scope(region, "bedrock")
    return AwsCredential(origin_of(URL), api_keys, places, scope, missing="no AWS credentials")


def renew(found: AwsCredential, wall: float = 0.0) -> int:
    """Run renewals until none is due, and say how many there were."""
    count = 0
    while (renewal := found.renewal(wall)) is not None and renewal.required:
        Dialogue().run(renewal.flow())
        count += 1
    return count


def refusal(message: str, code: str | None = None) -> PermissionDeniedError:
    return PermissionDeniedError(message, status=403, target="bedrock/m", code=code)


def test_the_api_key_wins() -> None:
    found = credential(place(PAIR), AWS_BEARER_TOKEN_BEDROCK="api-key")

    assert renew(found) == 0
    assert found.key_name == "AWS_BEARER_TOKEN_BEDROCK"
    assert found.authorize(REQUEST, 0.0).headers == (("authorization", "Bearer api-key"),)


def test_otherwise_the_first_place_with_a_pair_signs() -> None:
    found = credential(place(None, "first"), place(PAIR, "second"), place(PAIR, "third"))

    assert renew(found) == 2
    sent = dict(found.authorize(REQUEST, 1788256800.0).headers)

    assert found.key_name == "second"
    assert sent["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=ASIA/20260901/eu-west-1/bedrock/aws4_request, "
    )
    assert sent["x-amz-security-token"] == "session/token"


def test_the_clock_is_that_of_the_call() -> None:
    found = credential(place(PAIR))
    renew(found)

    sent = [dict(found.authorize(REQUEST, wall).headers)["x-amz-date"] for wall in (0.0, 61.9)]

    assert sent == ["19700101T000000Z", "19700101T000101Z"]


def test_without_a_pair_the_sentence_says_what_to_do() -> None:
    found = credential(place(None))
    renew(found)

    with pytest.raises(MissingCredentials, match="no AWS credentials"):
        found.authorize(REQUEST, 0.0)
    assert found.key_name is None


def test_without_a_region_it_is_named() -> None:
    found = credential(place(PAIR), region="")
    renew(found)

    with pytest.raises(ConfigError, match="set AWS_REGION"):
        found.authorize(REQUEST, 0.0)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/model/m/converse",
        "http://bedrock-runtime.eu-west-1.amazonaws.com/model",
        "https://bedrock-runtime.eu-west-1.amazonaws.com.evil.example/",
    ],
)
def test_nothing_is_signed_for_another_origin(url) -> None:
    found = credential(place(PAIR))
    renew(found)

    with pytest.raises(ConfigError, match="not sent to"):
        found.authorize(HttpRequest("POST", url), 0.0)


@pytest.mark.parametrize(
    "error",
    [
        refusal("The security token included in the request is expired"),
        refusal("The security token included in the request is invalid."),
        refusal("no", "ExpiredTokenException"),
        refusal("no", "UnrecognizedClientException"),
    ],
)
def test_an_expired_session_is_renewed_and_tried_again(error) -> None:
    found = credential(place(PAIR))
    renew(found)

    assert found.rejected(error, 1.0)
    assert renew(found, 1.0) == 1


@pytest.mark.parametrize(
    "error",
    [
        refusal("User is not authorized to perform: bedrock:InvokeModel", "AccessDeniedException"),
        ServerError("down", status=500, target="bedrock/m"),
    ],
)
def test_other_refusals_are_not_the_sessions_fault(error) -> None:
    found = credential(place(PAIR))
    renew(found)

    assert not found.rejected(error, 1.0)
    assert renew(found, 1.0) == 0


def test_a_long_lived_pair_is_not_sent_again() -> None:
    found = credential(place(PAIR, expires=inf))
    renew(found)

    assert not found.rejected(refusal("no", "UnrecognizedClientException"), 1.0)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            SLOW,
            "differs from AWS's by 10 minutes (slow)",
        ),
        (
            FAST,
            "differs from AWS's by 10 minutes (fast)",
        ),
        ("Signature expired: 20269999T999999Z", "differs from AWS's; set it right"),
    ],
)
def test_a_clock_that_is_off_is_told_of(said, sentence) -> None:
    found = credential(place(PAIR))
    renew(found)
    error = refusal(said, "InvalidSignatureException")

    assert not found.rejected(error, 1.0)
    assert f"this computer's clock {sentence}" in str(error)
    assert said in str(error)


def test_what_a_server_sends_back_is_hidden() -> None:
    found = credential(place(PAIR))
    renew(found)
    echo = b'{"x-amz-security-token":"session\\/token"} session/token ' + CANARY.encode()

    assert found.redact(echo) == b'{"x-amz-security-token":"***"} *** ***'
    assert CANARY not in repr(found)


def test_a_rotated_key_is_an_api_key() -> None:
    found = credential(place(PAIR))

    found.rotate("new")

    assert renew(found) == 0
    assert found.authorize(REQUEST, 0.0).headers == (("authorization", "Bearer new"),)


def test_all_places_are_named() -> None:
    found = credential(place(PAIR, "first"), place(PAIR, "second"))

    assert found.source_names == ("AWS_BEARER_TOKEN_BEDROCK", "first", "second")
    assert found.required
