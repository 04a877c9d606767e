"""Who prints where, while tools run beside the answer."""

from __future__ import annotations

import io
import threading

import pytest

from fairlead.cli.tool_prints import prints_apart


def in_thread(text: str) -> None:
    thread = threading.Thread(target=lambda: print(text, flush=True))  # noqa: T201
    thread.start()
    thread.join()


def test_other_threads_print_to_standard_error(capsys: pytest.CaptureFixture[str]):
    with prints_apart():
        print("answer")  # noqa: T201
        in_thread("tool")
    in_thread("after")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("answer\nafter\n", "tool\n")


def test_a_closed_standard_error_loses_prints_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setattr("sys.stderr", None)
    with prints_apart():
        in_thread("tool")
        print("answer")  # noqa: T201
    assert output.getvalue() == "answer\n"


def test_a_closed_standard_output_stays_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdout", None)
    with prints_apart():
        print("nowhere")  # noqa: T201
