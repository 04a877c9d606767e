from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest
from tests.transports.colours import until

from fairlead.cli import prompt
from fairlead.cli.prompt import user_message
from fairlead.types.messages import Message, Text


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch):
    """Standard input as a pipe; its writing end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        yield writing


def finish(writing: int, data: bytes) -> None:
    os.write(writing, data)
    os.close(writing)


def test_a_pipe_that_stays_open_is_waited_for_and_told(pipe: int, monkeypatch: pytest.MonkeyPatch):
    told = io.StringIO()

    def end_when_told() -> None:
        until(lambda: "waiting for standard input to end" in told.getvalue())
        finish(pipe, b"late text")

    monkeypatch.setattr(prompt, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr("sys.stderr", told)
    late = threading.Thread(target=end_when_told)
    late.start()
    assert user_message(["Hi"], []) == Message("user", (Text("late text\n\nHi"),))
    late.join()
    assert "waiting for standard input to end" in told.getvalue()


def test_an_empty_pipe_changes_nothing(pipe: int, capsys: pytest.CaptureFixture[str]):
    os.close(pipe)
    assert user_message(["Hi"], []) == Message.user("Hi")
    assert capsys.readouterr().err == ""


def test_attachments_stand_before_the_text(pipe: int, tmp_path: Path):
    finish(pipe, b"piped")
    (tmp_path / "a.txt").write_text("inside", encoding="utf-8")
    message = user_message(["ask"], [str(tmp_path / "a.txt"), "-"])
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    assert texts == ["a.txt:\ninside", "standard input:\npiped", "ask"]


def test_no_standard_input_at_all_is_an_empty_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", None)
    assert user_message(["Hi"], []) == Message.user("Hi")


def test_lines_end_in_line_feeds_alone():
    assert prompt.lines_of("a\r\nb\x0cc\n\nd") == ["a", "b\x0cc", "", "d"]
    assert prompt.lines_of("a\n") == ["a"]
    assert prompt.lines_of("") == []
