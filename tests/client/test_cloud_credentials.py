"""Credentials that are fetched, through whole clients of both colours and sign-in servers of every
temper. A canary may turn up in no error, log or traceback."""

from __future__ import annotations

import io
import json
import logging
import threading
import traceback
from typing import Any

import pytest
from tests.client.wire import whole

from fairlead import Client, Settings
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope, Signer
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    DecodeError,
    FairleadError,
    MissingCredentials,
    PermissionDeniedError,
    ServerError,
    TransportError,
)
from fairlead.ports import Timeouts
from fairlead.settings import RetrySettings
from fairlead.testing.server import Close, Pause, Received, Repeat, Reset, ScriptedServer, respond
from fairlead.types.http import HttpRequest

CANARY = "canary-7f3a9b-secret-key"
JSON = (("Content-Type", "application/json"),)
DENIED = respond(401, JSON, b'{"error":{"message":"who are you?"}}')


def granted(token: str, seconds: int = 3600) -> Any:
    body = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
    return respond(200, JSON, json.dumps(body).encode())


def settings(**changes: Any) -> Settings:
    return Settings(retry=RetrySettings(max_retries=0), **changes)


def tokens_of(server: ScriptedServer) -> list[str]:
    found = [request.header("authorization") or "" for request in server.requests]
    return [value.removeprefix("Bearer ") for value in found]


@pytest.fixture
def azure(monkeypatch, tmp_path) -> Any:
    """Azure OpenAI with an application's secret: `azure(sign_in, provider)`."""

    def arrange(sign_in: ScriptedServer, provider: ScriptedServer) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", provider.url)
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", sign_in.url)
        monkeypatch.setenv("AZURE_TENANT_ID", "tenant")
        monkeypatch.setenv("AZURE_CLIENT_ID", "client")
        monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)

    return arrange


@pytest.fixture
def logged() -> Any:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def everything_about(error: BaseException) -> str:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format()) + repr(error) + str(error) + repr(vars(error))


def test_a_token_is_fetched_once_for_many_calls(opened, azure) -> None:
    with ScriptedServer(granted("one")) as sign_in, ScriptedServer(whole(), whole()) as provider:
        azure(sign_in, provider)
        client = opened(settings())
        answers = [client.chat("azure/gpt", "Hi") for _ in range(2)]

    assert tokens_of(provider) == ["one", "one"]
    assert len(sign_in.requests) == 1
    assert answers[0].receipt.key_name == "AZURE_CLIENT_SECRET"


def test_the_secret_goes_to_the_sign_in_and_the_token_to_the_provider(opened, azure) -> None:
    with ScriptedServer(granted("one")) as sign_in, ScriptedServer(whole()) as provider:
        azure(sign_in, provider)
        opened(settings()).chat("azure/gpt", "Hi")

    (asked,), (sent,) = sign_in.requests, provider.requests
    assert asked.path == "/tenant/oauth2/v2.0/token"
    assert CANARY.encode() in asked.body
    assert asked.header("authorization") is None
    assert CANARY not in repr(sent)


def test_a_refused_token_is_replaced_and_the_receipt_shows_both_attempts(opened, azure) -> None:
    tokens = ScriptedServer(granted("one"), granted("two"))
    with tokens as sign_in, ScriptedServer(DENIED, whole()) as provider:
        azure(sign_in, provider)
        answer = opened(settings()).chat("azure/gpt", "Hi")

    assert tokens_of(provider) == ["one", "two"]
    assert [attempt.status for attempt in answer.receipt.attempts] == [401, 200]


def test_a_provider_that_refuses_every_token_is_asked_twice(opened, azure) -> None:
    tokens = ScriptedServer(granted("one"), granted("two"), granted("three"))
    with tokens as sign_in, ScriptedServer(DENIED, DENIED, DENIED) as provider:
        azure(sign_in, provider)
        with pytest.raises(AuthenticationError) as caught:
            opened(settings()).chat("azure/gpt", "Hi")

    assert tokens_of(provider) == ["one", "two"]
    assert len(caught.value.receipt.attempts) == 2


def test_a_stream_is_replayed_before_its_first_event_only(opened, azure) -> None:
    from tests.client.wire import begun, chunk

    cut = [begun(chunk({"content": "x"})), Close()]
    tokens = ScriptedServer(granted("one"), granted("two"))
    with tokens as sign_in, ScriptedServer(DENIED, cut, whole()) as provider:
        azure(sign_in, provider)
        with pytest.raises(FairleadError):
            opened(settings()).stream("azure/gpt", "Hi")

    assert tokens_of(provider) == ["one", "two"]


def test_threads_that_ask_at_once_share_one_token(azure) -> None:
    with (
        ScriptedServer([Pause(0.2), *granted("one")]) as sign_in,
        ScriptedServer(*[whole()] * 8) as provider,
    ):
        azure(sign_in, provider)
        with Client(settings()) as client:
            threads = [
                threading.Thread(target=client.chat, args=("azure/gpt", "Hi")) for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)

    assert len(sign_in.requests) == 1
    assert tokens_of(provider) == ["one"] * 8


def echo(request: Received) -> Any:
    return respond(400, JSON, json.dumps({"error": request.body.decode()}).encode())


