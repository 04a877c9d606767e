"""The shapes that come over the wire: only the fields that are read, tolerant where they vary.

`Raw` fields keep the provider's bytes: what goes back to it must go back unchanged.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.errors import DecodeError

NAME = "anthropic_messages"
NOTHING = Raw()


class Delta(Struct, gc=False):
    """The change in a `content_block_delta` or `message_delta`."""

    type: str | None = None
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    citation: Raw = NOTHING
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Raw = NOTHING
    container: Raw = NOTHING


class Frame(Struct, gc=False):
    """One event of a stream."""

    type: str | None = None
    index: int | None = None
    delta: Delta | None = None
    content_block: Raw = NOTHING
    message: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING
    context_management: Raw = NOTHING
    metrics: Raw = msgspec.field(default=NOTHING, name="amazon-bedrock-invocationMetrics")


class Answer(Struct):
    """A whole message: the body of an unstreamed answer, or what `message_start` holds."""

    type: str | None = None
    id: str | None = None
    model: str | None = None
    content: Raw = NOTHING
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Raw = NOTHING
    container: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING
    context_management: Raw = NOTHING


class Block(Struct):
    """A content block. Fields that differ between kinds stay raw."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = NOTHING
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    tool_use_id: str | None = None
    content: Raw = NOTHING
    is_error: bool | None = None
    citations: Raw = NOTHING


class CitationBlock(Struct):
    """Where a stretch of text comes from."""

    type: str | None = None
    url: str | None = None
    title: str | None = None
    document_title: str | None = None
    cited_text: str | None = None
    source: str | None = None
    file_id: str | None = None
    document_index: int | None = None


class StopDetails(Struct):
    """Why the model refused."""

    category: str | None = None
    explanation: str | None = None


class Edits(Struct):
    """What the provider cut out of the conversation before it answered."""

    applied_edits: list[Raw] | None = None


class _Kind(Struct):
    type: object = None
    delta: Raw = NOTHING


FRAME = msgspec.json.Decoder(Frame)
ANSWER = msgspec.json.Decoder(Answer)
BLOCK = msgspec.json.Decoder(Block)
CITATION = msgspec.json.Decoder(CitationBlock)
STOP_DETAILS = msgspec.json.Decoder(StopDetails)
EDITS = msgspec.json.Decoder(Edits)
RAW_LIST = msgspec.json.Decoder(list[Raw])
RAW_FIELDS = msgspec.json.Decoder(dict[str, Raw])
STRING = msgspec.json.Decoder(str)
_KIND = msgspec.json.Decoder(_Kind)

EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    }
)
DELTAS = frozenset(
    {"text_delta", "input_json_delta", "thinking_delta", "signature_delta", "citations_delta"}
)


def read_frame(data: bytes) -> Frame:
    """One event, also of a kind that is not known yet. Raises `DecodeError`."""
    try:
        return jsontext.decode(data, FRAME)
    except DecodeError:
        kind = kind_of(data)
        if kind in EVENTS and kind != "content_block_delta":
            raise
        if kind == "content_block_delta":
            inner = kind_of(jsontext.decode(data, _KIND).delta)
            if inner is None or inner in DELTAS:
                raise
        elif kind is None:
            raise
        return Frame(type="unknown")


def kind_of(data: bytes | Raw) -> str | None:
    """The `type` of an object of any shape."""
    kind = jsontext.decode(bytes(data), _KIND).type
    return kind if isinstance(kind, str) else None
