"""The shapes that come over the wire: only the fields that are read, tolerant where they vary.

In the deltas of a stream, `content`, `tool_calls` and `citations` hold one object each, in
`message-start` and in a whole answer a list.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.rawjson import NOTHING
from fairlead.errors import DecodeError

NAME = "cohere"


class Content(Struct, gc=False):
    """A piece of the text, or of the thinking."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class Function(Struct, gc=False):
    name: str | None = None
    arguments: str | dict[str, object] | None = None


class Call(Struct, gc=False):
    """A tool call, or a piece of one."""

    id: str | None = None
    function: Function | None = None


class Message(Struct, gc=False):
    content: Content | list[Raw] | str | None = None
    tool_plan: str | None = None
    tool_calls: Call | list[Call] | None = None
    citations: Raw = NOTHING


class Delta(Struct, gc=False):
    message: Message | None = None
    finish_reason: str | None = None
    usage: Raw = NOTHING
    error: str | None = None
    error_type: str | None = None


class Frame(Struct, gc=False):
    """One event of a stream."""

    type: str | None = None
    index: int | None = None
    delta: Delta | None = None
    id: str | None = None
    logprobs: Raw = NOTHING
    message: Raw = NOTHING


class Answer(Struct):
    """A whole answer. Where `message` is a string, it is an error's."""

    id: str | None = None
    message: Message | str | None = None
    finish_reason: str | None = None
    usage: Raw = NOTHING
    logprobs: Raw = NOTHING


class Logprobs(Struct, gc=False):
    """The probabilities of a stretch of text, one for each of its tokens."""

    text: str | None = None
    logprobs: list[float] | None = None


class _Kind(Struct):
    type: object = None


FRAME = msgspec.json.Decoder(Frame)
ANSWER = msgspec.json.Decoder(Answer)
CONTENT = msgspec.json.Decoder(Content)
LOGPROBS = msgspec.json.Decoder(Logprobs)
LOGPROB_LIST = msgspec.json.Decoder(list[Logprobs])
_KIND = msgspec.json.Decoder(_Kind)

EVENTS = frozenset(
    {
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
    }
)


def read_frame(data: bytes) -> Frame:
    """One event, also of a kind that is not known yet. Raises `DecodeError`."""
    try:
        return jsontext.decode(data, FRAME)
    except DecodeError:
        kind = jsontext.decode(data, _KIND).type
        if not isinstance(kind, str) or kind in EVENTS:
            raise
        return Frame(type=kind)
