from __future__ import annotations

import io

import pytest

from fairlead.cli.answer import AnswerPrinter
from fairlead.types.events import ReasoningDelta, RefusalDelta, StreamRestarted, TextDelta


class Interrupted(io.StringIO):
    """An output where Ctrl-C comes as soon as the first piece is out."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = True

    def flush(self) -> None:
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt


def test_an_interrupt_right_after_a_piece_leaves_the_line_ended(monkeypatch: pytest.MonkeyPatch):
    output = Interrupted()
    monkeypatch.setattr("sys.stdout", output)
    printer = AnswerPrinter()
    with pytest.raises(KeyboardInterrupt):
        printer.event(TextDelta("half"))
    printer.close()
    assert output.getvalue() == "half\n"


def test_reasoning_between_texts_does_not_touch_standard_output(
    capsys: pytest.CaptureFixture[str],
):
    printer = AnswerPrinter()
    for event in (TextDelta("a"), ReasoningDelta("why"), TextDelta("b")):
        printer.event(event)
    printer.close()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("ab\n", "why\n\n")


def test_an_answer_that_begins_anew_begins_a_line_and_says_so(
    capsys: pytest.CaptureFixture[str],
):
    printer = AnswerPrinter()
    for event in (TextDelta("hal"), StreamRestarted("b/m", "it broke"), TextDelta("whole")):
        printer.event(event)
    printer.close()
    captured = capsys.readouterr()
    assert captured.out == "hal\nwhole\n"
    assert "b/m begins anew" in captured.err


def test_a_refusal_is_the_answer(capsys: pytest.CaptureFixture[str]):
    printer = AnswerPrinter()
    printer.event(RefusalDelta("I will not."))
    printer.close()
    assert capsys.readouterr().out == "I will not.\n"


def test_a_sequence_that_the_end_cuts_leaves_only_text(capsys: pytest.CaptureFixture[str]):
    printer = AnswerPrinter()
    printer.event(TextDelta("end\x1b]0;ti"))
    printer.close()
    assert capsys.readouterr().out == "end]0;ti\n"


def test_an_aside_leaves_a_pipe_as_it_is(capsys: pytest.CaptureFixture[str]):
    printer = AnswerPrinter()
    printer.event(TextDelta("one "))
    printer.aside("a tool\n")
    printer.event(TextDelta("line"))
    printer.close()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("one line\n", "a tool\n")
