"""A key that a program prints: the first line, soon, and in no error."""

from __future__ import annotations

import sys
import time

import pytest
from tests.auth.dialogue import play, shown
from tests.timing import prompt

from fairlead.auth.secret import Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.errors import ConfigError
from fairlead.keys.command_source import command_source

CANARY = "sk-canary-91f0"


def python(code: str, *, timeout: float = 10.0) -> SlowSource:
    return command_source([sys.executable, "-c", code], timeout=timeout)


def read(source: SlowSource) -> Secret | None:
    renewal = source.renewal(0.0)
    assert renewal is not None
    play(renewal.flow())
    return source.read()


@pytest.mark.parametrize("end", ["", "\\n", "\\r\\n", "\\nmore\\n"])
def test_the_first_line_is_the_key(end: str) -> None:
    key = read(python(f"import sys; sys.stdout.write('{CANARY}{end}')"))
    assert key is not None
    assert key.reveal() == CANARY


def test_a_string_is_split_as_a_shell_would_but_no_shell_runs_it() -> None:
    source = command_source(f"{sys.executable} -c 'print(\"a;b$HOME`x`\")'")
    assert source.name == f"command {sys.executable}"
    key = read(source)
    assert key is not None
    assert key.reveal() == "a;b$HOME`x`"


@pytest.mark.parametrize(
    ("code", "says_so"),
    [
        (f"print('{CANARY}'); raise SystemExit(3)", "ended with status 3"),
        (f"import sys; print('{CANARY}', file=sys.stderr); sys.exit(1)", "ended with status 1"),
        (f"print(); print('{CANARY}')", "printed no key on its first line"),
        ("pass", "printed no key on its first line"),
        (f"print('{CANARY} ' )", "begins or ends with a space"),
        (f"print('{CANARY}\\x1b')", "control character"),
        (f"print('{CANARY}' * 10000)", "is longer than"),
    ],
)
def test_whatever_goes_wrong_no_error_shows_what_was_printed(code: str, says_so: str) -> None:
    with pytest.raises(ConfigError, match=says_so) as caught:
        read(python(code))
    # The command itself is the user's own; what it printed is in no frame and no sentence.
    assert CANARY not in shown(caught.value).replace(code, "").replace(repr(code)[1:-1], "")


def test_a_command_that_never_ends_is_ended_with_its_children() -> None:
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "time.sleep(60)"
    )
    for watch in prompt(10.0):
        with watch, pytest.raises(ConfigError, match=r"took longer than 0\.5 s"):
            read(python(code, timeout=0.5))


def test_a_command_that_prints_for_ever_is_cut_off() -> None:
    for watch in prompt(8.0):
        with watch, pytest.raises(ConfigError, match="is longer than"):
            read(python("while True: print('a' * 65536)"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs sessions")
def test_what_a_command_leaves_running_holds_nobody_up() -> None:
    agent = "import time; time.sleep(40)"
    code = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {agent!r}], start_new_session=True)\n"
        f"print('{CANARY}')"
    )
    begin = time.monotonic()
    key = read(python(code))
    assert key is not None
    assert key.reveal() == CANARY
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize(
    ("command", "says_so"),
    [("", "is empty"), ([], "is empty"), ([""], "is empty"), ("op 'read", "not closed")],
)
def test_a_command_that_is_none_is_refused_at_once(command, says_so: str) -> None:
    with pytest.raises(ConfigError, match=says_so):
        command_source(command)


@pytest.mark.parametrize("command", [["/no/such/program"], ["a\0b"]])
def test_a_program_that_cannot_be_started_is_one_sentence(command: list[str]) -> None:
    with pytest.raises(ConfigError, match="cannot be started"):
        read(command_source(command))
