"""Signing in, seeing who is signed in and signing out, at services on loopback."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace
from tests.cli.conftest import Lab, Terminal, terminals

from fairlead.auth.authorization_code import OAuthClient
from fairlead.auth.login_providers import LoginService, login_service
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.cli.sign_in import line, sign_in, sign_out
from fairlead.errors import FairleadError, MissingCredentials
from fairlead.keys.token_store import TokenStore
from fairlead.settings import Settings
from fairlead.settings.logins import login_store
from fairlead.testing.server import Close, Received, Repeat, ScriptedServer, Step, respond

CANARY = "canary-81d3f"
CLIENT = OAuthClient("id.apps.example", Secret(f"GOCSPX-{CANARY}"))
TOKENS = {
    "access_token": f"ya29.{CANARY}",
    "refresh_token": f"1//{CANARY}",
    "expires_in": 3599,
    "token_type": "Bearer",
}


def says(body: object, status: int = 200) -> list[Step]:
    return respond(status, [("Content-Type", "application/json")], json.dumps(body).encode())


class Screen:
    """Standard output that a test can wait for; `shown` is all of it."""

    def __init__(self) -> None:
        self.shown = ""
        self._addresses: SimpleQueue[str] = SimpleQueue()

    def write(self, text: str) -> int:
        self.shown += text
        if "://" in text:
            self._addresses.put(text.strip())
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False

    def address(self) -> dict[str, str]:
        """The query of the address that was printed."""
        return dict(parse_qsl(urlsplit(self._addresses.get(timeout=10)).query))


class Bench:
    """A service on loopback, a store, and a person with a browser."""

    def __init__(self, store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.screen = Screen()
        self._monkeypatch = monkeypatch

    def sign_in(
        self, service: LoginService, browse: Callable[[dict[str, str]], None], client=CLIENT
    ) -> FairleadError | None:
        """Sign in with what `browse` does with the address's query; the error, if there was one."""
        failures: list[FairleadError] = []

        def run() -> None:
            try:
                with line(Settings()) as through:
                    sign_in(service, client, self.store, through, browser=False)
            except FairleadError as error:
                failures.append(error)

        # Here and not in a fixture: pytest sets the stream anew when a test begins.
        self._monkeypatch.setattr(sys, "stdout", self.screen)
        thread = Thread(target=run, daemon=True)
        thread.start()
        browse(self.screen.address())
        thread.join(20)
        assert not thread.is_alive()
        return failures[0] if failures else None


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(TokenStore(tmp_path / "tokens", place="file"), monkeypatch)


def google(server: ScriptedServer) -> LoginService:
    return replace(
        login_service("google"),
        authorize_url=f"{server.url}/auth",
        token_url=f"{server.url}/token",
        revoke_url=f"{server.url}/revoke",
    )


def visit(url: str, **parameters: str) -> int:
    """Follow the service's redirect, as a browser would."""
    from urllib.parse import urlencode

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{urlencode(parameters)}")
        return connection.getresponse().status
    finally:
        connection.close()


def approve(asked: dict[str, str]) -> None:
    assert visit(asked["redirect_uri"], code="4/x", state=asked["state"]) == 200


def test_google_signs_in_is_kept_and_signs_out(bench: Bench, capsys) -> None:
    with ScriptedServer(says(TOKENS), says({})) as server:
        service = google(server)
        assert bench.sign_in(service, approve) is None
        login = bench.store.read("google")
        assert login is not None
        assert login.access.reveal() == TOKENS["access_token"]
        assert login.client_secret == CLIENT.secret
        with line(Settings()) as through:
            assert sign_out(service, bench.store, through)
            assert not sign_out(service, bench.store, through)
    exchange, revocation = server.requests
    fields = dict(parse_qsl(exchange.body.decode()))
    assert fields["code"] == "4/x"
    assert len(fields["code_verifier"]) == 86
    assert dict(parse_qsl(revocation.body.decode())) == {"token": TOKENS["refresh_token"]}
    assert bench.store.names() == []
    assert CANARY not in bench.screen.shown + capsys.readouterr().err


def test_openrouter_gives_a_key(bench: Bench) -> None:
    with ScriptedServer(says({"key": f"sk-or-{CANARY}", "user_id": "user_7"})) as server:
        service = replace(login_service("openrouter"), token_url=f"{server.url}/keys")

        def browse(asked: dict[str, str]) -> None:
            assert visit(asked["callback_url"], code="x") == 200

        assert bench.sign_in(service, browse, OAuthClient()) is None
    login = bench.store.read("openrouter")
    assert login is not None
    assert (login.access.reveal(), login.account) == (f"sk-or-{CANARY}", "user_7")
    assert CANARY not in bench.screen.shown


