"""`fairlead replay`: a table of what is on a tape, and a provider that answers from it."""

from __future__ import annotations

import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.tapes.test_notation import EXAMPLE

from fairlead.tapes.folder import TapeFolder

BODY = b'{"model":"m"}'


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    TapeFolder(tmp_path / "tape").add(1, EXAMPLE)
    return tmp_path / "tape"


def test_it_shows_what_is_on_a_tape(lab, tape) -> None:
    result = lab.run("replay", str(tape))

    assert result.exit_code == 0
    heading, row = (line.split() for line in result.stdout.splitlines())
    assert heading == ["request", "status", "seconds", "bytes", "pieces", "end"]
    assert row[:3] == ["1", "POST", "https://api.example.com/v1/x"]
    assert row[3:] == ["200", "0.750", "9", "1", "complete"]


def test_it_serves_a_tape_until_it_is_interrupted(lab, tape) -> None:
    command = lab.command(
        "replay", str(tape), "--serve", "--speed", "0", "--fault", "429=7", "--first", "1"
    )
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/v1/x", BODY, timeout=10)
        caught.value.close()
        with urllib.request.urlopen(f"{url}/v1/x", BODY, timeout=10) as answer:
            body = answer.read()
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=20)

    assert (caught.value.code, caught.value.headers["Retry-After"]) == (429, "7")
    assert body == b"data: 1\n\n"
    assert process.returncode == 130
    assert (said, rest) == ("fairlead: 1 exchange for /v1/x; Ctrl-C ends it\n", "")


@pytest.mark.parametrize(
    "fault",
    [
        "cut",
        "cut=3",
        "reset=3",
        "stall",
        "slow=9",
        "slice=2",
        "late=1",
        "duplicate",
        "429",
        "error",
    ],
)
def test_every_fault_has_a_word(lab, tape, fault) -> None:
    assert lab.run("replay", str(tape), "--fault", fault).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fault", "fire"), "there is no fault 'fire'; it is one of cut, reset, stall"),
        (("--fault", "cut=x"), "the figure of --fault cut=x must be a number"),
        (("--fault", "slow=0"), "the figure of --fault slow=0 must be a number"),
        (("--fault", "cut=-1"), "the figure of --fault cut=-1 must be a number"),
        (("--speed", "-1"), "speed must be a number of 0 or above"),
    ],
)
def test_wrong_use_is_told(lab, tape, words, said) -> None:
    result = lab.run("replay", str(tape), *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_tape_that_is_not_there_is_told(lab, tmp_path) -> None:
    result = lab.run("replay", str(tmp_path / "none"))

    assert result.exit_code == 2
    assert "there is no tape at" in result.stderr
