"""What tools print while an answer is shown: it goes to standard error, the answer stays clean."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast


@contextmanager
def prints_apart() -> Iterator[None]:
    """Tools run in other threads than this one, which writes the answer."""
    output = sys.stdout
    if output is None:
        yield
        return
    sys.stdout = cast("TextIO", _Divided(output))
    try:
        yield
    finally:
        sys.stdout = output


class _Divided(io.TextIOBase):
    """Standard output for one thread, standard error for all others."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._thread = threading.get_ident()

    def write(self, text: str, /) -> int:
        stream = self._stream
        return len(text) if stream is None else stream.write(text)

    def flush(self) -> None:
        if (stream := self._stream) is not None:
            stream.flush()

    def isatty(self) -> bool:
        stream = self._stream
        return stream is not None and stream.isatty()

    def fileno(self) -> int:
        stream = self._stream
        if stream is None:
            raise OSError("standard error is closed")
        return stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        return self._output.encoding

    def writable(self) -> bool:
        return True

    @property
    def _stream(self) -> TextIO | None:
        return self._output if threading.get_ident() == self._thread else sys.stderr
