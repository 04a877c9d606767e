"""Whether a tool may run: the person at the terminal is asked before each call."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.cli.call_text import call_text
from fairlead.cli.terminal import is_terminal, write_error
from fairlead.cli.typed import typed_line

if TYPE_CHECKING:
    from fairlead.types.messages import ToolCall

Ask = Callable[[str], str | None]
"""Shows a question and gives the line that is typed; None where the typing has ended."""

_CHOICES = "Run it? [y/n/a(lways this tool)] "
_CHOICES_EACH = "Run it? [y/n] "
_EXPLAINED = "y runs it, n does not, n and a reason tells the model why"
_TERMINAL_IN, _TERMINAL_OUT = ("CONIN$", "CONOUT$") if os.name == "nt" else ("/dev/tty",) * 2


class Approval:
    """`remembers` which tools may always run. `asked` has the ids of the calls that were shown."""

    def __init__(self, ask: Ask, *, remembers: bool = True) -> None:
        self.asked: set[str] = set()
        self._ask = ask
        self._choices = _CHOICES if remembers else _CHOICES_EACH
        self._remembers = remembers
        self._always: set[str] = set()

    def __call__(self, call: ToolCall) -> bool | str:
        """Whether `call` may run; a string is the reason why not, for the model."""
        if call.name in self._always:
            return True
        self.asked.add(call.id)
        question = f"fairlead: {call_text(call)}\n{self._choices}"
        while True:
            typed = self._ask(question)
            if typed is None:
                return False
            word, _, reason = typed.strip().partition(" ")
            match word.lower():
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return reason.strip() or False
                case "a" | "always" if self._remembers:
                    self._always.add(call.name)
                    return True
            question = f"{_EXPLAINED}\n{self._choices}"


def terminal_at_hand() -> bool:
    """Whether there is somebody to ask, even where standard input is a pipe."""
    try:
        os.close(os.open(_TERMINAL_IN, os.O_RDWR))
    except OSError:
        return is_terminal(sys.stdin)
    return True


def ask_at_terminal(question: str) -> str | None:
    """Ask on standard error, or on the terminal itself where that is redirected."""
    _show(question)
    try:
        return _typed()
    except KeyboardInterrupt:
        write_error("\n")
        raise


def _show(question: str) -> None:
    if is_terminal(sys.stderr):
        write_error(question)
        return
    try:
        with Path(_TERMINAL_OUT).open("w", encoding="utf-8", errors="replace") as terminal:
            terminal.write(question)
    except OSError:
        write_error(question)


def _typed() -> str | None:
    try:
        with Path(_TERMINAL_IN).open(encoding="utf-8", errors="replace") as terminal:
            return typed_line(terminal) or None
    except OSError:
        return (typed_line(sys.stdin) or None) if sys.stdin is not None else None
