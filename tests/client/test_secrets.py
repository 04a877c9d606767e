"""A canary key goes through everything that can go wrong, and may turn up nowhere."""

from __future__ import annotations

import base64
import copy
import io
import logging
import pickle
import traceback
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from tests.client.wire import JSON, begun, chunk, streamed, whole

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.core import Core
from fairlead.errors import FairleadError
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import Close, Reset, ScriptedServer, respond

CANARY = "canary-7f3a9b-secret-key"
FORMS = {
    CANARY,
    CANARY[:20],
    CANARY[::-1],
    quote(CANARY),
    base64.b64encode(CANARY.encode()).decode(),
    base64.b64encode(f"Bearer {CANARY}".encode()).decode(),
}


def settings(url: str, dialect: str) -> Settings:
    provider = ProviderSettings(base_url=f"{url}/v1", key=Secret(CANARY), dialect=dialect)
    return Settings(providers={"fake": provider}, retry=RetrySettings(max_retries=1))


def leaks(*texts: object) -> list[str]:
    return [form for form in FORMS for text in texts if form in str(text)]


def everything_about(error: BaseException) -> str:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format()) + repr(error) + str(error) + repr(vars(error))


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


FAULTS = {
    "refused": [respond(401, JSON, b'{"error":{"message":"wrong"}}')],
    "echoed": [
        lambda request: respond(400, JSON, request.header("authorization").encode()),
    ],
    "broken": [[Reset()]],
    "cut": [[begun(chunk({"content": "x"})), Close()]],
    "page": [respond(200, (("Content-Type", "text/html"),), b"<html>")],
    "nonsense": [respond(200, JSON, b"{")],
}


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "echoed"])
@pytest.mark.invariant("I8")
def test_the_key_is_in_no_error_log_or_traceback(opened, logged, fault, dialect) -> None:
    with ScriptedServer(*FAULTS[fault]) as server:
        client = opened(settings(server.url, dialect))
        for ask in (client.chat, client.stream):
            with pytest.raises(FairleadError) as caught:
                ask("fake/m", "Hi")
            assert leaks(everything_about(caught.value), logged.getvalue()) == []
            assert leaks(repr(caught.value.receipt)) == []

    assert CANARY in str(server.requests[0].headers)


def test_a_key_that_the_provider_echoes_is_hidden_in_the_error(opened) -> None:
    with ScriptedServer(*FAULTS["echoed"]) as server:
        with pytest.raises(FairleadError) as caught:
            opened(settings(server.url, "openai_chat")).chat("fake/m", "Hi")

    assert leaks(everything_about(caught.value)) == []


@pytest.mark.invariant("I8")
def test_the_key_is_in_no_answer_receipt_or_dry_run(opened, logged) -> None:
    with ScriptedServer(whole(), streamed("x")) as server:
        client = opened(settings(server.url, "openai_chat"))
        answer = client.chat("fake/m", "Hi")
        events, other = client.stream("fake/m", "Hi")
        core: Core = client.client._core
        request, resolved = core.prepare("fake/m", "Hi", {}, stream=False)

    shown = [answer, events, other, request, resolved, client.client, core, core.settings]
    encoded = msgspec.json.encode([answer, other])
    assert leaks(*map(repr, shown), encoded, vars(client.client), logged.getvalue()) == []


def test_a_key_in_settings_hides_in_every_copy(opened) -> None:
    made = settings("http://127.0.0.1:9", "openai_chat")
    secret = made.providers["fake"].key

    shown = [repr(made), str(secret), f"{secret}", copy.deepcopy(secret), vars(type(secret))]
    assert leaks(*shown) == []
    try:
        dumped = pickle.dumps(secret)
    except TypeError:
        dumped = b""
    assert CANARY.encode() not in dumped


def test_the_key_goes_to_no_other_origin(opened) -> None:
    with ScriptedServer(whole()) as home, ScriptedServer(respond(200, JSON, b"{}")) as away:
        client = opened(settings(home.url, "openai_chat"))
        client.post(f"{away.url}/run", {})
        client.chat("fake/m", "Hi")

    assert leaks(away.requests) == []
    assert leaks(home.requests) != []
