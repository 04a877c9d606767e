"""The commands around the local model; with its weights at hand, the real one answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import Lab

from fairlead.local.native import runtime_problem
from fairlead.local.weights import status

needs_model = pytest.mark.skipif(
    runtime_problem() is not None or not status().installed,
    reason="the local model is not set up (make run)",
)
BRIEF = ("-o", "max_tokens", "12", "-o", "temperature", "0", "-s", "Answer in one word.")


@needs_model
def test_the_local_model_answers_without_a_key_and_is_named_once(lab: Lab):
    done = lab.process("Name a colour.", *BRIEF, "-u")
    assert done.returncode == 0
    assert done.stdout.strip()
    notice, usage = done.stderr.decode().splitlines()
    assert "no model is chosen, so local/smollm2 answers" in notice
    assert usage.endswith("local/smollm2")


@needs_model
def test_it_holds_a_conversation(lab: Lab):
    done = lab.process("chat", "-m", "local/smollm2", *BRIEF, stdin=b"Name a colour.\nAnother.\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) >= 2


@needs_model
def test_streamed_and_whole_answers_agree(lab: Lab):
    words = ("Count to three.", "-m", "local/smollm2", *BRIEF, "-o", "seed", "1", "--json")
    streamed = json.loads(lab.run(*words).stdout)
    whole = json.loads(lab.run(*words, "--no-stream").stdout)
    assert streamed["text"] == whole["text"]
    assert streamed["usage"]["output_tokens"] == whole["usage"]["output_tokens"]


@needs_model
def test_an_answer_in_json_follows_its_schema(lab: Lab):
    schema = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}'
    done = lab.run(
        "What is 2 + 2?", "-m", "local/smollm2", "--schema", schema, "-o", "max_tokens", "40"
    )
    assert isinstance(json.loads(done.stdout)["n"], int)


@needs_model
def test_a_prompt_over_its_context_window_is_one_line(lab: Lab):
    done = lab.run("-m", "local/smollm2", stdin="word " * 40_000)
    assert (done.exit_code, done.stdout) == (6, "")
    assert done.stderr.count("\n") == 1
    assert "context" in done.stderr


@needs_model
@pytest.mark.skipif(os.name != "posix", reason="interrupts of POSIX")
def test_it_is_served_to_others_until_an_interrupt(lab: Lab):
    with subprocess.Popen(
        lab.command("local", "serve", "--port", "0"), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        lab.configure(f'[providers.lab]\nbase_url = "{address}"\n')
        answer = lab.run("Name a colour.", "-m", "lab/smollm2", *BRIEF)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert answer.exit_code == 0
    assert answer.stdout.strip()
    assert process.returncode == 0
    assert f"curl {address}/chat/completions".encode() in errors


def test_status_says_what_there_is(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path))
    shown = json.loads(lab.run("local", "status", "--json").stdout)
    assert shown["model"] == "local/smollm2"
    assert shown["installed"] is False
    assert shown["weights"].startswith(str(tmp_path))
    assert "installed  no" in lab.run("local", "status", "local/smollm2").stdout


def test_remove_deletes_the_weights(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path))
    weights = status().path
    weights.parent.mkdir()
    weights.write_bytes(b"old")
    assert "are deleted" in lab.run("local", "remove").stderr
    assert not weights.exists()
    assert lab.run("local", "remove").stderr == "fairlead: there are no weights\n"


@needs_model
def test_setup_of_what_is_there_says_where(lab: Lab):
    result = lab.run("local", "setup")
    assert result.exit_code == 0
    assert result.stderr == f"fairlead: local/smollm2 is ready in {status().path}\n"
    assert lab.run("local", "setup", "-q").output == ""
