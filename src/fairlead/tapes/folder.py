"""A tape on the disk: a folder with one file for each exchange, numbered as the requests were sent.

A file appears whole or not at all, whoever else writes to the same tape.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from threading import Lock

from fairlead.errors import ConfigError
from fairlead.tapes import notation
from fairlead.tapes.exchange import Exchange
from fairlead.types.paths import path_of

_FILE = re.compile(r"(\d{4,})(?:-.*)?\.tape\.txt")
_SUFFIX = ".tape.txt"
_ATTRIBUTES = ".gitattributes"
_EXACT = "* -text\n"
"""For git: the bytes of a tape are exact, line endings included."""
_SLUG_LENGTH = 48


class TapeFolder:
    """Reads a tape, and adds to it. Safe to share between threads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = path_of(path)
        self._lock = Lock()
        self._number: int | None = None

    def __repr__(self) -> str:
        return f"TapeFolder({str(self.path)!r})"

    @property
    def exists(self) -> bool:
        """Whether there is a tape with something on it."""
        return bool(self._files())

    def read(self) -> list[Exchange]:
        """All exchanges in their order. Raises `ConfigError` where there is no tape to be read."""
        if not self.path.is_dir():
            raise ConfigError(f"there is no tape at {self.path}; record it first")
        files = self._files()
        if not files:
            raise ConfigError(f"the folder {self.path} holds no exchanges; record the tape first")
        return [self._exchange(self.path / name) for _, name in files]

    def check(self) -> None:
        """Raise `ConfigError` where the place holds something that is no tape."""
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise ConfigError(f"{self.path} is a file, and a tape is a folder; name another place")
        if not self._files() and any(name != _ATTRIBUTES for name in self._names()):
            raise ConfigError(
                f"the folder {self.path} holds other things than a tape; name another place"
            )

    def erase(self) -> None:
        """Take every exchange off the tape. Raises `ConfigError`."""
        self.check()
        for _, name in self._files():
            try:
                (self.path / name).unlink(missing_ok=True)
            except OSError as error:
                raise self._failed("erased", error) from None

    def next_number(self) -> int:
        """The place of a request that is sent now."""
        with self._lock:
            if self._number is None:
                self._number = max((number for number, _ in self._files()), default=0)
            self._number += 1
            return self._number

    def add(self, number: int, exchange: Exchange) -> None:
        """Write `exchange` at its place or, where another program took that, behind.

        Raises `ConfigError` where it cannot be written.
        """
        data = notation.written(exchange).encode()
        scratch = self.path / f".{os.getpid()}-{os.urandom(4).hex()}.part"
        try:
            self._make()
            scratch.write_bytes(data)
            try:
                while not self._place(scratch, f"{number:04d}-{_slug(exchange)}{_SUFFIX}"):
                    number = self.next_number()
            finally:
                scratch.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("written", error) from None

    def _make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        # A link that stands there already is not followed.
        attributes = self.path / _ATTRIBUTES
        with suppress(FileExistsError), attributes.open("x", encoding="utf-8") as file:
            file.write(_EXACT)

    def _place(self, scratch: Path, name: str) -> bool:
        """Give the file its name, unless the number is taken."""
        number = name.partition("-")[0]
        if any(other.startswith(f"{number}-") for other in self._names()):
            return False
        try:
            os.link(scratch, self.path / name)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            scratch.replace(self.path / name)
        return True

    def _files(self) -> list[tuple[int, str]]:
        found = ((name, _FILE.fullmatch(name)) for name in self._names())
        return sorted((int(match[1]), name) for name, match in found if match is not None)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except OSError:
            return []

    def _exchange(self, path: Path) -> Exchange:
        try:
            text = path.read_bytes().decode()
        except OSError as error:
            raise self._failed("read", error) from None
        except UnicodeDecodeError:
            raise ConfigError(
                f"{path} is not UTF-8, so it is no tape; delete the file, and record again"
            ) from None
        return notation.read(text, str(path))

    def _failed(self, done: str, error: OSError) -> ConfigError:
        reason = error.strerror or "unknown reason"
        return ConfigError(f"the tape {self.path} cannot be {done}: {reason}; check the folder")


def _slug(exchange: Exchange) -> str:
    """Words for the file's name: the method, and the end of the path."""
    from urllib.parse import urlsplit

    parts = urlsplit(exchange.request.url).path.strip("/").split("/")[-2:]
    words = re.sub(r"[^a-z0-9]+", "-", "-".join([exchange.request.method, *parts]).lower())
    return words[:_SLUG_LENGTH].strip("-") or "exchange"
