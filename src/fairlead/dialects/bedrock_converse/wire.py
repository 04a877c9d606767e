"""The shapes that come over the wire: only the fields that are read, tolerant where they vary.

`Raw` fields keep the provider's bytes: what goes back to it must go back unchanged.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

NAME = "bedrock_converse"
NOTHING = Raw()


class ToolUseDelta(Struct, gc=False):
    """More of the arguments: JSON text in a string, or an object at once."""

    input: Raw = NOTHING


class ReasoningDelta(Struct, gc=False, rename="camel"):
    """More of the reasoning. `redacted_content` is base64."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class Delta(Struct, gc=False, rename="camel"):
    """A union: one field is set."""

    text: str | None = None
    tool_use: ToolUseDelta | None = None
    reasoning_content: ReasoningDelta | None = None
    citation: Raw = NOTHING
    tool_result: Raw = NOTHING
    image: Raw = NOTHING


class DeltaFrame(Struct, gc=False, rename="camel"):
    """The payload of `contentBlockDelta`."""

    content_block_index: int = 0
    delta: Delta | None = None


class BlockFrame(Struct, rename="camel"):
    """The payload of `contentBlockStart` and `contentBlockStop`."""

    content_block_index: int = 0
    start: dict[str, Raw] | None = None


class Ending(Struct, rename="camel"):
    """The payloads of `messageStop` and `metadata`, and what a whole answer has beside its text."""

    stop_reason: str | None = None
    usage: Raw = NOTHING
    additional_model_response_fields: Raw = NOTHING
    trace: Raw = NOTHING
    performance_config: Raw = NOTHING
    service_tier: Raw = NOTHING


class Message(Struct):
    content: list[dict[str, Raw]] | None = None


class Output(Struct):
    message: Message | None = None


class Answer(Ending):
    """The body of an answer that does not stream."""

    output: Output | None = None


class ToolUse(Struct, rename="camel"):
    tool_use_id: str | None = None
    name: str | None = None
    input: Raw = NOTHING
    type: str | None = None


class ToolResult(Struct, rename="camel"):
    """What a tool that the provider ran has answered."""

    tool_use_id: str | None = None
    content: list[dict[str, Raw]] | None = None
    status: str | None = None


class ReasoningText(Struct):
    text: str | None = None
    signature: str | None = None


class Reasoning(Struct, rename="camel"):
    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class Fragment(Struct):
    text: str | None = None


class CitationsContent(Struct):
    content: list[Fragment] | None = None
    citations: list[Raw] | None = None


class Web(Struct):
    url: str | None = None
    domain: str | None = None


class Place(Struct, rename="camel"):
    document_index: int | None = None
    search_result_index: int | None = None


class Location(Struct, rename="camel"):
    """A union. Offsets count characters, pages or chunks of the source, so none is read."""

    web: Web | None = None
    document_char: Place | None = None
    document_page: Place | None = None
    document_chunk: Place | None = None
    search_result_location: Place | None = None


class Citation(Struct, rename="camel"):
    title: str | None = None
    source: str | None = None
    source_content: list[Fragment] | None = None
    location: Location | None = None


class Blob(Struct, rename="camel"):
    """Where bytes are: here in base64, or in a bucket."""

    bytes: str | None = None
    s3_location: S3Location | None = None


class S3Location(Struct):
    uri: str | None = None


class Image(Struct):
    format: str | None = None
    source: Blob | None = None


DELTA = msgspec.json.Decoder(DeltaFrame)
BLOCK = msgspec.json.Decoder(BlockFrame)
ENDING = msgspec.json.Decoder(Ending)
ANSWER = msgspec.json.Decoder(Answer)
TOOL_USE = msgspec.json.Decoder(ToolUse)
TOOL_RESULT = msgspec.json.Decoder(ToolResult)
REASONING = msgspec.json.Decoder(Reasoning)
CITATIONS_CONTENT = msgspec.json.Decoder(CitationsContent)
CITATION = msgspec.json.Decoder(Citation)
IMAGE = msgspec.json.Decoder(Image)
STRING = msgspec.json.Decoder(str)
TEXT = msgspec.json.Decoder(str | None)
RAW_FIELDS = msgspec.json.Decoder(dict[str, Raw])


def block_text(kind: str, fields: object) -> str:
    """A content block of one kind as JSON text."""
    return msgspec.json.encode({kind: fields}).decode("utf-8", "replace")
