"""The shapes that come over the wire: one object a line, the last of which is `done`.

`/api/chat` puts what is said into `message`, `/api/generate` into `response` and `thinking`.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects.rawjson import NOTHING

NAME = "ollama"
GENERATE = "ollama_generate"


class Function(Struct, gc=False):
    name: str | None = None
    arguments: Raw = NOTHING


class Call(Struct, gc=False):
    """A tool call, always whole."""

    id: str | None = None
    function: Function | None = None


class Message(Struct, gc=False):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None


class Line(Struct, gc=False):
    """One line of a stream, or a whole answer."""

    model: str | None = None
    message: Message | None = None
    response: str | None = None
    thinking: str | None = None
    done: bool | None = None
    done_reason: str | None = None
    created_at: str | None = None
    logprobs: Raw = NOTHING
    error: Raw = NOTHING


class TokenLogprob(Struct, gc=False):
    token: str = ""
    logprob: float = 0.0
    bytes: list[int] | None = None
    top_logprobs: list[TokenLogprob] | None = None


class Counts(Struct):
    """The figures on the last line. Cached tokens are among those of the prompt."""

    prompt_eval_count: int | None = None
    prompt_eval_cached_count: int | None = None
    eval_count: int | None = None


LINE = msgspec.json.Decoder(Line)
LOGPROBS = msgspec.json.Decoder(list[TokenLogprob])
COUNTS = msgspec.json.Decoder(Counts)
