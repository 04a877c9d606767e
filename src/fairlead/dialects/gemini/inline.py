"""Answers of `generateContent` that are pictures or sound, for the operations that ask for those.

What belongs to the model's thoughts, such as a sketch, is no answer.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.classify import classify
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.reasons import finish_reason
from fairlead.dialects.gemini.tally import UsageTally
from fairlead.errors import ApiError, DecodeError
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

_STANDARD = str.maketrans("-_", "+/")


class _InlineData(Struct):
    data: str = ""
    mimeType: str | None = None


class _Part(Struct):
    text: str | None = None
    thought: bool | None = None
    inlineData: _InlineData | None = None


class _Content(Struct):
    parts: list[_Part] | None = None


class _Candidate(Struct):
    content: _Content | None = None
    finishReason: str | int | None = None
    finishMessage: str | None = None


class _Feedback(Struct):
    blockReason: str | int | None = None
    blockReasonMessage: str | None = None


class _Body(Struct):
    candidates: list[_Candidate] | None = None
    promptFeedback: _Feedback | None = None
    modelVersion: str | None = None
    usageMetadata: Raw = Raw()
    error: Raw = Raw()


_BODY = msgspec.json.Decoder(_Body)


class Piece(Struct, frozen=True):
    """The bytes of a picture or of some sound, and what the provider says that they are."""

    data: bytes
    media_type: str | None


class InlineAnswer(Struct, frozen=True):
    """At least one piece. `spoken` tells that there is text beside it."""

    pieces: tuple[Piece, ...]
    model: str
    usage: Usage | None
    spoken: bool


def read(body: bytes, target: Target, kind: str) -> InlineAnswer:
    """The pieces of a `kind` such as `image`. Raises `DecodeError`, or `ApiError` where there is

    none because of what it would have shown, or the body is an error.
    """
    found = jsontext.decode(body, _BODY)
    if bytes(found.error) not in (b"", b"null"):
        raise api_error(body, target)
    parts = list(_parts(found))
    pieces = tuple(_pieces(parts, kind))
    if not pieces:
        raise _missing(found, body, target, kind)
    tally = UsageTally()
    tally.pending.append(found.usageMetadata)
    return InlineAnswer(
        pieces,
        found.modelVersion or target.model,
        tally.usage(),
        any(part.text for part in parts),
    )


def _parts(found: _Body) -> Iterator[_Part]:
    for candidate in found.candidates or ():
        for part in (candidate.content and candidate.content.parts) or ():
            if not part.thought:
                yield part


def _pieces(parts: list[_Part], kind: str) -> Iterator[Piece]:
    for part in parts:
        inline = part.inlineData
        if inline is None or not (inline.mimeType or kind).startswith(kind):
            continue
        try:
            data = binascii.a2b_base64(inline.data.translate(_STANDARD), strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise DecodeError(f"the {kind} is not valid base64: {error}") from error
        if not data:
            raise DecodeError(f"the {kind} is empty")
        yield Piece(data, inline.mimeType)


def _missing(found: _Body, body: bytes, target: Target, kind: str) -> ApiError | DecodeError:
    reason = _withheld(found)
    if reason is not None:
        message = f"the {kind} was withheld: {reason}"
        return classify(message, status=None, target=target.label, code="content_filter")
    told = [str(c.finishReason) for c in found.candidates or () if c.finishReason is not None]
    why = f" ({', '.join(told)})" if told else ""
    return DecodeError(f"the answer has no {kind}{why}", jsontext.excerpt(body))


def _withheld(found: _Body) -> str | None:
    """Why the provider will not show it, if that is so."""
    feedback = found.promptFeedback
    if feedback is not None and feedback.blockReason is not None:
        return feedback.blockReasonMessage or str(feedback.blockReason)
    for candidate in found.candidates or ():
        raw = None if candidate.finishReason is None else str(candidate.finishReason)
        if finish_reason(raw, has_tool_calls=False) == "content_filter":
            return candidate.finishMessage or raw
    return None
