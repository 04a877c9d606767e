"""Credentials that are refused, through whole clients: whose they are, and what to do."""

from __future__ import annotations

import json
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from tests.client.test_cloud_credentials import everything_about

import fairlead
from fairlead import Settings
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    FairleadError,
    PermissionDeniedError,
)
from fairlead.settings import RetrySettings
from fairlead.testing.server import ScriptedServer, respond

CANARY = "canary-5d1e77-secret-key"
JSON = [("Content-Type", "application/json")]
ONCE = RetrySettings(max_retries=0)


def error(status: int, body: object, *headers: tuple[str, str]) -> Any:
    return respond(status, [*JSON, *headers], json.dumps(body).encode())


def openai(status: int, message: str, code: str | None) -> Any:
    return error(status, {"error": {"message": message, "type": "x", "code": code}})


def google(status: int, message: str, word: str, reason: str) -> Any:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
    inner = {"code": status, "message": message, "status": word, "details": [info]}
    return error(status, {"error": inner})


def aws(status: int, message: str, name: str) -> Any:
    return error(status, {"message": message}, ("x-amzn-ErrorType", name))


REFUSALS: dict[str, tuple[str, str, Any, type[ApiError], str]] = {
    "openai, a wrong key": (
        "openai", "OPENAI_API_KEY",
        openai(401, f"Incorrect API key provided: {CANARY}.", "invalid_api_key"),
        AuthenticationError, "OPENAI_API_KEY: correct or renew it",
    ),
    "openai, a key without the scope": (
        "openai", "OPENAI_API_KEY",
        openai(403, "Missing scopes: model.request", None),
        PermissionDeniedError, "OPENAI_API_KEY: let it do this, or use another",
    ),
    "anthropic, a revoked key": (
        "anthropic", "ANTHROPIC_API_KEY",
        error(401, {"error": {"type": "authentication_error", "message": "invalid x-api-key"}}),
        AuthenticationError, "ANTHROPIC_API_KEY: correct or renew it",
    ),
    "gemini, an expired key told with a 400": (
        "gemini", "GEMINI_API_KEY",
        google(400, "API key expired.", "INVALID_ARGUMENT", "API_KEY_INVALID"),
        AuthenticationError, "GEMINI_API_KEY: correct or renew it",
    ),
    "gemini, a key for other services": (
        "gemini", "GEMINI_API_KEY",
        google(403, "Requests are blocked.", "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED"),
        PermissionDeniedError, "GEMINI_API_KEY: let it do this, or use another",
    ),
    "bedrock, a session that ended": (
        "bedrock", "AWS_SECRET_ACCESS_KEY",
        aws(403, "The security token included in the request is expired", "ExpiredTokenException"),
        AuthenticationError, "AWS_ACCESS_KEY_ID: correct or renew it",
    ),
    "bedrock, a key pair that may not": (
        "bedrock", "AWS_SECRET_ACCESS_KEY",
        aws(403, "User is not authorized to perform: bedrock:InvokeModel", "AccessDeniedException"),
        PermissionDeniedError, "AWS_ACCESS_KEY_ID: let it do this, or use another",
    ),
}  # fmt: skip
ADDRESSES = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "gemini": "GOOGLE_GEMINI_BASE_URL",
    "bedrock": "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine without credentials, with a key pair's first half."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return monkeypatch


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_credential_is_named_and_so_is_what_to_do(opened, here, case: str) -> None:
    provider, variable, answer, kind, sentence = REFUSALS[case]
    with ScriptedServer(answer, answer) as server:
        here.setenv(variable, CANARY)
        here.setenv(ADDRESSES[provider], server.url)
        client = opened(Settings(retry=ONCE))
        for ask in (client.chat, client.stream):
            with pytest.raises(kind) as caught:
                ask(f"{provider}/m-1", "Hi")
            said = str(caught.value)
            assert type(caught.value) is kind
            assert caught.value.exit_code == 3
            assert said.endswith(sentence)
            assert "\n" not in said

    del answer  # what this frame holds is in the traceback
    assert len(server.requests) == 2
    assert CANARY not in everything_about(caught.value)


EVENTS = [("Content-Type", "text/event-stream")]
_ERROR = json.dumps({"error": {"message": f"no key {CANARY}", "code": CANARY}})
_PIECE = json.dumps({"choices": [{"index": 0, "delta": {"content": "Hi"}}]})
ECHOES: dict[str, Any] = {
    "an error in a 200": respond(200, JSON, _ERROR.encode()),
    "an error as the first event": respond(200, EVENTS, f"data: {_ERROR}\n\n".encode()),
    "an error amid a stream": respond(
        200, EVENTS, f"data: {_PIECE}\n\ndata: {_ERROR}\n\n".encode()
    ),
    "no JSON": respond(200, JSON, f'{{"key": {CANARY}'.encode()),
    "another shape": respond(200, JSON, json.dumps({CANARY: CANARY}).encode()),
    "an event that is none": respond(200, EVENTS, f"data: {CANARY}\n\n".encode()),
    "a redirect": respond(307, [("Location", f"/v1/{CANARY}")]),
}


