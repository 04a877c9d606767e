from __future__ import annotations

import json
import sys

import pytest
from tests.cli.conftest import Lab, Terminal, sent, terminals

from fairlead.testing.server import Close, ScriptedServer, respond

M = ("-m", "lab/tts")
MP3 = respond(200, [("Content-Type", "audio/mpeg")], b"ID3abc\xff")


@pytest.fixture
def server(lab: Lab) -> ScriptedServer:
    return lab.answers(MP3)


def test_the_sound_goes_into_a_file_whose_name_is_printed(lab: Lab, server):
    result = lab.run("speak", *M, "Ahoy", "--voice", "alloy", "--save", "a.mp3")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "a.mp3\n", "")
    assert (lab.folder / "a.mp3").read_bytes() == b"ID3abc\xff"
    body = sent(server)
    assert (body["input"], body["voice"], body["response_format"]) == ("Ahoy", "alloy", "mp3")


def test_the_ending_of_the_file_says_the_format_unless_an_option_does(lab: Lab, server):
    lab.run("speak", *M, "Ahoy", "--save", "a.OGG", stdin="")
    assert sent(server)["response_format"] == "opus"
    lab.run("speak", *M, "Ahoy", "--save", "a.mp3", "-o", "format", "wav")
    assert json.loads(server.requests[1].body)["response_format"] == "wav"


@pytest.mark.parametrize("words", [(), ("--save", "-")])
def test_a_pipe_gets_the_sound_itself(lab: Lab, server, words: tuple[str, ...]):
    result = lab.run("speak", *M, *words, stdin="Ahoy\n")
    assert result.stdout_bytes == b"ID3abc\xff"
    assert sent(server)["input"] == "Ahoy"


@terminals
def test_a_terminal_gets_none(lab: Lab, server):
    terminal = Terminal([sys.executable, "-m", "fairlead", "speak", *M, "Ahoy"], lab.folder)
    try:
        shown = terminal.rest()
    finally:
        terminal.close()
    assert "sound is not for a terminal; keep it with --save FILE" in shown
    assert server.requests == []


def test_json_tells_the_file_and_the_rest(lab: Lab, server):
    found = json.loads(lab.run("speak", *M, "Ahoy", "--save", "a.mp3", "--json").stdout)
    assert (found["path"], found["media_type"]) == ("a.mp3", "audio/mpeg")
    assert found["receipt"]["operation"] == "speech"


def test_sound_that_breaks_off_leaves_no_file(lab: Lab):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 60\r\n\r\n"
    lab.answers([head + b"ID3", Close()])
    result = lab.run("speak", *M, "Ahoy", "--save", "a.mp3", "--receipt")
    receipt, sentence = result.stderr.splitlines()
    assert json.loads(receipt)["attempts"][0]["status"] == 200
    assert sentence.startswith("fairlead: ")
    assert (result.exit_code, result.stdout) == (6, "")
    assert list(lab.folder.iterdir()) == []
