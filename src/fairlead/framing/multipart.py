"""Bodies that are sent piece by piece: files, bytes, and `multipart/form-data` made of them.

Nothing is read before it is sent, and no more than a piece is ever held. Source: RFC 7578.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from fairlead.errors import InvalidRequest
from fairlead.types.http import Body, BodyReader


class FileBody(Struct, frozen=True):
    """A file on disk of `size` bytes."""

    path: Path
    size: int

    def open(self) -> BodyReader:
        return self.path.open("rb")


class BytesBody(Struct, frozen=True):
    """Bytes in memory."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> BodyReader:
        from io import BytesIO

        return BytesIO(self.data)


class FormField(Struct, frozen=True):
    """One part of a form: a text, or a file with its name and media type."""

    name: str
    value: str | Body
    file_name: str | None = None
    media_type: str | None = None


class Multipart:
    """A form. Its `boundary` follows from its fields, so that equal forms are equal bytes."""

    __slots__ = ("_pieces", "boundary", "fields", "size")

    def __init__(self, fields: Sequence[FormField]) -> None:
        self.fields = tuple(fields)
        self.boundary = _boundary(self.fields)
        self._pieces = tuple(self._assembled())
        self.size = sum(piece.size for piece in self._pieces)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    def open(self) -> BodyReader:
        return _Reader(iter(self._pieces))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Multipart) and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]  # equality goes by the fields, which may be large

    def _assembled(self) -> Iterator[Body]:
        for field in self.fields:
            yield BytesBody(_head(self.boundary, field))
            value = field.value
            yield BytesBody(_text(field)) if isinstance(value, str) else value
            yield BytesBody(b"\r\n")
        yield BytesBody(f"--{self.boundary}--\r\n".encode())


class _Reader:
    """Reads one piece after another."""

    def __init__(self, pieces: Iterator[Body]) -> None:
        self._pieces = pieces
        self._current: BodyReader | None = None

    def read(self, size: int, /) -> bytes:
        while True:
            if self._current is None:
                piece = next(self._pieces, None)
                if piece is None:
                    return b""
                self._current = piece.open()
            if data := self._current.read(size):
                return data
            self.close()

    def close(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None


def _head(boundary: str, field: FormField) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(field.name)}"']
    if field.file_name is not None:
        lines[1] += f'; filename="{_quoted(field.file_name)}"'
    if field.media_type is not None:
        if not field.media_type.isprintable():
            raise InvalidRequest("a media type holds a control character")
        lines.append(f"Content-Type: {field.media_type}")
    # A file's name may hold bytes that are no text; they say nothing to the server.
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _text(field: FormField) -> bytes:
    try:
        return str(field.value).encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{field.name} is not valid text; correct it") from None


@cache
def _salt() -> bytes:
    from secrets import token_bytes

    return token_bytes(16)


def _quoted(text: str) -> str:
    """As browsers write names: the three characters that would end a name are percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(fields: tuple[FormField, ...]) -> str:
    """A line that no file can hold, by chance or by intent, as it depends on
    a secret of this process; the same one for equal forms, without reading their files."""
    from hashlib import sha256

    digest = sha256(_salt())
    for field in fields:
        value = field.value
        known = value if isinstance(value, str) else f"{value.size} {field.file_name}"
        digest.update(f"{field.name}\0{known}\0".encode("utf-8", "surrogatepass"))
    return f"fairlead-{digest.hexdigest()[:40]}"
