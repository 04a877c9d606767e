"""A browser is opened for safe addresses, where there is a screen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.keys.browser import open_browser


@pytest.mark.parametrize(
    "url",
    ["http://evil.example/", "javascript:alert(1)", "file:///etc/passwd", "-x", "https://a b/"],
)
def test_only_https_and_this_machine_are_opened(url: str) -> None:
    assert not open_browser(url, {"BROWSER": "true"})


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a screen")
def test_without_a_screen_no_browser_takes_the_terminal() -> None:
    assert not open_browser("https://example.com/", {})


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_the_browser_of_the_user_is_given_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import webbrowser

    pipe, script = tmp_path / "pipe", tmp_path / "browser"
    os.mkfifo(pipe)
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {pipe}\n')
    script.chmod(0o700)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    monkeypatch.setenv("BROWSER", f"{script} %s")
    assert open_browser("https://example.com/?a=b&c=$HOME")
    assert pipe.read_text() == "https://example.com/?a=b&c=$HOME"
