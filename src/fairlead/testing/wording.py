"""What a chat protocol must be able to say, and what the words of all of them share.

A protocol is a module of those three functions and a line in `chat.WORDINGS`, once the client reads
all of it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from fairlead.testing.chat import Asked, Said

Json = dict[str, object]
_PIECE = 8


class Wording(Protocol):
    """One protocol, from the provider's side."""

    def whole(self, said: Said, asked: Asked) -> Json:
        """The body of an answer that is not streamed."""

    def streamed(self, said: Said, asked: Asked) -> tuple[list[bytes], bytes]:
        """The events of a stream, and apart those that end it."""

    def error(self, status: int, message: str, code: str | None) -> Json:
        """The body of an error."""


def event(value: Json) -> bytes:
    """A server-sent event, with a name where the value has a type."""
    name = f"event: {value['type']}\n".encode() if "type" in value else b""
    return name + b"data: " + msgspec.json.encode(value) + b"\n\n"


def finish(said: Said, words: Mapping[str, str]) -> str:
    """Why the answer ends, in the protocol's `words` for our own."""
    reason = said.finish or ("tool_call" if said.calls else "stop")
    return words.get(reason, reason)


def call_id(asked: Asked, place: int) -> str:
    """Another one in each turn of a conversation."""
    return f"call_{len(asked.messages)}_{place}"


def cut_up(arguments: str) -> list[str]:
    """A call's arguments as a stream brings them."""
    return [arguments[start : start + _PIECE] for start in range(0, len(arguments), _PIECE)]
