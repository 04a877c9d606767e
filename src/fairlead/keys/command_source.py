"""A key that a command prints, such as `op read op://vault/item/key`. No shell is involved."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Thread, Timer

from fairlead.auth.secret import MAX_LENGTH, Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.errors import ConfigError

TIMEOUT_SECONDS = 10.0


def command_source(command: str | Sequence[str], *, timeout: float = TIMEOUT_SECONDS) -> SlowSource:
    """The first line that `command` prints; a string is split as a shell would split it.

    Raises `ConfigError` for a command that is empty or has an open quote.
    """
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError:
        raise ConfigError("key_command has a quote that is not closed; close it") from None
    if not words or not words[0]:
        raise ConfigError("key_command is empty; name a program, or take it out")
    # The arguments may tell where the key is kept; the program's name tells enough.
    name = f"command {words[0]}"
    return SlowSource(name, lambda: _read(words, name, timeout))


def _read(words: list[str], name: str, timeout: float) -> Secret:
    line = _first_line(words, name, timeout)
    try:
        return Secret(line, what=f"what the {name} printed")
    finally:
        del line


def _first_line(words: list[str], name: str, timeout: float) -> str:
    """The first line of the output, of which no error shows anything."""
    output, status = _output(words, name, timeout)
    line = output.removesuffix(b"\n").removesuffix(b"\r").decode("ascii", "replace")
    del output
    if status == 0 and line:
        return line
    del line
    problem = f"ended with status {status}" if status else "printed no key on its first line"
    raise ConfigError(f"the {name} {problem}; run it in a terminal to see why")


def _output(words: list[str], name: str, timeout: float) -> tuple[bytes, int]:
    """The first line that the command prints, as much as a key may be long, and its exit status.

    What it leaves running, such as an agent, may hold the pipe open: nothing waits for its end.
    """
    process = _start(words, name)
    lines: SimpleQueue[bytes] = SimpleQueue()
    late, long = Event(), Event()
    alarm = Timer(timeout, _too_late, (process, late, lines))
    alarm.daemon = True
    alarm.start()
    reader = Thread(target=_pass_on, args=(process, lines, long), daemon=True)
    reader.start()
    try:
        output = lines.get()
        status = process.wait()
    finally:
        alarm.cancel()
        _kill(process)
    if late.is_set():
        del output
        raise ConfigError(
            f"the {name} took longer than {timeout:g} s; does it wait for a password or a prompt?"
        )
    return output, 0 if long.is_set() else status


def _pass_on(process: subprocess.Popen[bytes], lines: SimpleQueue[bytes], long: Event) -> None:
    """Hand over the first line, and read on, so that the command can end."""
    assert process.stdout is not None
    with process.stdout as pipe:
        line = pipe.readline(MAX_LENGTH + 2)
        lines.put(line)
        if len(line) > MAX_LENGTH or len(pipe.read(MAX_LENGTH)) == MAX_LENGTH:
            long.set()  # it may never end
            _kill(process)


def _start(words: list[str], name: str) -> subprocess.Popen[bytes]:
    try:
        # A group of its own, so that its children end with it, in the same session: password
        # managers remember which session they have let in.
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=None if sys.platform == "win32" else 0,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its words hold a null character"
    raise ConfigError(f"the {name} cannot be started: {reason}; give its whole path")


def _too_late(process: subprocess.Popen[bytes], late: Event, lines: SimpleQueue[bytes]) -> None:
    late.set()
    _kill(process)
    lines.put(b"")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
