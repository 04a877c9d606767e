from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, KEY, Lab, Terminal, chunk, streamed, terminals

from fairlead.testing.server import Pause, respond, stream

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def turns(server, index: int = -1) -> list[dict[str, object]]:
    """The messages of a request."""
    return json.loads(server.requests[index].body)["messages"]


def test_each_turn_knows_those_before_it(lab: Lab):
    server = lab.answers(streamed("first answer"), streamed("second answer"))
    result = lab.run("chat", "-s", "Be kind.", stdin="one\n\ntwo\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "first answer\nsecond answer\n"
    assert [(turn["role"], turn["content"]) for turn in turns(server)] == [
        ("system", "Be kind."),
        ("user", "one"),
        ("assistant", "first answer"),
        ("user", "two"),
    ]
    assert server.connections == 1


def test_three_quotes_hold_a_text_of_many_lines(lab: Lab):
    server = lab.answers(streamed("ok"))
    lab.run("chat", stdin='"""\nline one\n\nline two\n"""\n')
    assert turns(server)[0]["content"] == "line one\n\nline two"


def test_two_slashes_begin_a_text_with_one(lab: Lab):
    server = lab.answers(streamed("ok"))
    lab.run("chat", stdin="//etc is a folder\n")
    assert turns(server)[0]["content"] == "/etc is a folder"


def test_commands_change_model_system_and_options(lab: Lab):
    server = lab.answers(streamed("ok"))
    lines = ["/model lab/m2", "/system Be terse.", "/option temperature 0", "hi", "/usage"]
    result = lab.run("chat", stdin="\n".join(lines))
    body = json.loads(server.requests[0].body)
    assert (body["model"], body["temperature"]) == ("m2", 0)
    assert turns(server)[0] == {"role": "system", "content": "Be terse."}
    assert "the model is lab/m2" in result.stderr
    assert "1 answer, 12 tokens in, 3 out" in result.stderr


def test_undo_and_clear_take_turns_back(lab: Lab):
    server = lab.answers(streamed("a1"))
    lab.run("chat", stdin="one\ntwo\n/undo\nthree\n/clear\nfour\n")
    assert [turn["content"] for turn in turns(server, 2)] == ["one", "a1", "three"]
    assert [turn["content"] for turn in turns(server, 3)] == ["four"]


def test_an_attachment_goes_with_the_next_message(lab: Lab):
    server = lab.answers(streamed("ok"))
    (lab.folder / "a b.png").write_bytes(PNG)
    lab.run("chat", stdin='/attach "a b.png"\nwhat is it?\nthanks\n')
    assert turns(server, 0)[0]["content"][0]["type"] == "image_url"
    assert turns(server, 1)[2]["content"] == "thanks"


@pytest.mark.parametrize("name", ["talk.json", "talk.md"])
def test_a_conversation_is_saved_and_never_over_another_file(lab: Lab, name: str):
    lab.answers(streamed("the answer"))
    result = lab.run("chat", stdin=f"hello\n/save {name}\n/save {name}\n")
    text = (lab.folder / name).read_text(encoding="utf-8")
    assert "hello" in text
    assert "the answer" in text
    if name.endswith(".json"):
        assert [turn["role"] for turn in json.loads(text)] == ["user", "assistant"]
    assert f"{name} is there already" in result.stderr
    assert result.exit_code == 2


def test_a_saved_conversation_goes_on(lab: Lab):
    server = lab.answers(streamed("a1"), streamed("a2"))
    lab.run("chat", stdin="one\n/save talk.json\n")
    result = lab.run("chat", stdin="/load talk.json\ntwo\n")
    assert [turn["content"] for turn in turns(server, 1)] == ["one", "a1", "two"]
    assert "the conversation is that of talk.json, 2 messages" in result.stderr


def test_what_is_no_saved_conversation_is_refused(lab: Lab):
    lab.answers(streamed("ok"))
    for text in ("## user", "{}", '[{"role": "user", "content": "hi"}]'):
        (lab.folder / "talk.json").write_text(text)
        result = lab.run("chat", stdin="/load talk.json\n")
        assert "talk.json is no conversation that /save wrote as .json" in result.stderr
        assert result.exit_code == 2


def test_an_answer_cut_at_the_token_limit_names_the_command_that_raises_it(lab: Lab):
    lab.answers(streamed("ok", finish="length"))
    assert "raise it with /option max_tokens" in lab.run("chat", stdin="hi\n").stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/modle x", "did you mean /model?"),
        ("/model opnai/x", "did you mean openai"),
        ("/option temprature 1", "did you mean 'temperature'?"),
        ("/attach nowhere", "cannot be read"),
        ("/save ~nobody-here/chat.md", "cannot be written"),
        ("/load nowhere.json", "cannot be read"),
        ('/save "open', "/save"),
        ("/save", "takes one file"),
    ],
)
def test_a_wrong_command_ends_a_script(lab: Lab, line: str, sentence: str):
    server = lab.answers(streamed("ok"))
    result = lab.run("chat", stdin=f"{line}\nnever said\n")
    assert sentence in result.stderr
    assert result.exit_code == 2
    assert server.requests == []


def test_exit_leaves(lab: Lab):
    server = lab.answers(streamed("ok"))
    assert lab.run("chat", stdin="/help\n/exit\nnever said\n").exit_code == 0
    assert server.requests == []


def test_a_failed_turn_ends_a_script_with_its_code(lab: Lab):
    lab.answers(respond(429, (), b"{}"))
    result = lab.run("chat", stdin="one\ntwo\n")
    assert result.exit_code == 4
    assert result.stderr.count("\n") == 1


@terminals
def test_an_interrupt_stops_the_answer_but_not_the_chat(lab: Lab):
    steps = iter(stream([chunk({"content": "half an answer"}), DONE]))
    server = lab.answers([next(steps), next(steps), Pause(60.0), *steps], streamed("whole"))
    terminal = Terminal(lab.command("chat"), lab.folder)
    try:
        terminal.until("lab/m1 listens")
        terminal.until("> ")
        terminal.type("one\n")
        terminal.until("half an answer")
        terminal.process.send_signal(signal.SIGINT)
        terminal.until("stopped; what came is kept")
        terminal.type("two\n")
        terminal.until("whole")
        terminal.type("/usge\n")
        terminal.until("did you mean /usage?")
        terminal.until("> ")  # Ctrl-D is lost where nobody reads the line yet
        terminal.type("\x04")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
    contents = [turn["content"] for turn in turns(server, 1)]
    assert contents == ["one", "half an answer", "two"]


@terminals
def test_a_turn_without_an_answer_is_taken_back_and_the_person_goes_on(lab: Lab):
    server = lab.answers(respond(500, (), b"{}"), streamed("better"))
    terminal = Terminal(lab.command("chat"), lab.folder)
    try:
        terminal.until("> ")
        terminal.type("one\n")
        terminal.until("HTTP 500")
        terminal.until("> ")
        terminal.type("two\n")
        terminal.until("better")
        terminal.type("/exit\n")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
    assert [turn["content"] for turn in turns(server, 1)] == ["two"]
    history = Path(os.environ["XDG_STATE_HOME"]) / "fairlead" / "chat_history"
    assert "one" in history.read_text(encoding="utf-8").splitlines()
    assert history.stat().st_mode & 0o777 == 0o600


def test_no_key_is_ever_shown(lab: Lab):
    lab.answers(respond(401, (), b'{"error": {"message": "bad key %s"}}' % KEY.encode()))
    assert KEY not in lab.run("chat", stdin="one\n").output
