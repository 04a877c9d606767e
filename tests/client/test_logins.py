"""A login is used where no key is set: in both colours, through the whole client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

from fairlead import AsyncClient, Client, Settings
from fairlead.auth.login import Login
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import AuthenticationError, MissingCredentials
from fairlead.keys.token_store import TokenStore
from fairlead.settings import ProviderSettings
from fairlead.settings.logins import login_store
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import HttpRequest
from fairlead.types.responses import ChatResponse

CANARY = "canary-0d9e"
ASKED = "Why?"


def answer(body: object, status: int = 200) -> Answer:
    return Answer([json.dumps(body).encode()], status=status)


CHAT = answer(
    {
        "id": "c1",
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "So."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
)
REFUSED = answer({"error": {"message": "bad key", "code": 401}}, 401)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TokenStore:
    monkeypatch.setenv("FAIRLEAD_TOKEN_STORE", "file")
    monkeypatch.setenv("HOME", str(tmp_path))
    return login_store(Environment(os.environ))


def ask(
    colour: str, model: str, *answers: Answer, settings: Settings | None = None
) -> tuple[ChatResponse, list[HttpRequest]]:
    transport = MemoryTransport(FakeRuntime(time.monotonic()), answers)
    settings = settings or Settings()
    if colour == "blocking":
        with Client(settings, transport=transport) as client:
            return client.chat(model, ASKED), transport.requests

    async def main() -> ChatResponse:
        return await AsyncClient(settings, transport=transport).chat(model, ASKED)

    return asyncio.run(main()), transport.requests


def sent(request: HttpRequest) -> str | None:
    return dict(request.headers).get("authorization")


both = pytest.mark.parametrize("colour", ["blocking", "async"])


@both
def test_a_key_that_a_login_gave_is_sent(store: TokenStore, colour: str) -> None:
    key = Secret(f"sk-or-{CANARY}")
    store.write("openrouter", Login(service="openrouter", access=key, obtained_at=0))
    response, (request,) = ask(colour, "openrouter/a/b", CHAT)
    assert sent(request) == f"Bearer sk-or-{CANARY}"
    assert response.receipt.key_name == "login openrouter"
    assert CANARY not in repr(response)


@both
def test_a_variable_stands_above_a_login(
    store: TokenStore, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-variable")
    login = Login(service="openrouter", access=Secret("sk-login"), obtained_at=0)
    store.write("openrouter", login)
    response, (request,) = ask(colour, "openrouter/a/b", CHAT)
    assert sent(request) == "Bearer sk-variable"
    assert response.receipt.key_name == "OPENROUTER_API_KEY"


@both
@pytest.mark.parametrize(
    ("service", "variable", "model"),
    [
        ("openrouter", "OPENROUTER_BASE_URL", "openrouter/a/b"),
        ("github-copilot", "GITHUB_COPILOT_BASE_URL", "github_copilot/gpt-4.1"),
        ("google", "GOOGLE_GEMINI_BASE_URL", "gemini/gemini-2.5-flash"),
    ],
)
def test_a_login_stays_with_its_service(
    store: TokenStore,
    colour: str,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    variable: str,
    model: str,
) -> None:
    store.write(service, Login(service=service, access=Secret("gho_login"), obtained_at=0))
    monkeypatch.setenv(variable, "https://elsewhere.example/v1")
    with pytest.raises(MissingCredentials):
        ask(colour, model)


@both
def test_copilot_exchanges_the_login_first_and_asks_where_it_is_told(
    store: TokenStore, colour: str
) -> None:
    login = Login(
        service="github-copilot",
        access=Secret(f"gho_{CANARY}"),
        obtained_at=time.time(),
        host="github.com",
    )
    store.write("github-copilot", login)
    token = {
        "token": f"tid={CANARY};exp=1",
        "expires_at": time.time() + 1800,
        "refresh_in": 1500,
        "endpoints": {"api": "https://api.individual.githubcopilot.com"},
    }
    _, (exchange, chat) = ask(colour, "github_copilot/gpt-4.1", answer(token), CHAT)
    assert exchange.url == "https://api.github.com/copilot_internal/v2/token"
    assert sent(exchange) == f"token gho_{CANARY}"
    assert chat.url == "https://api.individual.githubcopilot.com/chat/completions"
    assert sent(chat) == f"Bearer tid={CANARY};exp=1"


@both
def test_copilot_uses_the_login_of_an_editor_where_there_is_no_other(
    store: TokenStore, colour: str
) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "github-copilot"
    folder.mkdir()
    (folder / "apps.json").write_text('{"github.com:Iv1.x": {"oauth_token": "ghu_editor"}}')
    refused = answer({"message": "Not Found"}, 404)
    response, (exchange, chat) = ask(colour, "github_copilot/gpt-4.1", refused, CHAT)
    assert sent(exchange) == "token ghu_editor"
    assert sent(chat) == "Bearer ghu_editor"
    assert "login of an editor" in (response.receipt.key_name or "")


def test_a_refused_key_of_a_command_is_read_anew_and_sent_once_more(
    store: TokenStore, tmp_path: Path
) -> None:
    code = (
        "import pathlib, sys; p = pathlib.Path(sys.argv[1]); "
        "n = len(p.read_text()) if p.exists() else 0; p.write_text('x' * (n + 1)); "
        "print(f'sk-{n}')"
    )
    command = (sys.executable, "-c", code, str(tmp_path / "count"))
    settings = Settings(providers={"openrouter": ProviderSettings(key_command=command)})
    runtime = FakeRuntime()
    transport = MemoryTransport(runtime, [CHAT, REFUSED, CHAT, REFUSED, REFUSED])
    core = Core(settings, transport=transport, runtime=runtime)
    response = drive(core.chat("openrouter/a/b", ASKED, {}))
    assert response.receipt.key_name == f"command {sys.executable}"
    runtime.advance(30)
    response = drive(core.chat("openrouter/a/b", ASKED, {}))
    assert [attempt.status for attempt in response.receipt.attempts] == [401, 200]
    assert [sent(request) for request in transport.requests] == [
        "Bearer sk-0",
        "Bearer sk-0",
        "Bearer sk-1",
    ]
    runtime.advance(30)
    with pytest.raises(AuthenticationError):
        drive(core.chat("openrouter/a/b", ASKED, {}))
    assert [sent(request) for request in transport.requests[3:]] == ["Bearer sk-1", "Bearer sk-2"]
