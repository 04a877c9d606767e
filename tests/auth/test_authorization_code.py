"""The question that is asked in a browser, and what counts as its answer."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace
from tests.auth.dialogue import Played, form, play, says, shown

from fairlead.auth.authorization_code import OAuthClient, Question, exchange, revocation
from fairlead.auth.login_providers import login_service
from fairlead.auth.pkce import challenge_of
from fairlead.auth.secret import Secret
from fairlead.errors import FairleadError, MissingCredentials

GOOGLE, OPENROUTER = login_service("google"), login_service("openrouter")
CLIENT = OAuthClient("id.apps.example", Secret("GOCSPX-canary-secret"))
CODE = "4/canary-code"


def asked(service=GOOGLE, client=CLIENT) -> Question:
    question = Question.new(service, client)
    return replace(question, redirect=f"http://127.0.0.1:5000{question.path}")


def query(question: Question) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(question.url).query))


def test_the_address_asks_for_a_code_with_proof_and_state() -> None:
    question = asked()
    assert question.url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert query(question) == {
        "response_type": "code",
        "client_id": "id.apps.example",
        "redirect_uri": "http://127.0.0.1:5000/callback",
        "scope": " ".join(GOOGLE.scopes),
        "state": question.state,
        "code_challenge": challenge_of(question.verifier),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }


def test_the_address_shows_no_secret() -> None:
    for service in (GOOGLE, OPENROUTER):
        question = asked(service)
        assert question.verifier.reveal() not in question.url + repr(question)
        assert "canary" not in question.url + repr(question)


def test_openrouter_is_asked_in_its_own_words_with_the_state_in_the_path() -> None:
    question = asked(OPENROUTER, OAuthClient())
    assert question.path == f"/callback/{question.state}"
    assert query(question) == {
        "callback_url": question.redirect,
        "code_challenge": challenge_of(question.verifier),
        "code_challenge_method": "S256",
    }
    assert question.code_of({"code": CODE}).reveal() == CODE


def test_two_questions_have_nothing_in_common() -> None:
    one, other = asked(), asked()
    assert one.state != other.state
    assert one.verifier != other.verifier


def test_the_answer_to_the_question_gives_the_code() -> None:
    question = asked()
    answer = {"code": CODE, "state": question.state, "iss": "https://accounts.google.com"}
    code = question.code_of(answer)
    assert code.reveal() == CODE


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"state": "another"}, "its state differs"),
        ({"state": None}, "its state differs"),
        ({"iss": "https://evil.example"}, "came from another service"),
        ({"error": "access_denied"}, "access was denied"),
        ({"error": "server_error"}, r"\(server_error\)"),
        ({"error": "<b>\x1b[31m"}, r"\(no reason\)"),
        ({"code": None}, "holds no code"),
        ({"code": ""}, "holds no code"),
        ({"code": "a\r\nb"}, "holds no code"),
    ],
)
def test_any_other_answer_signs_nobody_in(changes: dict[str, str | None], says_so: str) -> None:
    question = asked()
    answer = {"code": CODE, "state": question.state} | changes
    given = {name: value for name, value in answer.items() if value is not None}
    with pytest.raises(MissingCredentials, match=says_so) as caught:
        question.code_of(given)
    assert "run fairlead login google" in str(caught.value)


def test_openrouter_too_refuses_a_state_that_differs() -> None:
    with pytest.raises(MissingCredentials, match="its state differs"):
        asked(OPENROUTER, OAuthClient()).code_of({"code": CODE, "state": "another"})


def test_the_code_is_exchanged_with_its_verifier() -> None:
    question, played = asked(), Played()
    grant = played.run(exchange(question, Secret(CODE)), says({"access_token": "ya29.x"}))
    assert grant.access.reveal() == "ya29.x"
    request = played.requests[0]
    assert (request.method, request.url) == ("POST", "https://oauth2.googleapis.com/token")
    assert form(request) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "http://127.0.0.1:5000/callback",
        "client_id": "id.apps.example",
        "code_verifier": question.verifier.reveal(),
        "client_secret": "GOCSPX-canary-secret",
    }


def test_openrouter_gives_a_key_for_the_code() -> None:
    question, played = asked(OPENROUTER, OAuthClient()), Played()
    grant = played.run(exchange(question, Secret(CODE)), says({"key": "sk-or-v1-x"}))
    assert grant.access.reveal() == "sk-or-v1-x"
    request = played.requests[0]
    assert request.url == "https://openrouter.ai/api/v1/auth/keys"
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {
        "code": CODE,
        "code_verifier": question.verifier.reveal(),
        "code_challenge_method": "S256",
    }


def test_a_code_that_was_used_before_is_refused_and_shown_nowhere() -> None:
    question = asked()
    with pytest.raises(MissingCredentials, match="used already") as caught:
        play(exchange(question, Secret(CODE)), says({"error": "invalid_grant"}, 400))
    text = shown(caught.value)
    assert "canary" not in text
    assert question.verifier.reveal() not in text


def test_a_token_is_revoked_in_the_body_and_not_in_the_address() -> None:
    played = Played()
    assert played.run(revocation(GOOGLE, Secret("1//canary")), says({}))
    assert played.requests[0].url == "https://oauth2.googleapis.com/revoke"
    assert form(played.requests[0]) == {"token": "1//canary"}
    assert not play(revocation(GOOGLE, Secret("1//canary")), says({}, 400))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 5000, b'{"access_token":{}}'])
def test_nonsense_in_place_of_tokens_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(FairleadError):
        play(exchange(asked(), Secret(CODE)), says(body))
