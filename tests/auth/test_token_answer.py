"""A token endpoint may say anything at all; a token never gets out with an error."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given, strategies
from tests.auth.dialogue import says, shown

from fairlead.auth.token_answer import grant_of, refusal_of
from fairlead.errors import (
    ConfigError,
    DecodeError,
    FairleadError,
    MissingCredentials,
    RateLimitError,
    ServerError,
)

CANARY = "ya29.canary-5c1e77a0"


def test_a_grant_is_read() -> None:
    body = {
        "access_token": CANARY,
        "refresh_token": "1//r",
        "expires_in": 3599,
        "token_type": "Bearer",
        "scope": "a b",
    }
    grant = grant_of(says(body), "Google", "fairlead login google")
    assert grant.access.reveal() == CANARY
    assert grant.refresh is not None
    assert grant.refresh.reveal() == "1//r"
    assert (grant.lifetime, grant.scope) == (3599.0, "a b")
    assert CANARY not in repr(grant)


def test_a_key_is_a_grant_that_lasts() -> None:
    grant = grant_of(says({"key": CANARY, "user_id": "user_1"}), "OpenRouter", "x")
    assert (grant.access.reveal(), grant.lifetime, grant.account) == (CANARY, None, "user_1")


def test_the_account_is_read_from_an_identity_token() -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"email": "ann@example.com"}).encode())
    token = f"e30.{claims.decode().rstrip('=')}.c2ln"
    grant = grant_of(says({"access_token": CANARY, "id_token": token}), "Google", "x")
    assert grant.account == "ann@example.com"
    damaged = grant_of(says({"access_token": CANARY, "id_token": "a.é.b"}), "Google", "x")
    assert damaged.account == ""


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [("3600", 3600.0), (0, None), (-5, None), ("soon", None), (None, None), (1e300, 315360000.0)],
)
def test_lifetimes_of_all_kinds_are_read(lifetime: object, seconds: float | None) -> None:
    body = {"access_token": CANARY, "expires_in": lifetime}
    assert grant_of(says(body), "G", "x").lifetime == seconds


@pytest.mark.parametrize(
    ("status", "body", "error", "says_so"),
    [
        (400, {"error": "invalid_grant"}, MissingCredentials, "run fairlead login google"),
        (200, {"error": "invalid_grant"}, MissingCredentials, "run fairlead login google"),
        (401, {"error": "invalid_client"}, ConfigError, "check its id"),
        (200, {"error": "incorrect_client_credentials"}, ConfigError, "check its id"),
        (400, {"error": "invalid_scope"}, ConfigError, "invalid_scope"),
        (403, b"<html>no</html>", MissingCredentials, "HTTP 403"),
        (500, b"<html>oops</html>", ServerError, "HTTP 500"),
        (429, b"", RateLimitError, "HTTP 429"),
        (302, b"", ServerError, "HTTP 302"),
        (200, b"<html>sign in</html>", DecodeError, "something else than a token"),
        (200, b"", DecodeError, "something else than a token"),
        (200, b"\xff\xfe", DecodeError, "something else than a token"),
        (200, [], DecodeError, "something else than a token"),
        (200, {}, DecodeError, "something else than a token"),
        (200, {"access_token": 7}, DecodeError, "something else than a token"),
        (200, {"access_token": "a\r\nb"}, DecodeError, "something else than a token"),
        (200, {"access_token": "a" * 20_000}, DecodeError, "something else than a token"),
        (200, {"access_token": CANARY, "token_type": "mac"}, DecodeError, "something else"),
        (200, {"error": "x\x1b[31m", "access_token": 1}, DecodeError, "something else"),
    ],
)
def test_everything_else_is_one_clear_error(
    status: int, body: object, error: type[FairleadError], says_so: str
) -> None:
    with pytest.raises(error, match=says_so) as caught:
        grant_of(says(body, status), "Google", "fairlead login google")
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("extra", [{"token_type": "mac"}, {"error": "invalid_grant"}])
def test_no_error_shows_a_token(status: int, extra: dict[str, str]) -> None:
    body = {"access_token": CANARY, "refresh_token": CANARY, "error_description": CANARY} | extra
    with pytest.raises(FairleadError) as caught:
        grant_of(says(body, status), "Google", "fairlead login google")
    assert CANARY not in shown(caught.value)


@given(strategies.binary(max_size=200), strategies.sampled_from([200, 204, 400, 401, 500]))
def test_any_bytes_give_a_grant_or_an_error_of_ours(data: bytes, status: int) -> None:
    response = says(data, status)
    refusal_of(response)
    with suppress(FairleadError):
        grant_of(response, "G", "x")