@pytest.mark.parametrize(
    ("parameters", "says_so"),
    [
        ({"code": "4/x", "state": "of-another"}, "its state differs"),
        ({"code": "4/x"}, "its state differs"),
        ({"error": "access_denied", "state": "{state}"}, "access was denied"),
        ({"state": "{state}"}, "holds no code"),
    ],
)
def test_a_strange_redirect_signs_nobody_in_and_asks_nothing(
    bench: Bench, parameters: dict[str, str], says_so: str
) -> None:
    with ScriptedServer(says(TOKENS)) as server:

        def browse(asked: dict[str, str]) -> None:
            own = {name: text.format(state=asked["state"]) for name, text in parameters.items()}
            visit(asked["redirect_uri"], **own)

        error = bench.sign_in(google(server), browse)
    assert isinstance(error, MissingCredentials)
    assert says_so in str(error)
    assert server.requests == []
    assert bench.store.names() == []


def test_a_wrong_path_is_passed_over(bench: Bench) -> None:
    with ScriptedServer(says(TOKENS)) as server:

        def browse(asked: dict[str, str]) -> None:
            stray = asked["redirect_uri"].replace("/callback", "/favicon.ico")
            assert visit(stray, code="evil", state=asked["state"]) == 404
            approve(asked)

        assert bench.sign_in(google(server), browse) is None
    assert b"evil" not in server.requests[0].body


@pytest.mark.parametrize(
    "answer",
    [
        respond(500, [], b"<html>oops</html>"),
        respond(200, [("Content-Type", "text/html")], f"<html>{CANARY}</html>".encode()),
        says({"error": "invalid_grant", "error_description": CANARY}, 400),
        says(TOKENS | {"token_type": "mac"}),
        says({"access_token": [CANARY]}),
        respond(302, [("Location", f"https://evil.example/{CANARY}")]),
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Repeat(CANARY.encode() * 5000)],
        [f'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{{"access_token":"{CANARY}'.encode()],
        [CANARY.encode()],
    ],
)
def test_a_service_that_answers_nonsense_is_one_sentence_without_secrets(
    bench: Bench, answer: list[Step], capsys
) -> None:
    with ScriptedServer([*answer, Close()]) as server:
        error = bench.sign_in(google(server), approve)
    assert isinstance(error, FairleadError)
    assert CANARY not in str(error) + bench.screen.shown + capsys.readouterr().err
    assert "\n" not in str(error)
    assert bench.store.names() == []


def test_a_service_that_does_not_revoke_keeps_nobody_signed_in(bench: Bench, capsys) -> None:
    with ScriptedServer(says(TOKENS), says({"error": "invalid_token"}, 400)) as server:
        bench.sign_in(google(server), approve)
        with line(Settings()) as through:
            assert sign_out(google(server), bench.store, through)
    assert bench.store.names() == []
    assert "was not told; end the access itself at https://myaccount" in capsys.readouterr().err


class GitHub:
    """The device flow on loopback; `polls` are its answers in order, the last one for ever."""

    def __init__(self, *polls: object) -> None:
        self._polls = list(polls)

    def __call__(self, request: Received) -> list[Step]:
        if request.path == "/login/device/code":
            device = {"device_code": f"d-{CANARY}", "user_code": "WDJB-MJHT", "interval": 0.05}
            return says(device | {"verification_uri": "https://github.com/login/device"})
        if request.path == "/user":
            return says({"login": "ann"})
        return says(self._polls.pop(0) if len(self._polls) > 1 else self._polls[0])


PENDING = {"error": "authorization_pending"}
TOKEN = {"access_token": f"gho_{CANARY}", "token_type": "bearer"}


