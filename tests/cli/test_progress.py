from __future__ import annotations

import io

import pytest

from fairlead.cli.progress import FetchProgress


class Screen(io.StringIO):
    """A terminal that remembers."""

    def isatty(self) -> bool:
        return True


def fetch(progress: FetchProgress) -> None:
    with progress:
        progress("wait", 0, 0)
        for done in range(0, 93_000_001, 1_000_000):
            progress("download", done, 93_000_000)


def test_a_file_gets_a_line_for_every_tenth(capsys: pytest.CaptureFixture[str]):
    fetch(FetchProgress())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "fairlead: waiting for another process that fetches the local model"
    assert lines[1] == "fairlead: fetching the local model (93 MB)"
    assert lines[2:] == [f"fairlead: fetching the local model: {n} %" for n in range(10, 101, 10)]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch):
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    fetch(FetchProgress())
    assert "93.0/93.0 MB" in screen.getvalue()


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]):
    fetch(FetchProgress(quiet=True))
    assert capsys.readouterr().err == ""
