"""Where bytes go that are no text: files, checked before anything is paid for, and pipes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from fairlead.cli.terminal import is_terminal, output
from fairlead.errors import InvalidRequest
from fairlead.types.paths import path_of

STDOUT = "-"


def file_to_write(name: str) -> Path:
    """The path of a file that can be made. Raises `InvalidRequest` where it cannot."""
    path = path_of(name)
    if path.is_dir():
        raise InvalidRequest(f"{name} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InvalidRequest(f"there is no folder {path.parent}; make it, or choose another")
    if not os.access(path.parent, os.W_OK):
        raise InvalidRequest(f"the folder {path.parent} cannot be written to; choose another")
    return path


def check_pipe(what: str) -> None:
    """Raises `click.UsageError` where `what` would fill a terminal."""
    if is_terminal(sys.stdout):
        raise click.UsageError(f"{what} is not for a terminal; keep it with --save FILE")


def write_bytes(data: bytes) -> None:
    """Write to standard output, at once."""
    stream = output().buffer
    stream.write(data)
    stream.flush()
