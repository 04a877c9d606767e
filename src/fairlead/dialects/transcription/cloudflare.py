"""Transcription by those models of Cloudflare's Workers AI that take the audio and nothing else
(`POST .../ai/run/@cf/openai/whisper`). They tell the times of words unasked.

Source: developers.cloudflare.com/workers-ai/models/whisper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import Transcription, TranscriptionRequest, TranscriptSegment
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Word(Struct):
    word: str
    start: float
    end: float


class _Segment(Struct):
    text: str
    start: float
    end: float
    words: list[_Word] | None = None


class _Info(Struct):
    language: str | None = None
    duration: float | None = None


class _Result(Struct):
    text: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None
    transcription_info: _Info | None = None


class _Envelope(Struct):
    result: _Result | None = None
    success: bool | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class CloudflareTranscription:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "cloudflare"

    def encode(
        self, request: TranscriptionRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        not_taken = ("language", "prompt", "temperature", "extra_body")
        asked = losses.without(request, (*not_taken, *target.quirks.unsupported))
        if asked.timestamps == "segment":
            losses.unsupported("timestamps='segment'", "ask for those of words")
        return Encoded(
            request.audio,
            (("content-type", "application/octet-stream"),),
            tuple(losses.warnings),
            tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: TranscriptionRequest, target: Target) -> Transcription:
        found = jsontext.decode(body, _ENVELOPE)
        result = found.result
        if found.success is False or result is None or result.text is None:
            raise no_answer(body, target, "transcript")
        info = result.transcription_info or _Info()
        return Transcription(
            model=target.model,
            text=result.text,
            language=info.language,
            duration=info.duration,
            words=tuple(_spoken(_words(result))),
            segments=tuple(
                TranscriptSegment(s.text, s.start, s.end) for s in result.segments or ()
            ),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = CloudflareTranscription()


def _words(result: _Result) -> Iterator[_Word]:
    """They stand by themselves, or inside the segments."""
    if result.words is not None:
        yield from result.words
        return
    for segment in result.segments or ():
        yield from segment.words or ()


def _spoken(words: Iterable[_Word]) -> Iterator[TranscriptSegment]:
    for word in words:
        yield TranscriptSegment(word.word, word.start, word.end)
