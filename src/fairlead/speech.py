"""What `speak()` gives: audio piece by piece, whole, or into a file."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EACCES
from pathlib import Path
from stat import S_IMODE
from typing import IO, Self

from fairlead.errors import InvalidRequest
from fairlead.stream import AsyncEventStream, EventStream
from fairlead.types.operations import Speech
from fairlead.types.paths import path_of


class SpeechStream(EventStream[bytes, Speech]):
    """Spoken text: `for piece in speech`, `speech.read()` or `speech.save(path)`.

    The request is sent when the first of them is used, or a `with` block is entered.
    """

    def read(self) -> bytes:
        """All of the audio, held in memory. Raises like `chat`."""
        with self:
            return b"".join(self)

    def save(self, path: str | os.PathLike[str]) -> Speech:
        """Write the audio into the file `path` as it comes, and return what is known of it.

        The file appears, or is replaced, once the audio is complete. Raises like `chat`, and
        `InvalidRequest` for a file that cannot be written.
        """
        # The file first: audio that cannot be kept must not be paid for.
        with _Target(Path(path)) as target, self:
            for piece in self:
                target.write(piece)
            target.keep()
            return self.result()


class AsyncSpeechStream(AsyncEventStream[bytes, Speech]):
    """A `SpeechStream` of `AsyncClient`: `async for piece in speech`, `await speech.save(path)`."""

    async def read(self) -> bytes:
        """All of the audio, held in memory. Raises like `chat`."""
        async with self:
            return b"".join([piece async for piece in self])

    async def save(self, path: str | os.PathLike[str]) -> Speech:
        """Write the audio into the file `path` as it comes, and return what is known of it.

        The file appears, or is replaced, once the audio is complete. Raises like `chat`, and
        `InvalidRequest` for a file that cannot be written.
        """
        with _Target(Path(path)) as target:
            async with self:
                async for piece in self:
                    target.write(piece)
                target.keep()
                return await self.result()


class _Target:
    """A file that takes its place only when it is whole; a pipe or device is written as it comes.

    Nothing that could not be replaced in the end is begun.
    """

    def __init__(self, path: Path) -> None:
        self._path = path_of(path)
        self._scratch: Path | None = None
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._opened()
        except (OSError, ValueError) as error:
            raise self._refused(error) from None
        return self

    def write(self, piece: bytes) -> None:
        assert self._file is not None
        try:
            self._file.write(piece)
        except OSError as error:
            raise self._refused(error) from None

    def keep(self) -> None:
        assert self._file is not None
        try:
            self._file.close()
            if self._scratch is not None:
                self._scratch.replace(self._path)
        except OSError as error:
            raise self._refused(error) from None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # what was not written yet is not wanted any more
                self._file.close()
        if self._scratch is not None:
            self._scratch.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        present = self._path.exists()
        if present and not self._path.is_file():
            return self._path.open("wb")
        if present and not os.access(self._path, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
        # The file behind a link is replaced, and not the link.
        self._path = Path(os.path.realpath(self._path))
        scratch = self._path.with_name(f".fairlead-{os.urandom(8).hex()}")
        file = scratch.open("xb")
        self._scratch = scratch
        if present:
            scratch.chmod(S_IMODE(self._path.stat().st_mode))
        return file

    def _refused(self, error: OSError | ValueError) -> InvalidRequest:
        reason = getattr(error, "strerror", None) or error
        return InvalidRequest(f"{self._path} cannot be written: {reason}")
