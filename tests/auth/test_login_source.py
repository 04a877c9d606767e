"""A login's token is read, renewed early, and renewed once for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.auth.dialogue import Played, form, play, says, shown

from fairlead.auth.api_key import BEARER
from fairlead.auth.login import Login
from fairlead.auth.login_providers import login_service
from fairlead.auth.login_source import LoginSource
from fairlead.auth.origin import origin_of
from fairlead.auth.renewed_key import key_credential
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, VariableSource
from fairlead.errors import (
    AuthenticationError,
    ConfigError,
    ConnectError,
    FairleadError,
    MissingCredentials,
    ServerError,
)
from fairlead.keys.token_store import TokenStore
from fairlead.types.http import HttpRequest

GOOGLE = login_service("google")
START = 1_700_000_000.0
HOUR = Login(
    service="google",
    access=Secret("ya29.canary-one"),
    refresh=Secret("1//canary-refresh"),
    obtained_at=START,
    expires_at=START + 3600,
    client_id="id.apps.example",
    client_secret=Secret("GOCSPX-canary"),
)
TWO = {"access_token": "ya29.canary-two", "expires_in": 3600, "token_type": "Bearer"}
UNAUTHORIZED = AuthenticationError("no", status=401, target="x")


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "tokens", place="file")


def source(store: TokenStore, login: Login = HOUR) -> LoginSource:
    """A source that has read `login` already."""
    store.write("google", login)
    found = LoginSource(GOOGLE, store)
    renewal = found.renewal(START + 1)
    assert renewal is not None
    assert renewal.required
    play(renewal.flow())
    return found


def test_nobody_has_signed_in(store: TokenStore) -> None:
    found = LoginSource(GOOGLE, store)
    assert not found.present
    assert found.renewal(START) is None
    assert found.read() is None


def test_a_login_is_read_once_and_needs_nothing_for_most_of_its_life(store: TokenStore) -> None:
    found = source(store)
    assert found.present
    assert found.read() == HOUR.access
    assert found.renewal(START + 3600 - 421) is None


def test_it_is_renewed_early_and_kept(store: TokenStore) -> None:
    found, played = source(store), Played()
    renewal = found.renewal(START + 3600 - 299)
    assert renewal is not None
    assert not renewal.required
    played.run(renewal.flow(), says(TWO))
    assert form(played.requests[0]) == {
        "grant_type": "refresh_token",
        "refresh_token": "1//canary-refresh",
        "client_id": "id.apps.example",
        "client_secret": "GOCSPX-canary",
    }
    kept = store.read("google")
    assert kept is not None
    assert kept.access.reveal() == "ya29.canary-two"
    assert kept.refresh == HOUR.refresh
    assert kept.expires_at == START + 3600 - 299 + 3600
    assert found.read() == kept.access
    assert found.renewal(START + 3600) is None


def test_a_refresh_token_that_was_exchanged_takes_the_place_of_the_old_one(
    store: TokenStore,
) -> None:
    found = source(store)
    renewal = found.renewal(START + 3600)
    assert renewal is not None
    assert renewal.required
    play(renewal.flow(), says(TWO | {"refresh_token": "1//next"}))
    kept = store.read("google")
    assert kept is not None
    assert kept.refresh == Secret("1//next")


@pytest.mark.parametrize(
    "answer", [says(b"<html>", 500), says(b"<html>"), ConnectError("no line"), says(b"", 429)]
)
def test_an_early_renewal_that_fails_leaves_the_token_in_use(store: TokenStore, answer) -> None:
    found = source(store)
    renewal = found.renewal(START + 3600 - 100)
    assert renewal is not None
    with pytest.raises(FairleadError):
        play(renewal.flow(), answer)
    assert found.read() == HOUR.access
    assert store.read("google") == HOUR


def test_what_another_process_has_renewed_is_taken_over_without_a_request(
    store: TokenStore,
) -> None:
    found = source(store)
    renewal = found.renewal(START + 3600)
    assert renewal is not None
    store.write("google", replace(HOUR, access=Secret("theirs"), expires_at=START + 7200))
    play(renewal.flow())
    assert found.read() == Secret("theirs")


def test_a_new_login_of_another_process_is_seen(store: TokenStore) -> None:
    found = source(store)
    store.write("google", replace(HOUR, access=Secret("another-account")))
    renewal = found.renewal(START + 10)
    assert renewal is not None
    play(renewal.flow())
    assert found.read() == Secret("another-account")


def test_who_signs_out_is_signed_out_everywhere(store: TokenStore) -> None:
    found = source(store)
    store.delete("google")
    assert found.renewal(START + 10) is None
    assert found.read() is None
    assert not found.present


def test_a_login_that_was_revoked_says_so_and_asks_only_once(store: TokenStore) -> None:
    found = source(store)
    for answers in ((says({"error": "invalid_grant"}, 400),), ()):
        renewal = found.renewal(START + 4000)
        assert renewal is not None
        with pytest.raises(MissingCredentials, match="run fairlead login google") as caught:
            play(renewal.flow(), *answers)
        assert "canary" not in shown(caught.value)
    assert store.read("google") == HOUR


def test_a_login_without_a_refresh_token_ends(store: TokenStore) -> None:
    found = source(store, replace(HOUR, refresh=None))
    assert found.renewal(START + 3500) is None
    renewal = found.renewal(START + 3600)
    assert renewal is not None
    with pytest.raises(MissingCredentials, match="run fairlead login google"):
        play(renewal.flow())


def test_a_refused_token_is_renewed_whatever_its_life(store: TokenStore) -> None:
    found = source(store)
    assert found.rejected(START + 60)
    renewal = found.renewal(START + 60)
    assert renewal is not None
    assert renewal.required
    play(renewal.flow(), says(TWO))
    assert found.read() == Secret("ya29.canary-two")
    # Others whose requests were under way were refused with the token before.
    assert found.rejected(START + 61)
    assert found.renewal(START + 61) is None


def test_a_refused_token_that_nothing_can_replace_stays_refused(store: TokenStore) -> None:
    found = source(store, replace(HOUR, refresh=None, expires_at=None))
    assert not found.rejected(START + 60)


def test_the_lock_is_free_again_however_a_renewal_ends(store: TokenStore) -> None:
    found = source(store)
    renewal = found.renewal(START + 3600)
    assert renewal is not None
    with pytest.raises(ServerError):
        play(renewal.flow(), says(b"", 500))
    abandoned = renewal.flow()
    step = next(abandoned)
    while not hasattr(step, "url"):
        step = abandoned.send(step.run())
    abandoned.close()
    lock = store.lock("google")
    lock.acquire()
    lock.release()


def test_a_token_goes_only_to_the_host_that_gave_it(store: TokenStore) -> None:
    github = login_service("github-copilot")
    login = replace(HOUR, service="github-copilot", host="acme.ghe.com")
    store.write("github-copilot", login)
    found, played = LoginSource(github, store), Played()
    renewal = found.renewal(START + 4000)
    assert renewal is not None
    played.run(renewal.flow(), says(TWO))
    assert played.requests[0].url == "https://acme.ghe.com/login/oauth/access_token"


def test_a_store_that_others_can_read_is_refused(store: TokenStore) -> None:
    store.write("google", HOUR)
    store.path_of("google").chmod(0o644)
    renewal = LoginSource(GOOGLE, store).renewal(START)
    assert renewal is not None
    with pytest.raises(ConfigError, match="can be read by others") as caught:
        play(renewal.flow())
    assert "canary" not in shown(caught.value)


def test_a_key_stands_above_the_login(store: TokenStore) -> None:
    store.write("google", HOUR)
    variables = {"GEMINI_API_KEY": "key"}
    key = VariableSource("GEMINI_API_KEY", Environment(variables))
    origin = origin_of("https://generativelanguage.googleapis.com")
    credential = key_credential(origin, ((key, BEARER), (LoginSource(GOOGLE, store), BEARER)))
    assert credential.key_name == "GEMINI_API_KEY"
    assert credential.renewal(START) is None
    del variables["GEMINI_API_KEY"]
    assert credential.key_name == "login google"
    renewal = credential.renewal(START)
    assert renewal is not None
    play(renewal.flow())
    request = credential.authorize(HttpRequest("POST", f"{origin}/v1beta/x"), START)
    assert request.headers[-1] == ("authorization", "Bearer ya29.canary-one")
    with pytest.raises(ConfigError):
        credential.authorize(HttpRequest("POST", "https://evil.example/x"), START)
    assert credential.rejected(UNAUTHORIZED, START + 60)
    assert "canary" not in repr(credential)


@pytest.mark.parametrize("life", [20.0, 200.0, 1000.0, 86400.0])
@pytest.mark.parametrize("jitter", [0.0, 0.99])
def test_a_renewal_is_due_within_the_life_of_a_token(life: float, jitter: float) -> None:
    due = replace(HOUR, expires_at=START + life).due_at(jitter)
    assert due is not None
    assert START + life / 2 <= due < START + life
