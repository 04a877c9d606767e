"""`fairlead stats`, from the log that the command line keeps."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from tests.cli.conftest import KEY, streamed, whole

from fairlead.telemetry.journal import Entry
from fairlead.testing.server import respond
from fairlead.types.receipts import Attempt, Timings
from fairlead.types.usage import Usage


def journal() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "fairlead" / "log" / "calls.jsonl"


def write(*entries: Entry) -> None:
    journal().parent.mkdir(parents=True, mode=0o700)
    journal().write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))


def entry(target: str, began: float = 0.0, ended: str = "ok", first_byte: float = 2.0) -> Entry:
    timings = Timings(0.0, 0.1, first_byte, first_byte, first_byte + 0.5)
    attempt = Attempt(target, 200, timings=timings)
    usage = Usage(input=1000, output=50)
    return Entry(began, "chat", target, first_byte + 0.5, ended, attempts=(attempt,), usage=usage)


def test_calls_of_the_command_line_are_counted(lab) -> None:
    lab.answers(streamed("one"), whole("two"))
    lab.run("first question")
    lab.run("--no-stream", "second question")

    result = lab.run("stats")

    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.startswith("lab/m1"))
    assert line.split()[:4] == ["lab/m1", "2", "0", "2"]
    assert "lab/m1  first_byte" in result.stdout
    assert "of the time goes into" in result.stdout


def test_failures_are_told_by_name(lab) -> None:
    lab.answers(respond(401, (), b"{}"))
    lab.run("question")

    result = lab.run("stats")

    assert "lab/m1 failed: 1 AuthenticationError" in result.stdout


def test_the_log_holds_neither_words_nor_keys(lab) -> None:
    lab.answers(streamed("quite an answer"), respond(400, (), KEY.encode()))
    lab.run("quite a question")
    lab.run("quite a question")

    text = journal().read_text()
    assert len(text.splitlines()) == 2
    assert "quite" not in text
    assert KEY not in text


@pytest.mark.parametrize("how", ["variable", "long variable", "settings"])
def test_the_log_can_be_turned_off(lab, monkeypatch, how) -> None:
    server = lab.answers(streamed("one"))
    if how == "variable":
        monkeypatch.setenv("FAIRLEAD_LOG", "off")
    elif how == "long variable":
        monkeypatch.setenv("FAIRLEAD_LOG_KEEP", "false")
    else:
        lab.configure(lab.config.read_text() + "\n[log]\nkeep = false\n")

    assert lab.run("question").exit_code == 0

    assert len(server.requests) == 1
    assert not journal().exists()
    assert "the log is off" in lab.run("stats").stderr


def test_a_wrong_switch_is_refused(lab, monkeypatch) -> None:
    monkeypatch.setenv("FAIRLEAD_LOG", "maybe")

    result = lab.run("stats")

    assert result.exit_code == 2
    assert "FAIRLEAD_LOG_KEEP: must be true or false" in result.stderr


def test_a_table_tells_percentiles_phases_and_the_bottleneck(lab) -> None:
    write(*[entry("a/m", number, first_byte=1 + number / 10) for number in range(10)])

    result = lab.run("stats")

    assert result.stdout.splitlines()[0].split()[:4] == ["target", "calls", "failed", "attempts"]
    assert "10,000" in result.stdout
    assert "waiting for the provider to begin; shorten or cache the prompt" in result.stdout
    assert "at most 3 under way at once" in result.stdout


def test_one_target_or_provider_can_be_asked_for(lab) -> None:
    write(entry("a/m"), entry("a/n"), entry("ab/m"))

    assert _targets(lab.run("stats", "--json")) == ["a/m", "a/n", "ab/m"]
    assert _targets(lab.run("stats", "--json", "a")) == ["a/m", "a/n"]
    assert _targets(lab.run("stats", "--json", "a/n")) == ["a/n"]


def test_only_the_last_days_can_be_asked_for(lab) -> None:
    import time

    write(entry("a/old", time.time() - 5 * 86_400), entry("a/new", time.time() - 3600))

    assert _targets(lab.run("stats", "--json", "--days", "2")) == ["a/new"]


def test_json_has_all_figures(lab) -> None:
    write(entry("a/m"), entry("a/m", ended="ReadTimeout"))

    (found,) = json.loads(lab.run("stats", "--json").stdout)["targets"]

    assert found["ended"] == {"ok": 1, "ReadTimeout": 1}
    assert found["seconds"]["count"] == 2
    assert found["phases"]["first_byte"]["p50"] == pytest.approx(1.9, rel=0.04)


def test_an_empty_log_is_told(lab) -> None:
    result = lab.run("stats")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "no such call is in" in result.stderr


def test_a_target_with_escape_sequences_shows_unharmed(lab) -> None:
    write(entry("a/\x1b[31mred\x1b]52;c;x\x07"))

    assert "\x1b" not in lab.run("stats").stdout
    assert "\x1b" not in lab.run("stats", "--json").stdout


def _targets(result) -> list[str]:
    return [found["target"] for found in json.loads(result.stdout)["targets"]]