@pytest.fixture
def own_files(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("FAIRLEAD_TOKEN_STORE", "file")
    return lab


def github_words(server: ScriptedServer) -> tuple[str, ...]:
    return ("login", "github-copilot", "--host", server.url, "--client-id", "Ov23li")


def test_github_signs_in_with_a_code_and_whoami_and_logout_know_it(own_files: Lab) -> None:
    lab = own_files
    with ScriptedServer(GitHub(PENDING, PENDING, TOKEN)) as server:
        done = lab.run(*github_words(server))
        assert (done.exit_code, done.stdout) == (
            0,
            "WDJB-MJHT\nhttps://github.com/login/device\n",
        )
        assert "signed in to GitHub Copilot as ann" in done.stderr
        assert "not encrypted" in done.stderr
        listed = lab.run("whoami")
        assert listed.stdout == "github-copilot  ann  signed in (file)\n"
        assert json.loads(lab.run("whoami", "--json").stdout)[0]["account"] == "ann"
        out = lab.run("logout", "github-copilot")
        assert "end the access itself at" in out.stderr
        assert "signed out of GitHub Copilot" in out.stderr
    again = lab.run("logout", "github-copilot")
    assert again.stderr == "fairlead: nobody is signed in to GitHub Copilot\n"
    assert CANARY not in done.output + listed.output + out.output
    polls = [r for r in server.requests if r.path == "/login/oauth/access_token"]
    assert len(polls) == 3


@pytest.mark.parametrize(
    ("answer", "exit_code", "says_so"),
    [
        ({"error": "access_denied"}, 3, "access was denied"),
        ({"error": "expired_token"}, 3, "the code has expired"),
        ({"error": "incorrect_client_credentials"}, 2, "check its id"),
        ({"hello": CANARY}, 6, "something else than a token"),
    ],
)
def test_a_login_that_fails_is_one_sentence_and_an_exit_code(
    own_files: Lab, answer: object, exit_code: int, says_so: str
) -> None:
    with ScriptedServer(GitHub(PENDING, answer)) as server:
        done = own_files.run(*github_words(server))
    assert done.exit_code == exit_code
    assert says_so in done.stderr.splitlines()[-1]
    assert CANARY not in done.output
    assert own_files.run("whoami").stdout == ""


def test_nobody_is_signed_in(own_files: Lab) -> None:
    done = own_files.run("whoami")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "nobody is signed in; run fairlead login" in done.stderr
    assert json.loads(own_files.run("whoami", "--json").stdout) == []
    asked = own_files.run("whoami", "google")
    assert asked.exit_code == 3


def test_a_login_that_cannot_be_read_is_shown_as_such_and_can_be_ended(own_files: Lab) -> None:
    path = login_store(Environment(os.environ)).path_of("openrouter")
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_bytes(b"nonsense")
    path.chmod(0o600)
    assert "broken" in own_files.run("whoami").stdout
    assert own_files.run("logout", "openrouter").exit_code == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "says_so"),
    [
        (("google",), "FAIRLEAD_GOOGLE_CLIENT_ID"),
        (("google", "--client-file", "/no/such.json"), "cannot be read"),
        (("google", "--host", "evil.example"), "leave the host out"),
        (("google", "--client-id", "a b"), "copy it again"),
        (("github-copilot",), "Enable Device Flow"),
        (("github-copilot", "--host", "http://evil.example", "--client-id", "x"), "plain http"),
        (("nope",), "is not one of"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(
    nothing_sent, words: tuple[str, ...], says_so: str
) -> None:
    done = nothing_sent("login", *words)
    assert done.exit_code in (2, 3)
    assert says_so in done.stderr


def test_the_client_of_the_settings_is_used(own_files: Lab) -> None:
    with ScriptedServer(GitHub(TOKEN)) as server:
        own_files.configure(
            f'[logins.github-copilot]\nclient_id = "from-settings"\nhost = "{server.url}"\n'
        )
        assert own_files.run("login", "github-copilot").exit_code == 0
    assert b"client_id=from-settings" in server.requests[0].body


@pytest.mark.parametrize("service", ["openrouter", "github-copilot"])
def test_an_interrupt_ends_a_login_without_a_trace(own_files: Lab, service: str) -> None:
    with ScriptedServer(GitHub(PENDING)) as server:
        words = github_words(server) if service == "github-copilot" else ("login", service)
        with subprocess.Popen(
            own_files.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            while b"https://" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert own_files.run("whoami").stdout == ""


@terminals
def test_on_a_terminal_the_browser_is_opened_and_the_time_runs(
    own_files: Lab, tmp_path: Path
) -> None:
    pipe, script = tmp_path / "pipe", tmp_path / "browser"
    os.mkfifo(pipe)
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {pipe}\n')
    script.chmod(0o700)
    terminal = Terminal(
        own_files.command("login", "openrouter"), own_files.folder, BROWSER=f"{script} %s"
    )
    try:
        opened = pipe.read_text()
        assert opened.startswith("https://openrouter.ai/auth?callback_url=")
        terminal.until(opened)
        terminal.until("a browser is being opened")
        terminal.until("left")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(20) == 130
        assert terminal.rest().endswith("\r\x1b[2K")
    finally:
        terminal.close()
