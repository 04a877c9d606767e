"""Keys that are fetched and keys that lie ready, in one order."""

from __future__ import annotations

import pytest
from tests.auth.dialogue import play

from fairlead.auth.api_key import BEARER, Credential, HeaderForm
from fairlead.auth.origin import origin_of
from fairlead.auth.renewed_key import RenewedCredential, key_credential
from fairlead.auth.secret import Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.auth.sources import Environment, VariableSource
from fairlead.errors import AuthenticationError, ConfigError, MissingCredentials, RateLimitError
from fairlead.types.http import HttpRequest

ORIGIN = origin_of("https://api.example.com")
REQUEST = HttpRequest("POST", "https://api.example.com/v1")
START = 1_700_000_000.0
UNAUTHORIZED = AuthenticationError("no", status=401, target="x")


def made(variables: dict[str, str], key: str | None = "slow") -> Credential:
    slow = SlowSource("command op", lambda: None if key is None else Secret(key))
    sources = ((VariableSource("A", Environment(variables)), BEARER), (slow, BEARER))
    return key_credential(ORIGIN, sources, missing="no key; set A")


def test_a_key_that_lies_ready_spares_the_fetching() -> None:
    credential = made({"A": "ready"})
    assert credential.renewal(START) is None
    assert credential.key_name == "A"
    assert credential.authorize(REQUEST, START).headers[-1] == ("authorization", "Bearer ready")
    assert not credential.rejected(UNAUTHORIZED, START)


def test_without_one_the_other_is_fetched_and_named() -> None:
    credential = made({})
    assert credential.key_name == "command op"
    renewal = credential.renewal(START)
    assert renewal is not None
    assert renewal.required
    play(renewal.flow())
    assert credential.renewal(START) is None
    assert credential.authorize(REQUEST, START).headers[-1] == ("authorization", "Bearer slow")
    assert credential.redact(b"you sent slow") == b"you sent ***"


def test_only_a_refused_key_is_fetched_again() -> None:
    credential = made({})
    renewal = credential.renewal(START)
    assert renewal is not None
    play(renewal.flow())
    assert not credential.rejected(RateLimitError("slow", status=429, target="x"), START + 30)
    assert credential.rejected(UNAUTHORIZED, START + 30)
    assert credential.renewal(START + 30) is not None


def test_where_no_place_holds_a_key_the_sentence_says_so() -> None:
    credential = made({}, key=None)
    renewal = credential.renewal(START)
    assert renewal is not None
    play(renewal.flow())
    assert credential.key_name is None
    with pytest.raises(MissingCredentials, match="set A"):
        credential.authorize(REQUEST, START)


def test_a_rotated_key_needs_nothing() -> None:
    credential = made({})
    credential.rotate("new")
    assert credential.renewal(START) is None
    assert credential.key_name == "rotated key"
    assert not credential.rejected(UNAUTHORIZED, START)


def test_a_broken_key_is_told_when_it_is_used() -> None:
    credential = made({"A": "broken\nkey"})
    assert credential.renewal(START) is None
    assert credential.key_name is None
    assert credential.broken_source == "A"
    assert not credential.rejected(UNAUTHORIZED, START)
    with pytest.raises(ConfigError, match="A holds a line break"):
        credential.authorize(REQUEST, START)


def test_plain_sources_make_a_plain_credential() -> None:
    source = VariableSource("A", Environment({}))
    assert type(key_credential(ORIGIN, ((source, HeaderForm("x-api-key")),))) is Credential
    assert type(made({})) is RenewedCredential
