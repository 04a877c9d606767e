from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.cli.conftest import DONE, KEY, SETTINGS, Lab, chunk, streamed, whole

from fairlead.testing.server import Pause, respond, stream

posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")
ENDLESS = [chunk({"content": "again and again "})] * 200


def started(lab: Lab, *words: str, **streams: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        lab.command(*words), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=lab.folder,
        **streams,
    )  # fmt: skip


@posix
def test_an_interrupt_ends_with_130_and_what_had_come(lab: Lab):
    steps = iter(stream([chunk({"content": "half"}), chunk({"content": " more"}), DONE]))
    lab.answers([next(steps), next(steps), Pause(60.0), *steps])
    with started(lab, "Hi", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.read(4)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert first + rest == b"half\n"
    assert errors == b""
    assert process.returncode == 130


@posix
def test_an_interrupt_before_the_answer_is_quiet_too(lab: Lab):
    server = lab.answers([Pause(60.0)])
    with started(lab, "Hi", stdout=subprocess.PIPE) as process:
        while not server.requests and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (output, errors, process.returncode) == (b"", b"", 130)


@posix
def test_a_reader_that_goes_away_ends_it_quietly(lab: Lab):
    server = lab.answers(stream(ENDLESS, pause=0.01))
    with started(lab, "Hi", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(5)
        process.stdout.close()
        errors = process.stderr.read() if process.stderr else b""
        assert process.wait(20) == 141
    assert errors == b""
    assert server.requests != []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_one_line(lab: Lab):
    lab.answers(streamed("ok"))
    with open("/dev/full", "wb") as full, started(lab, "Hi", stdout=full) as process:  # noqa: PTH123
        errors = process.stderr.read() if process.stderr else b""
        assert process.wait(20) == 1
    assert errors == b"fairlead: No space left on device; make room or choose another place\n"


@posix
@pytest.mark.parametrize("words", ["Hi", "chat"])
def test_an_answer_that_nobody_could_read_is_not_asked_for(lab: Lab, words: str):
    server = lab.answers(streamed("ok"))
    script = f'exec "$0" -m fairlead {words} >&-'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], input=b"Hi\n", capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert b"standard output is closed" in done.stderr
    assert done.returncode == 2
    assert server.requests == []


def test_a_traceback_comes_only_when_asked_for_and_without_keys(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    lab.answers(whole("ok"))
    words = ("Hi", "-o", "max_tokens", "-1")
    assert "Traceback" not in lab.run(*words).stderr
    monkeypatch.setenv("FAIRLEAD_DEBUG", "1")
    result = lab.run(*words)
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("fairlead: ")
    assert KEY not in result.output


@posix
@pytest.mark.parametrize(
    "moment",
    [
        "sys.meta_path.insert(0, Loading())",
        "atexit.register(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60)))",
    ],
    ids=["loading", "leaving"],
)
def test_an_interrupt_outside_of_the_run_shows_no_traceback(moment: str):
    code = (
        "import atexit, os, signal, sys, time\n"
        "class Loading:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click': os.kill(os.getpid(), signal.SIGINT)\n"
        f"{moment}\n"
        "from fairlead.cli import main\n"
        "sys.argv = ['fairlead', '--version']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=50,
        check=False,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == (b"", -signal.SIGINT)


@posix
def test_an_interrupt_that_is_ignored_stays_ignored():
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from fairlead.cli import main\n"
        "sys.argv = ['fairlead', '--version']\n"
        "try: main()\n"
        "finally: print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=50,
        check=False,
    )  # fmt: skip
    assert done.stdout.endswith(b"True\n")


def test_an_interrupt_that_python_wraps_is_one_all_the_same(capsys: pytest.CaptureFixture[str]):
    from fairlead.cli.failures import exit_code_of

    def run() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    assert exit_code_of(run) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_full_standard_error_does_not_take_the_answer_away(lab: Lab):
    lab.answers(streamed("ok"))
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            lab.command("Hi", "-u"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=full,
            cwd=lab.folder, timeout=60, check=False,
        )  # fmt: skip
    assert done.stdout == b"ok\n"
    assert done.returncode == 0


def test_a_fault_of_our_own_is_one_line_too(capsys: pytest.CaptureFixture[str]):
    from fairlead.cli.failures import exit_code_of

    def run() -> None:
        raise ZeroDivisionError("of our own")

    assert exit_code_of(run) == 1
    errors = capsys.readouterr().err
    assert "ZeroDivisionError: of our own" in errors
    assert errors.count("\n") == 1


def test_usage_errors_name_the_help_of_the_command(lab: Lab):
    assert lab.run("local", "remov").stderr.endswith("(see fairlead local --help)\n")


def test_an_option_of_the_call_is_no_flag_and_the_way_to_give_it_is_told(lab: Lab):
    for command in ((), ("chat",)):
        result = lab.run(*command, "--max-tokens", "5", *(("hi",) if not command else ()))
        assert result.exit_code == 2
        assert "no such option '--max-tokens'" in result.stderr
        assert "(write -o max_tokens VALUE)" in result.stderr
    assert "(see fairlead config show --help)" in lab.run("config", "show", "--seed").stderr


def test_a_proxy_that_is_not_heeded_is_told_where_no_connection_stands(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    lab.configure(SETTINGS.format(url="http://127.0.0.1:1"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:{KEY}@proxy.example")
    result = lab.run("Hi")
    assert result.exit_code == 6
    assert "the environment's proxy is ignored: HTTPS_PROXY; to use it, set" in result.stderr
    assert KEY not in result.stderr


def test_a_model_that_is_not_there_names_the_command_that_lists_them(lab: Lab):
    lab.answers(respond(404, [], b'{"error": {"message": "no such model"}}'))
    result = lab.run("Hi")
    assert result.stderr.endswith("; fairlead models lab lists those that it has\n")


def test_it_is_told_how_many_attempts_there_were(lab: Lab):
    json = ("Content-Type", "application/json")
    refused = respond(503, (json, ("Retry-After", "0")), b'{"error":{"message":"busy"}}')
    lab.answers(refused, refused)
    once = lab.config.read_text(encoding="utf-8").replace("max_retries = 0", "max_retries = 1")
    lab.configure(once)
    assert "gave up after 2 attempts" in lab.run("Hi").stderr