@pytest.mark.parametrize("case", ECHOES)
def test_a_key_that_an_answer_repeats_is_hidden_in_the_error(opened, here, case: str) -> None:
    with ScriptedServer(ECHOES[case]) as server:
        here.setenv("OPENAI_API_KEY", CANARY)
        here.setenv("OPENAI_BASE_URL", server.url)
        client = opened(Settings(retry=ONCE))
        for ask in (client.chat, client.stream):
            with pytest.raises(FairleadError) as caught:
                ask("openai/m-1", "Hi")
            error: BaseException | None = caught.value
            while error is not None:
                assert CANARY not in everything_about(error)
                error = error.__cause__ or error.__context__


def test_a_clock_ten_minutes_off_is_told_in_place_of_a_bad_key(opened, here) -> None:
    now = time.time()
    stamp = "%Y%m%dT%H%M%SZ"
    ours, theirs = (time.strftime(stamp, time.gmtime(at)) for at in (now - 600, now))
    oldest = time.strftime(stamp, time.gmtime(now - 300))
    message = f"Signature expired: {ours} is now earlier than {oldest} ({theirs} - 5 min.)"
    with ScriptedServer(aws(403, message, "InvalidSignatureException")) as server:
        here.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
        here.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        with pytest.raises(AuthenticationError) as caught:
            opened(Settings(retry=ONCE)).chat("bedrock/m-1", "Hi")

    said = str(caught.value)
    assert "this computer's clock differs from AWS's by 10 minutes (slow); set it right" in said
    assert "correct or renew" not in said
    assert len(server.requests) == 1
    assert CANARY not in everything_about(caught.value)


KEY = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
ACCOUNT = {
    "type": "service_account",
    "client_email": "robot@p.example",
    "private_key": KEY,
    "token_uri": "https://oauth2.googleapis.com/token",
}
FILES = {
    "no JSON": (f"-----BEGIN {CANARY}", "is not a Google credentials file"),
    "cut": (json.dumps(ACCOUNT)[:-9], "is not a Google credentials file"),
    "a list": (json.dumps([CANARY]), "is not a Google credentials file"),
    "no type": (json.dumps({"private_key": CANARY}), "is not a Google credentials file"),
    "no owner": (json.dumps({**ACCOUNT, "client_email": None}), "make a new key"),
    "no key": (json.dumps({**ACCOUNT, "private_key": ""}), "make a new key"),
    "a key that is none": (json.dumps(ACCOUNT), "make a new key"),
    "not text": ("\udcff\udcfe" + CANARY, "is not a Google credentials file"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_malformed_service_account_file_is_told_of_before_anything_is_sent(
    opened, here, tmp_path: Path, case: str
) -> None:
    text, sentence = FILES[case]
    path = tmp_path / "account.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    here.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    here.setenv("GOOGLE_CLOUD_PROJECT", "p")
    here.setenv("GOOGLE_CLOUD_LOCATION", "europe-west1")
    client = opened(Settings(retry=ONCE))
    del text
    for ask in (client.chat, client.stream):
        with pytest.raises(ConfigError) as caught:
            ask("vertexai/gemini-2.5-flash", "Hi")

    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)
    assert CANARY not in everything_about(caught.value)


def frames_of(error: BaseException) -> list[dict[str, Any]]:
    """The local variables of our own frames in a traceback."""
    steps = traceback.walk_tb(error.__traceback__)
    found = [step.f_locals for step, _ in steps if "/tests/" not in step.f_code.co_filename]
    assert found
    return found


def test_a_new_key_that_cannot_be_one_is_in_no_frame_of_the_error(opened, here) -> None:
    client = opened(Settings(retry=ONCE))
    with pytest.raises(ConfigError, match="the new key holds a line break") as caught:
        client.rotate_key("openai", f"{CANARY}\n")

    assert CANARY not in str(frames_of(caught.value))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"keys": {"openai": f"{CANARY}\n"}}, "the key of openai holds a line break"),
        ({"keys": {"openai": CANARY, "nobody": CANARY}}, "no provider 'nobody'"),
        ({"keys": {"openai": CANARY}, "settings": 3}, "must be a fairlead.Settings"),
        ({"keys": CANARY}, "keys must name the provider of each"),
    ],
)
@pytest.mark.parametrize("kind", [fairlead.Client, fairlead.AsyncClient])
def test_a_client_that_cannot_be_made_shows_no_key_of_its_arguments(
    here, kind: Any, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        kind(**{"settings": Settings(), **arguments})

    assert CANARY not in str(frames_of(caught.value))
