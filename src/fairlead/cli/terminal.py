"""Standard output and standard error: what goes where, and whether a person is looking."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from fairlead.errors import ConfigError

DIM, GREEN, YELLOW, RED = "2", "32", "33", "31"


def output() -> TextIO:
    """Standard output. Raises `ConfigError` where it is closed."""
    if sys.stdout is None:
        raise ConfigError("standard output is closed; send it to a file or a terminal")
    return sys.stdout


def write(text: str) -> None:
    """Write to standard output, at once."""
    stream = output()
    stream.write(text)
    stream.flush()


def write_error(text: str) -> None:
    """Write to standard error, at once; where it is closed or full, the answer matters more."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def note(text: str) -> None:
    """One line on standard error, in the program's name."""
    from fairlead.cli.printable import one_line

    write_error(f"fairlead: {one_line(text)}\n")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads or types there."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def colours(stream: TextIO | None) -> bool:
    """Whether colour is welcome: a terminal, no `NO_COLOR` (no-color.org), and no dumb one."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def painted(text: str, colour: str, stream: TextIO | None) -> str:
    """`text` in an SGR `colour` where `stream` shows colours."""
    return f"\x1b[{colour}m{text}\x1b[0m" if text and colours(stream) else text


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in aligned columns, two spaces apart, one line each."""
    from fairlead.cli.printable import one_line

    if not rows:
        return ""
    clean = [tuple(one_line(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(clean[0]))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in clean]
    return "\n".join(lines) + "\n"
