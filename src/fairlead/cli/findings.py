"""What the doctor finds: one line each, with what to do about it."""

from __future__ import annotations

import sys
from typing import Literal

from msgspec import Struct

from fairlead.cli.printable import one_line
from fairlead.cli.terminal import DIM, GREEN, RED, YELLOW, painted

State = Literal["ok", "warn", "fail", "skip"]
_COLOURS = {"ok": GREEN, "warn": YELLOW, "fail": RED, "skip": DIM}


class Finding(Struct, frozen=True):
    """`skip` is what could not be looked at."""

    state: State
    subject: str
    detail: str

    def line(self) -> str:
        """The finding for a terminal, or for a file."""
        state = painted(f"{self.state:<4}", _COLOURS[self.state], sys.stdout)
        return f"{state}  {self.subject}: {one_line(self.detail)}\n"
