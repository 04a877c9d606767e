"""What `speak()` gives: audio piece by piece, whole, or into a file."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Self

from fairlead.errors import InvalidRequest
from fairlead.stream import AsyncEventStream, EventStream
from fairlead.types.operations import Speech


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
    """The same, asynchronous: `async for piece in speech`, `await speech.save(path)`."""

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
    """A file that takes its place only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._file = NamedTemporaryFile(
                dir=self._path.parent, prefix=".fairlead-", delete=False
            )
        except OSError as error:
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
            umask = os.umask(0)
            os.umask(umask)
            Path(self._file.name).chmod(0o666 & ~umask)
            Path(self._file.name).replace(self._path)
        except OSError as error:
            raise self._refused(error) from None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)

    def _refused(self, error: OSError) -> InvalidRequest:
        return InvalidRequest(f"{self._path} cannot be written: {error.strerror or error}")
