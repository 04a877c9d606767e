"""A provider on loopback that says what a test wants, and the command line that asks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fairlead.cli.program import program
from fairlead.testing.server import Answer, ScriptedServer, Step, respond, stream

KEY = "sk-canary-3f9a71c05e"
SETTINGS = """
model = "lab/m1"

[providers.lab]
base_url = "{url}/v1"
key_env = "LAB_KEY"

[retry]
max_retries = 0
"""


def chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    """One event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c1", "object": "chat.completion.chunk", "model": "m1", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


USAGE = (
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"m1","choices":[],"usage":'
    b'{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}\n\n'
)
DONE = b"data: [DONE]\n\n"


def streamed(*texts: str, finish: str = "stop") -> list[Step]:
    """A streamed answer in pieces of text."""
    pieces = [chunk({"content": text}) for text in texts]
    return list(stream([*pieces, chunk({}, finish), USAGE, DONE]))


def whole(text: str) -> list[Step]:
    """The same, not streamed."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    body = {"id": "c1", "object": "chat.completion", "model": "m1", "choices": [choice]}
    return respond(
        200, [("Content-Type", "application/json")], json.dumps(body | {"usage": usage}).encode()
    )


def called(name: str, arguments: str = "{}", *, text: str = "") -> list[Step]:
    """A streamed answer that calls a tool, after some text."""
    function = {"name": name, "arguments": arguments}
    call = {"index": 0, "id": f"call_{name}", "type": "function", "function": function}
    pieces = [chunk({"content": text})] if text else []
    pieces += [chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), USAGE, DONE]
    return list(stream(pieces))


def answered(value: object) -> list[Step]:
    """An answer in JSON."""
    return respond(200, [("Content-Type", "application/json")], json.dumps(value).encode())


def sent(server: ScriptedServer) -> dict[str, object]:
    """The body of the only request."""
    assert len(server.requests) == 1
    body: dict[str, object] = json.loads(server.requests[0].body)
    return body


class Lab:
    """The provider `lab` in the user's settings, and runs of the command line."""

    def __init__(self, folder: Path, config: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.config = config / "fairlead" / "fairlead.toml"
        self._stack = stack

    def answers(self, *answers: Answer) -> ScriptedServer:
        """Start the provider, and write it into the settings."""
        server = self._stack.enter_context(ScriptedServer(*answers))
        self.configure(SETTINGS.format(url=server.url))
        return server

    def configure(self, text: str) -> None:
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(text, encoding="utf-8")

    def run(self, *words: str, stdin: str | bytes = "") -> Result:
        """Run in this process."""
        return CliRunner().invoke(program, words, input=stdin)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "fairlead", *words]

    def process(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run in a process of its own, where no terminal can be reached."""
        return subprocess.run(
            self.command(*words), input=stdin, capture_output=True, cwd=self.folder, timeout=60,
            check=False, start_new_session=True,
        )  # fmt: skip


terminals = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


_CONTROLLED = (
    "import fcntl, os, sys, termios; fcntl.ioctl(2, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Has the terminal behind standard error be that of the process, as a shell does."""


class Terminal:
    """A person at a pseudo-terminal; with `piped`, standard input is that text instead."""

    def __init__(
        self, command: list[str], folder: Path, *, piped: bytes | None = None, **variables: str
    ) -> None:
        self._master, slave = os.openpty()
        environment = os.environ | {"TERM": "xterm"} | variables
        if piped is not None:
            command = [sys.executable, "-c", _CONTROLLED, *command]
        self.process = subprocess.Popen(
            command, stdin=slave if piped is None else subprocess.PIPE, stdout=slave,
            stderr=slave, cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        if self.process.stdin is not None:
            with self.process.stdin as stdin:
                stdin.write(piped or b"")
        self.seen = ""

    def until(self, text: str) -> None:
        """Read until `text` is on the screen; it is forgotten then."""
        end = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not come; there is {self.seen!r}"
            self.seen += os.read(self._master, 65536).decode()
        self.seen = self.seen.partition(text)[2]

    def rest(self) -> str:
        """All that is still shown until the end."""
        try:
            while data := os.read(self._master, 65536):
                self.seen += data.decode()
        except OSError:  # how Linux says that nobody is left at the other end
            pass
        return self.seen

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("LAB_KEY", KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with ExitStack() as stack:
        yield Lab(folder, Path(os.environ["XDG_CONFIG_HOME"]), stack)


@pytest.fixture
def nothing_sent(lab: Lab) -> Iterator[Callable[..., Result]]:
    """Runs that must fail before anything is sent: exactly one line says why."""
    server = lab.answers(whole("sent all the same"))

    def run(*words: str, stdin: str | bytes = "") -> Result:
        result = lab.run(*words, stdin=stdin)
        assert result.stdout == ""
        assert result.stderr.startswith("fairlead: ")
        assert result.stderr.count("\n") == 1
        assert KEY not in result.output
        return result

    yield run
    assert server.requests == []
