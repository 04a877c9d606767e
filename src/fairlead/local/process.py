"""One child process: spawn it, greet it, watch it, hear its last words, end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import IO

from msgspec import Struct

from fairlead.errors import LocalModelError

STOP_SECONDS = 2.0
LAST_WORDS_BYTES = 8192
_GLANCE_SECONDS = 0.2
"""An interrupt that lands just before a sleep is noticed after it; before `waitpid`, never."""
PROGRAM = Path(__file__).with_name("child.py")


class Endpoint(Struct, frozen=True):
    """Where a local model answers: `http://127.0.0.1:<port>` without a path, and its bearer key."""

    base_url: str
    key: str

    def __repr__(self) -> str:
        return f"Endpoint(base_url={self.base_url!r}, key='***')"


class ModelProcess:
    """A running child. Made by `spawn`; `stop` must be called, or the parent end, to end it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._last_words = bytearray()
        self._listener = Thread(target=self._listen, name="fairlead-local-stderr", daemon=True)
        self._listener.start()
        self.endpoint = Endpoint("", "")
        self.too_slow = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        """Block until the child ends; its exit status, negative for a signal."""
        while (status := self._process.poll()) is None:
            time.sleep(_GLANCE_SECONDS)
        return status

    def stop(self) -> None:
        """End the child and free its pipes. Safe to call twice."""
        if self.alive():
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._listener.join(STOP_SECONDS)
        self._close_pipes()

    def forget(self) -> None:
        """Let go of a child that belongs to the process we were forked from."""
        # It is not our child, so it can neither be waited for nor be called a leak.
        self._process.returncode = 0
        self._close_pipes()

    def last_words(self) -> str:
        """The last line that an ended child wrote to its standard error, or its exit status."""
        # Its pipes close a moment before it has ended.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._listener.join(STOP_SECONDS)
        lines = self._last_words.decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:300] if said else f"exit status {self._process.poll()}"

    def greet(self, settings: Mapping[str, object], patience: float) -> dict[str, str]:
        """Send the settings, and return the child's one reply; empty where it died before it.

        A child that takes longer than `patience` seconds is killed, and marked as `too_slow`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        alarm = Timer(patience, self._give_up)
        alarm.daemon = True
        alarm.start()
        try:
            self._process.stdin.write(json.dumps(settings).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            alarm.cancel()
        reply: dict[str, str] = json.loads(line) if line.endswith(b"\n") else {}
        return reply

    def _give_up(self) -> None:
        self.too_slow = True
        self._process.kill()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        while data := _read(self._process.stderr):
            self._last_words += data
            del self._last_words[:-LAST_WORDS_BYTES]

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _read(pipe: IO[bytes]) -> bytes:
    try:
        return os.read(pipe.fileno(), 4096)
    except (OSError, ValueError):
        return b""


def spawn() -> ModelProcess:
    """Start the child program, which waits for its settings. Raises `LocalModelError`."""
    # -P keeps this folder off the child's path. Its own session keeps a Ctrl-C meant for the
    # parent from ending the model.
    command = [sys.executable or "python3", "-P", str(PROGRAM)]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
        )
    except OSError as error:
        raise LocalModelError(
            f"cannot start a Python process for the local model ({error.strerror}); "
            "run fairlead with an ordinary Python interpreter"
        ) from error
    return ModelProcess(process)
