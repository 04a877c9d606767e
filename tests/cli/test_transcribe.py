from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import KEY, Lab, answered

M = ("-m", "lab/whisper")
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)
SAID = {
    "text": "Hello\x1b[31m there",
    "duration": 3.0,
    "segments": [
        {"text": "Hello", "start": 0, "end": 1.5},
        {"text": " there", "start": 3599.999, "end": 3661.25},
    ],
}


@pytest.fixture
def sound(lab: Lab) -> Path:
    path = lab.folder / "hello.wav"
    path.write_bytes(WAV)
    return path


def test_the_text_alone_is_on_standard_output(lab: Lab, sound: Path):
    server = lab.answers(answered({"text": "Hello\x1b[31m there"}))
    result = lab.run("transcribe", *M, "hello.wav", "--language", "en", "-o", "prompt", "Boats.")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Hello there\n", "")
    body = server.requests[0].body
    assert WAV in body
    for field in (b'name="language"', b'name="prompt"', b'filename="hello.wav"'):
        assert field in body


def test_standard_input_may_hold_the_sound(lab: Lab):
    server = lab.answers(answered(SAID))
    assert lab.run("transcribe", *M, "-", stdin=WAV).stdout == "Hello there\n"
    assert b'filename="audio.wav"' in server.requests[0].body


def test_times_stand_before_what_was_said(lab: Lab, sound: Path):
    lab.answers(answered(SAID))
    result = lab.run("transcribe", *M, "hello.wav", "--timestamps", "segment")
    assert result.stdout == ("00:00:00.00 - 00:00:01.50  Hello\n01:00:00.00 - 01:01:01.25  there\n")


def test_json_is_the_whole_response(lab: Lab, sound: Path):
    lab.answers(answered(SAID))
    found = json.loads(lab.run("transcribe", *M, "hello.wav", "--json").stdout)
    assert (found["text"], found["duration"]) == ("Hello\x1b[31m there", 3.0)
    assert found["receipt"]["operation"] == "transcription"


def test_a_dry_run_shows_the_fields_but_not_the_sound(lab: Lab, sound: Path):
    server = lab.answers(answered(SAID))
    words = ["transcribe", *M, "hello.wav", "--timestamps", "word", "--dry-run"]
    body = json.loads(lab.run(*words, "--json").stdout)["body"]
    assert body["file"] == {"file": "hello.wav", "media_type": "audio/wav", "bytes": len(WAV)}
    assert body["model"] == "whisper"
    text = lab.run(*words).stdout
    assert "WAVE" not in text
    assert KEY not in text
    assert server.requests == []
