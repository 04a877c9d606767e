"""What a tape holds of one exchange: a request, and what came back of it when.

Times are seconds since the request was sent, in whole microseconds. Before it is written, all of it
may hold secrets, so that nothing here shows its headers or bytes.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Pairs = tuple[tuple[str, str], ...]
How = Literal["complete", "left", "failed"]
Phase = Literal["first_event", "idle", "progress"]


class Digest(Struct, frozen=True):
    """A body that is too long to be kept: its hash and its length in bytes."""

    sha256: str
    size: int


class TapedRequest(Struct, frozen=True):
    """A request. On a tape it is without what is secret."""

    method: str
    url: str
    headers: Pairs = ()
    body: bytes | Digest | None = None

    def __repr__(self) -> str:
        return f"TapedRequest({self.method})"


class Chunk(Struct, frozen=True):
    """Bytes of an answer that came together. There are never none."""

    at: float
    data: bytes

    def __repr__(self) -> str:
        return f"Chunk({self.at}, {len(self.data)} bytes)"


class Failure(Struct, frozen=True):
    """An error of the line, by the name of its class; or, on demand, what a fault does to it."""

    kind: str
    message: str = ""
    sent: bool = False
    phase: Phase = "idle"
    fatal: bool = False


class Ending(Struct, frozen=True):
    """How it ended; `left` is an answer whose reader went away before its end."""

    how: How = "complete"
    at: float = 0.0
    failure: Failure | None = None


class Answer(Struct, frozen=True):
    """A response whose headers came `at`; its body is as it was read, already unpacked."""

    status: int
    at: float = 0.0
    http_version: str = ""
    headers: Pairs = ()
    chunks: tuple[Chunk, ...] = ()

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.chunks)} chunks)"

    @property
    def body(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)


class Exchange(Struct, frozen=True):
    """`answer` is None where it failed before there was a response."""

    request: TapedRequest
    answer: Answer | None
    ending: Ending = Ending()


def instant(seconds: float) -> float:
    """As it can be written down and read back."""
    return round(max(0.0, seconds), 6)


def kind_of(headers: Pairs) -> str:
    """The content type, in lower case and without its parameters."""
    for name, value in reversed(headers):
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""