MISBEHAVIOUR = {
    "refuses": (respond(401, JSON, b'{"error":"invalid_client"}'), MissingCredentials),
    "echoes": (echo, MissingCredentials),
    "describes": (
        respond(400, JSON, json.dumps({"error": "x", "error_description": CANARY}).encode()),
        MissingCredentials,
    ),
    "shows a page": (respond(200, (("Content-Type", "text/html"),), b"<html>"), DecodeError),
    "talks nonsense": (respond(200, JSON, CANARY.encode()), DecodeError),
    "grants a broken token": (granted("a\nb" + CANARY), DecodeError),
    "redirects": (
        respond(307, (("Location", "http://127.0.0.1:9/"),), b""),
        DecodeError,
    ),
    "fails": (respond(500, JSON, CANARY.encode()), ServerError),
    "goes away": ([Reset()], TransportError),
    "cuts": ([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Close()], TransportError),
    "never ends": (
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n", Repeat(b" " * 65536)],
        DecodeError,
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_sign_in_server_that_misbehaves_is_a_typed_error_without_secrets(
    opened, azure, logged, name
) -> None:
    script, kind = MISBEHAVIOUR[name]
    with ScriptedServer(*[script] * 3) as sign_in, ScriptedServer(whole()) as provider:
        del script  # what this frame holds is in the traceback
        azure(sign_in, provider)
        client = opened(settings())
        for ask in (client.chat, client.stream):
            with pytest.raises(kind) as caught:
                ask("azure/gpt", "Hi")
            assert CANARY not in everything_about(caught.value)
            assert "\n" not in str(caught.value)

    assert provider.requests == []
    assert CANARY not in logged.getvalue()
    assert len(sign_in.requests) <= 3


def test_a_silent_sign_in_server_takes_no_longer_than_the_call_may(opened, azure) -> None:
    with ScriptedServer([Pause(20)]) as sign_in, ScriptedServer(whole()) as provider:
        azure(sign_in, provider)
        client = opened(settings(timeouts=Timeouts(total=0.5)))
        with pytest.raises(FairleadError, match="deadline") as caught:
            client.chat("azure/gpt", "Hi")

    assert caught.value.receipt.seconds < 5
    assert provider.requests == []


PAIR = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": CANARY}
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
}
SKEW = (
    "Signature expired: 20260901T100000Z is now earlier than 20260901T100500Z "
    "(20260901T101000Z - 5 min.)"
)


@pytest.fixture
def bedrock(monkeypatch, tmp_path) -> Any:
    def arrange(provider: ScriptedServer, **variables: str) -> None:
        found = {"HOME": str(tmp_path), "AWS_REGION": "eu-west-1", **PAIR, **variables}
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", provider.url)
        for name, value in found.items():
            monkeypatch.setenv(name, value)

    return arrange


def test_a_request_arrives_as_it_was_signed(opened, bedrock) -> None:
    with ScriptedServer(respond(200, JSON, json.dumps(ANSWER).encode())) as provider:
        bedrock(provider)
        answer = opened(settings()).chat("bedrock/eu.anthropic.claude-v1:0", "Hi")

    (sent,) = provider.requests
    signature = sent.header("authorization") or ""
    names = signature.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    given = tuple(p for p in sent.headers if p[0] in names and p[0] not in ("host", "x-amz-date"))
    again = Signer(Scope("eu-west-1", "bedrock")).sign(
        HttpRequest("POST", f"{provider.url}{sent.path}", given, sent.body),
        AwsKeys(PAIR["AWS_ACCESS_KEY_ID"], Secret(CANARY)),
        _instant(sent.header("x-amz-date") or ""),
    )
    assert dict(again.headers)["authorization"] == signature
    assert sent.path == "/model/eu.anthropic.claude-v1%3A0/converse"
    assert answer.receipt.key_name == "AWS_ACCESS_KEY_ID"


def _instant(stamp: str) -> float:
    from datetime import datetime

    return datetime.strptime(stamp, "%Y%m%dT%H%M%S%z").timestamp()


def test_a_clock_that_is_off_is_told_of(opened, bedrock, logged) -> None:
    headers = (*JSON, ("x-amzn-ErrorType", "InvalidSignatureException"))
    reply = respond(403, headers, json.dumps({"message": SKEW}).encode())
    with ScriptedServer(reply) as provider:
        bedrock(provider)
        with pytest.raises(ApiError, match="clock") as caught:
            opened(settings()).chat("bedrock/m", "Hi")

    assert CANARY not in everything_about(caught.value) + logged.getvalue()


def test_a_signature_that_the_server_sends_back_shows_no_session(opened, bedrock) -> None:
    def echo(request: Received) -> Any:
        said = f"The Canonical String should have been {request.headers!r}"
        return respond(403, JSON, json.dumps({"message": said}).encode())

    with ScriptedServer(echo) as provider:
        bedrock(provider, AWS_SESSION_TOKEN="session/" + CANARY)
        with pytest.raises(PermissionDeniedError) as caught:
            opened(settings()).chat("bedrock/m", "Hi")

    assert CANARY not in everything_about(caught.value)
