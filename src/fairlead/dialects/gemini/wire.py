"""The shapes that come over the wire: only the fields that are read, tolerant where they vary.

A chunk is read as a `Frame` first, which is fast and knows text alone; what is not plain text is
read again as a `Chunk`, whose parts keep the provider's bytes.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import rawjson

NAME = "gemini"
NOTHING = Raw()


class TextPart(Struct, gc=False):
    """A part as the hot path sees it; `thoughtSignature` and `partMetadata` make it not plain."""

    text: str | None = None
    thought: bool | None = None
    thoughtSignature: Raw = NOTHING
    partMetadata: Raw = NOTHING


class TextContent(Struct, gc=False):
    parts: list[TextPart] | None = None


class TextCandidate(Struct, gc=False):
    """A candidate of which only the text matters, as long as the other fields are absent."""

    content: TextContent | None = None
    index: int | None = None
    finishReason: Raw = NOTHING
    groundingMetadata: Raw = NOTHING
    citationMetadata: Raw = NOTHING
    urlContextMetadata: Raw = NOTHING
    logprobsResult: Raw = NOTHING


class Frame(Struct, gc=False):
    """One event of a stream, or a whole answer."""

    candidates: list[TextCandidate] | None = None
    usageMetadata: Raw = NOTHING
    modelVersion: str | None = None
    responseId: str | None = None
    promptFeedback: Raw = NOTHING
    error: Raw = NOTHING


class Content(Struct):
    parts: list[Raw] | None = None


class Candidate(Struct):
    """One of the answers, or a piece of it. Enumerations may come as numbers."""

    content: Content | None = None
    index: int | None = None
    finishReason: str | int | None = None
    finishMessage: Raw = NOTHING
    groundingMetadata: Raw = NOTHING
    citationMetadata: Raw = NOTHING
    urlContextMetadata: Raw = NOTHING
    logprobsResult: Raw = NOTHING


class Chunk(Struct):
    """What a `Frame` holds, in full."""

    candidates: list[Candidate] | None = None
    usageMetadata: Raw = NOTHING
    modelVersion: str | None = None
    responseId: str | None = None
    promptFeedback: Raw = NOTHING
    error: Raw = NOTHING


class PromptFeedback(Struct):
    """Why the prompt was not answered."""

    blockReason: str | int | None = None
    blockReasonMessage: str | None = None


class Part(Struct):
    """One part. Exactly one of the kinds is there; the signature and others stand beside it."""

    text: str | None = None
    thought: bool | None = None
    functionCall: Raw = NOTHING
    functionResponse: Raw = NOTHING
    executableCode: Raw = NOTHING
    codeExecutionResult: Raw = NOTHING
    toolCall: Raw = NOTHING
    toolResponse: Raw = NOTHING
    inlineData: Raw = NOTHING


class FunctionCall(Struct):
    id: str | None = None
    name: str | None = None
    args: Raw = NOTHING
    partialArgs: list[PartialArgument] | None = None
    willContinue: bool | None = None


class PartialArgument(Struct):
    """A value, or more of a string, at a place in the arguments such as `$.city`."""

    jsonPath: str = "$"
    stringValue: str | None = None
    numberValue: Raw = NOTHING
    boolValue: bool | None = None


class ProviderCall(Struct):
    """`executableCode` or `toolCall`: what the provider ran itself."""

    id: str | None = None
    toolType: str | None = None
    args: Raw = NOTHING


class ProviderResult(Struct):
    """`codeExecutionResult`, `toolResponse` or `functionResponse`: what came of it."""

    id: str | None = None
    name: str | None = None
    toolType: str | None = None
    outcome: str | int | None = None
    output: str | None = None
    response: Raw = NOTHING


class InlineData(Struct):
    mimeType: str | None = None
    data: str | None = None


FRAME = msgspec.json.Decoder(Frame)
CHUNK = msgspec.json.Decoder(Chunk)
PROMPT_FEEDBACK = msgspec.json.Decoder(PromptFeedback)
PART = msgspec.json.Decoder(Part)
FUNCTION_CALL = msgspec.json.Decoder(FunctionCall)
PROVIDER_CALL = msgspec.json.Decoder(ProviderCall)
PROVIDER_RESULT = msgspec.json.Decoder(ProviderResult)
INLINE_DATA = msgspec.json.Decoder(InlineData)
RAW_LIST = msgspec.json.Decoder(list[Raw])
RAW_FIELDS = msgspec.json.Decoder(dict[str, Raw])
STRING = msgspec.json.Decoder(str)


def fields_of(raw: Raw) -> dict[str, Raw]:
    """The fields of an object, each as it came; none of anything else."""
    return rawjson.optional(raw, RAW_FIELDS) or {}


def written(fields: dict[str, Raw]) -> str:
    """An object of such fields as JSON text."""
    return msgspec.json.encode(fields).decode("utf-8", "replace")
