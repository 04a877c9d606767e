"""Lines that a person types, with history and editing where the machine has readline."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

from fairlead.auth.sources import Environment
from fairlead.cli.terminal import is_terminal, write_error
from fairlead.cli.typed import typed_line
from fairlead.errors import InvalidRequest
from fairlead.settings.places import state_folder

_HISTORY_LENGTH = 1000
_QUOTES = '"""'


class LineEditor:
    """A context manager; without a terminal it reads plain lines and shows no prompt."""

    def __init__(self) -> None:
        self.interactive = is_terminal(sys.stdin)
        self._readline: ModuleType | None = None
        self._history = history_file()

    def __enter__(self) -> Self:
        if self.interactive and is_terminal(sys.stdout):
            self._readline = _loaded(self._history)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._readline is not None:
            _save(self._readline, self._history)

    def read(self) -> str | None:
        """What was typed, or None at the end. Three quotes begin and end a text of many lines."""
        line = self._line("> ")
        if line is None or not line.lstrip().startswith(_QUOTES):
            return line
        text = line.lstrip().removeprefix(_QUOTES)
        while not text.rstrip().endswith(_QUOTES):
            more = self._line(". ")
            if more is None:
                return text
            text += f"\n{more}"
        return text.rstrip().removesuffix(_QUOTES).strip("\n")

    def _line(self, prompt: str) -> str | None:
        try:
            if self._readline is not None:
                return input(prompt)
            if self.interactive:
                write_error(prompt)
                line = typed_line(sys.stdin)
            else:
                line = sys.stdin.readline() if sys.stdin is not None else ""
        except EOFError:
            return None
        except UnicodeDecodeError as error:
            raise InvalidRequest("standard input is not UTF-8 text; convert it first") from error
        return line.rstrip("\r\n") if line else None


def history_file() -> Path:
    """Where the lines of earlier chats are kept."""
    return state_folder(Environment(os.environ)) / "chat_history"


def _loaded(history: Path) -> ModuleType | None:
    try:
        import readline
    except ImportError:  # Windows
        return None
    readline.set_history_length(_HISTORY_LENGTH)
    try:
        readline.read_history_file(history)
    except OSError:
        return readline  # the first chat, or a file that is not ours to read
    return readline


def _save(readline: ModuleType, history: Path) -> None:
    """Lines may be private: only their owner can read them. A full disk ends no chat."""
    try:
        history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(history, os.O_CREAT | os.O_WRONLY, 0o600))
        readline.write_history_file(history)
    except OSError:
        return
