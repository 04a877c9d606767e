"""A login that has ended, wanted by many at once: the service is asked once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from fairlead.auth.login import Login
from fairlead.auth.login_providers import login_service
from fairlead.auth.login_source import LoginSource
from fairlead.auth.secret import Secret
from fairlead.engine.flows import run_flow
from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.keys.token_store import TokenStore
from fairlead.testing.server import Pause, Received, ScriptedServer, Step, respond
from fairlead.transports.curl import BlockingCurlTransport

PROGRAM = """
import sys
from tests.keys.test_many_at_once import renewed
print("ready", flush=True)
sys.stdin.readline()
print(renewed(sys.argv[1], sys.argv[2]))
"""


def renewed(folder: str, url: str) -> str:
    """The access token that a renewal leads to."""
    service = replace(login_service("google"), token_url=f"{url}/token")
    source = LoginSource(service, TokenStore(Path(folder), place="file"))
    renewal = source.renewal(time.time())
    assert renewal is not None
    transport = BlockingCurlTransport()
    drive(run_flow(renewal.flow(), transport=transport, runtime=BlockingRuntime()))
    drive(transport.aclose())
    found = source.read()
    assert found is not None
    return found.reveal()


def ended(folder: Path) -> None:
    now = time.time()
    login = Login(
        service="google", access=Secret("old"), refresh=Secret("once-only"),
        obtained_at=now - 7200, expires_at=now - 3600, client_id="id",
    )  # fmt: skip
    TokenStore(folder, place="file").write("google", login)


def slowly(request: Received) -> list[Step]:
    """A refresh token that is good for one use, and a service that takes its time."""
    body = b'{"access_token":"new","refresh_token":"next","expires_in":3600}'
    if b"once-only" not in request.body:
        body = b'{"error":"invalid_grant"}'
    return [Pause(0.2), *respond(200, [("Content-Type", "application/json")], body)]


@pytest.mark.fault("P9", "one renewal for all, and all go on with it")
def test_several_processes_ask_once(tmp_path: Path) -> None:
    ended(tmp_path / "tokens")
    root = Path(__file__).resolve().parents[2]
    with ScriptedServer(slowly) as server:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "tokens"), server.url]
        processes = [
            subprocess.Popen(
                command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [process.communicate(timeout=30)[0] for process in processes]
    assert results == ["new\n"] * 3
    assert len(server.requests) == 1
    kept = TokenStore(tmp_path / "tokens").read("google")
    assert kept is not None
    assert kept.refresh == Secret("next")


def test_several_threads_ask_once(tmp_path: Path) -> None:
    ended(tmp_path / "tokens")
    results: list[str] = []
    with ScriptedServer(slowly) as server:
        ask = lambda: results.append(renewed(str(tmp_path / "tokens"), server.url))  # noqa: E731
        threads = [Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == ["new"] * 5
    assert len(server.requests) == 1
