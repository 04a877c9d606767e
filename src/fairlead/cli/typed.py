"""A line that a person types, where an interrupt is heard at any moment."""

from __future__ import annotations

import os
import select
from typing import TextIO

_LONGEST_WAIT = 0.2
"""Seconds. An interrupt that comes between a question and the system call that waits for its
answer is noticed when that call ends."""


def typed_line(terminal: TextIO) -> str:
    """The next line, empty at the end of the typing."""
    if os.name != "nt":  # its select knows nothing but sockets
        while not select.select([terminal], [], [], _LONGEST_WAIT)[0]:
            pass
    return terminal.readline()
