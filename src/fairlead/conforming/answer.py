"""One answer of the server under test as it came: status, headers and every byte of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fairlead.framing.sse import Frame, SseParser

if TYPE_CHECKING:
    from fairlead.types.http import Headers
    from fairlead.types.requests import ChatRequest

_EXCERPT = 120


class Answer(Struct, frozen=True):
    """`asked` is what was asked in neutral words, where it was."""

    status: int
    headers: Headers
    body: bytes
    seconds: float
    asked: ChatRequest | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def kind(self) -> str:
        """The content type, without its parameters."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()

    @property
    def data(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def frames(self) -> list[Frame]:
        """The body as server-sent events."""
        parser = SseParser()
        return [*parser.feed(self.body), *parser.close()]

    @property
    def excerpt(self) -> str:
        """The head of the body, for a sentence."""
        text = " ".join(self.body[: _EXCERPT * 2].decode("utf-8", "replace").split())
        return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."


def at(value: object, *path: str | int) -> object:
    """What stands at `path` within decoded JSON; None where nothing does."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value
