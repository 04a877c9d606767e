"""Texts to search, with the places where they stand: lines or whole files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fairlead.attachments import text_of
from fairlead.cli.prompt import STDIN, lines_of, piped_text
from fairlead.errors import InvalidRequest
from fairlead.types.paths import path_of


class Passage(NamedTuple):
    """A text, its file and its line there; no line for a whole file, no file for a pipe alone."""

    text: str
    file: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


def passages(files: Sequence[str], *, whole: bool) -> list[Passage]:
    """What stands in the files, or on standard input; what has no letter and no digit is left out.

    Raises `InvalidRequest` for a file that cannot be read, and where there is no text.
    """
    if files.count(STDIN) > 1:
        raise InvalidRequest("standard input can be searched only once; leave out one --in -")
    found: list[Passage] = []
    alone = set(files) <= {STDIN}
    for file in files or [STDIN]:
        name = "" if alone else file
        text = piped_text() if file == STDIN else _read(file)
        pieces = [Passage(text, name)] if whole else _lines(text, name)
        found += [piece for piece in pieces if any(map(str.isalnum, piece.text))]
    if not found:
        raise InvalidRequest(
            "there is nothing to search; name files with --in, or send lines to standard input"
        )
    return found


def _lines(text: str, name: str) -> Iterator[Passage]:
    for number, line in enumerate(lines_of(text), 1):
        yield Passage(line, name, number)


def _read(file: str) -> str:
    path = path_of(file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror or error}") from None
    return text_of(data, file)
