"""Copilot's two tokens: one for GitHub, one for Copilot, and where the second one may go."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies
from tests.auth.dialogue import Played, play, says, shown

from fairlead.auth.copilot_token import PROXY_ORIGIN, copilot_token, is_copilot_token
from fairlead.auth.github_copilot import CopilotCredential, copilot_credential
from fairlead.auth.login import Login
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, VariableSource
from fairlead.errors import (
    AuthenticationError,
    ConfigError,
    DecodeError,
    FairleadError,
    InvalidRequest,
    MissingCredentials,
    PermissionDeniedError,
    ServerError,
)
from fairlead.keys.token_store import TokenStore
from fairlead.types.http import HttpRequest

START = 1_700_000_000.0
ORIGIN = origin_of("https://api.githubcopilot.com")
CHAT = HttpRequest("POST", "https://api.githubcopilot.com/chat/completions", (), b"{}")
UNAUTHORIZED = AuthenticationError("no", status=401, target="x")
GITHUB = "gho_canary-github"
ANSWER = {
    "token": "tid=canary;exp=1700001800;sku=x",
    "expires_at": START + 1800,
    "refresh_in": 1500,
    "endpoints": {
        "api": "https://api.business.githubcopilot.com",
        "proxy": "https://proxy.business.githubcopilot.com",
        "telemetry": "https://telemetry.business.githubcopilot.com",
    },
}


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "tokens", place="file")


def made(
    store: TokenStore, key: str = GITHUB, *, discover: bool = True, host: str = "github.com"
) -> CopilotCredential:
    variables = Environment({"COPILOT_GITHUB_TOKEN": key} if key else {})
    sources = (VariableSource("COPILOT_GITHUB_TOKEN", variables),)
    return copilot_credential(ORIGIN, store, sources=sources, discover=discover, host=host)


def exchanged(credential: CopilotCredential, answer: object = ANSWER, wall: float = START):
    """Do what is due; the requests that it took."""
    renewal = credential.renewal(wall)
    assert renewal is not None
    played = Played()
    played.run(renewal.flow(), says(answer))
    return played.requests


def test_a_github_token_is_exchanged_and_the_request_moves_to_the_accounts_own_place(
    store: TokenStore,
) -> None:
    credential = made(store)
    assert credential.key_name == "COPILOT_GITHUB_TOKEN"
    (request,) = exchanged(credential)
    assert request.url == "https://api.github.com/copilot_internal/v2/token"
    assert ("authorization", f"token {GITHUB}") in request.headers
    sent = credential.authorize(CHAT, START)
    assert sent.url == "https://api.business.githubcopilot.com/chat/completions"
    assert sent.headers[-1] == ("authorization", "Bearer tid=canary;exp=1700001800;sku=x")
    assert sent.body == b"{}"
    assert "canary" not in repr(sent) + repr(credential)
    assert credential.redact(b"tid=canary;exp=1700001800;sku=x!") == b"***!"


def test_the_token_is_renewed_when_github_says_or_two_minutes_before_its_end(
    store: TokenStore,
) -> None:
    credential = made(store)
    exchanged(credential)
    assert credential.renewal(START + 1499) is None
    early = credential.renewal(START + 1500)
    assert early is not None
    assert not early.required
    exchanged(credential, ANSWER | {"refresh_in": None}, wall=START + 1500)
    assert credential.renewal(START + 1679) is None
    assert credential.renewal(START + 1680) is not None
    ended = credential.renewal(START + 1800)
    assert ended is not None
    assert ended.required


def test_a_clock_that_is_far_ahead_of_githubs_still_gets_a_token(store: TokenStore) -> None:
    credential = made(store)
    exchanged(credential, wall=START + 9000)
    assert credential.renewal(START + 9000 + 1499) is None
    assert credential.renewal(START + 9000 + 1500) is not None


@pytest.mark.parametrize("odd", [10**400, -(10**400), "soon", None, True])
def test_times_that_are_none_still_give_a_token(store: TokenStore, odd: object) -> None:
    credential = made(store)
    exchanged(credential, ANSWER | {"expires_at": odd, "refresh_in": odd})
    assert credential.renewal(START) is None or odd is True


@pytest.mark.parametrize(
    "place",
    [
        "https://api.githubcopilot.com.evil.example",
        "https://evilgithubcopilot.com",
        "https://api.githubcopilot.com@evil.example",
        "http://api.githubcopilot.com",
        "https://acme.ghe.com",
        "http://127.0.0.1:8080",
        "javascript:alert(1)",
        "https://api.githubcopilot.com\\.evil.example",
    ],
)
@pytest.mark.parametrize("name", ["api", "proxy"])
def test_no_stranger_is_given_the_token(store: TokenStore, place: str, name: str) -> None:
    credential = made(store)
    with pytest.raises(ConfigError, match="which is not given the token") as caught:
        exchanged(credential, ANSWER | {"endpoints": {name: place}})
    assert "canary" not in shown(caught.value)
    with pytest.raises(MissingCredentials):
        credential.authorize(CHAT, START)


@pytest.mark.parametrize("endpoints", [None, [], "x", {}, {"api": None}, {"api": 5}])
def test_without_endpoints_requests_stay_where_they_are(store: TokenStore, endpoints) -> None:
    credential = made(store)
    exchanged(credential, ANSWER | {"endpoints": endpoints})
    assert credential.authorize(CHAT, START).url == CHAT.url


def test_an_address_of_the_users_own_is_kept(store: TokenStore) -> None:
    credential = made(store, discover=False)
    exchanged(credential)
    assert credential.authorize(CHAT, START).url == CHAT.url


def test_code_completion_goes_to_the_accounts_proxy(store: TokenStore) -> None:
    credential = made(store)
    assert credential.proxy_origin == PROXY_ORIGIN
    exchanged(credential)
    assert str(credential.proxy_origin) == "https://proxy.business.githubcopilot.com"
    path = "/v1/engines/gpt-41-copilot/completions"
    sent = credential.authorize(HttpRequest("POST", f"{PROXY_ORIGIN}{path}"), START)
    assert sent.url == f"https://proxy.business.githubcopilot.com{path}"


@pytest.mark.parametrize("url", ["https://evil.example/x", "http://api.githubcopilot.com/x"])
def test_a_request_to_anybody_else_gets_no_token(store: TokenStore, url: str) -> None:
    credential = made(store)
    exchanged(credential)
    with pytest.raises(ConfigError, match="is not sent to"):
        credential.authorize(HttpRequest("POST", url), START)
    with pytest.raises(InvalidRequest):
        credential.authorize(HttpRequest("GET", CHAT.url, (("Authorization", "x"),)), START)


def test_an_app_of_the_users_own_may_not_exchange_but_is_let_in(store: TokenStore) -> None:
    credential = made(store)
    renewal = credential.renewal(START)
    assert renewal is not None
    play(renewal.flow(), says({"message": "Not Found"}, 404))
    sent = credential.authorize(CHAT, START)
    assert sent.headers[-1] == ("authorization", f"Bearer {GITHUB}")
    assert sent.url == CHAT.url
    assert credential.renewal(START + 1700) is None
    assert not credential.rejected(UNAUTHORIZED, START + 10)


@pytest.mark.parametrize(
    ("key", "status", "body", "error", "says_so"),
    [
        (GITHUB, 401, b"", MissingCredentials, "run fairlead login github-copilot"),
        (GITHUB, 403, {"error_details": {}}, PermissionDeniedError, "has no Copilot"),
        ("ghp_canary-personal", 404, b"", PermissionDeniedError, "personal access token"),
        (GITHUB, 500, b"<html>", ServerError, "HTTP 500"),
        (GITHUB, 200, b"<html>", DecodeError, "something else than a token"),
        (GITHUB, 200, {"token": None}, DecodeError, "something else than a token"),
        (GITHUB, 200, {"token": "a\nb"}, DecodeError, "something else than a token"),
    ],
)
def test_an_exchange_that_fails_is_one_clear_error(
    store: TokenStore, key: str, status: int, body, error: type[FairleadError], says_so: str
) -> None:
    renewal = made(store, key).renewal(START)
    assert renewal is not None
    with pytest.raises(error, match=says_so) as caught:
        play(renewal.flow(), says(body, status))
    assert "canary" not in shown(caught.value)


def test_a_token_of_copilot_itself_is_sent_as_it_is(store: TokenStore) -> None:
    credential = made(store, "tid=1;exp=1800000000;sku=x")
    assert credential.renewal(START) is None
    sent = credential.authorize(CHAT, START)
    assert sent.headers[-1] == ("authorization", "Bearer tid=1;exp=1800000000;sku=x")
    assert not is_copilot_token(Secret(GITHUB))


def test_a_refused_token_is_exchanged_for_anew_but_not_for_ever(store: TokenStore) -> None:
    credential = made(store)
    exchanged(credential)
    assert credential.rejected(UNAUTHORIZED, START + 60)
    renewal = credential.renewal(START + 60)
    assert renewal is not None
    assert renewal.required
    exchanged(credential)
    assert not credential.rejected(UNAUTHORIZED, START + 61)


def test_another_github_token_asks_for_another_exchange(store: TokenStore) -> None:
    credential = made(store)
    exchanged(credential)
    credential.rotate("gho_another")
    (request,) = exchanged(credential)
    assert ("authorization", "token gho_another") in request.headers


def test_a_login_is_used_where_no_token_is_set_and_asks_its_own_host(store: TokenStore) -> None:
    credential = made(store, "")
    assert credential.renewal(START) is None
    with pytest.raises(MissingCredentials, match="run fairlead login github-copilot"):
        credential.authorize(CHAT, START)
    login = Login(
        service="github-copilot", access=Secret(GITHUB), obtained_at=START, host="acme.ghe.com"
    )
    store.write("github-copilot", login)
    assert credential.key_name == "login github-copilot"
    answer = ANSWER | {"endpoints": {"api": "https://copilot-api.acme.ghe.com"}}
    (request,) = exchanged(credential, answer)
    assert request.url == "https://api.acme.ghe.com/copilot_internal/v2/token"
    sent = credential.authorize(CHAT, START)
    assert sent.url == "https://copilot-api.acme.ghe.com/chat/completions"


def test_a_company_that_the_settings_name_is_asked_for_tokens_of_variables(
    store: TokenStore,
) -> None:
    (request,) = exchanged(made(store, host="acme.ghe.com"))
    assert request.url == "https://api.acme.ghe.com/copilot_internal/v2/token"


@given(strategies.binary(max_size=100))
def test_any_bytes_give_a_token_or_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(FairleadError):
        copilot_token(says(data), Secret(GITHUB), START, ("githubcopilot.com",))
