"""Transcription as OpenAI has it: `POST {base}/audio/transcriptions`, a form with the file in it.

An answer that comes as a stream of events (`stream` in `extra_body`) is read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.figures import tokens_written
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError, DecodeError, InvalidRequest, StreamInterrupted
from fairlead.framing.multipart import FormField, Multipart
from fairlead.framing.sse import SseParser
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.operations import Transcription, TranscriptionRequest, TranscriptSegment
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_PLAIN_FORMATS = ("text", "srt", "vtt")


class _Stretch(Struct):
    start: float
    end: float
    text: str | None = None
    word: str | None = None


class _Body(Struct):
    text: str | None = None
    language: str | None = None
    duration: float | str | None = None
    model: str | None = None
    words: list[_Stretch] | None = None
    segments: list[_Stretch] | None = None
    usage: object = None


class _StreamEvent(Struct):
    type: str = ""
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    usage: object = None


_BODY = msgspec.json.Decoder(_Body)
_EVENT = msgspec.json.Decoder(_StreamEvent)


class OpenAITranscription:
    name = "openai"

    def encode(
        self, request: TranscriptionRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        form = Multipart(tuple(_fields(request, target, losses)))
        return Encoded(
            form,
            (("content-type", form.content_type),),
            tuple(losses.warnings),
            tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: TranscriptionRequest, target: Target) -> Transcription:
        if body.lstrip()[:1] == b"{":
            return _whole(body, target)
        if body.startswith((b"data:", b"event:", b":")):
            return _streamed(body, target)
        if (request.extra_body or {}).get("response_format") in _PLAIN_FORMATS:
            return Transcription(model=target.model, text=body.decode("utf-8", "replace"))
        raise DecodeError("the transcript is not JSON", jsontext.excerpt(body))

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = OpenAITranscription()


def _fields(request: TranscriptionRequest, target: Target, losses: Losses) -> Iterator[FormField]:
    """The file comes last, so that a server knows what to do with it as it comes."""
    taken = {"model", "file"}
    yield FormField("model", target.model)
    for name in ("language", "prompt", "temperature"):
        value = getattr(request, name)
        if value is not None and not losses.lacks(name):
            taken.add(name)
            yield FormField(name, str(value))
    if request.timestamps is not None and not losses.lacks("timestamps"):
        taken |= {"response_format", "timestamp_granularities", "timestamp_granularities[]"}
        yield FormField("response_format", "verbose_json")
        yield FormField("timestamp_granularities[]", request.timestamps)
    for name, value in (request.extra_body or {}).items():
        if name in taken:
            raise InvalidRequest(
                f"extra_body sets {name!r}, which the request sets already; set it in one place"
            )
        values = value if isinstance(value, list | tuple) else (value,)
        label = f"{name}[]" if isinstance(value, list | tuple) else name
        for item in values:
            yield FormField(label, item if isinstance(item, str) else _written(item))
    yield FormField("file", request.audio, request.name, request.media_type)


def _written(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _whole(body: bytes, target: Target) -> Transcription:
    found = jsontext.decode(body, _BODY)
    if found.text is None:
        raise no_answer(body, target, "transcript")
    return Transcription(
        model=found.model or target.model,
        usage=tokens_written(found.usage),
        text=found.text,
        language=found.language,
        duration=_seconds(found.duration, found.usage),
        words=_stretches(found.words),
        segments=_stretches(found.segments),
    )


def _streamed(body: bytes, target: Target) -> Transcription:
    limits = Limits()
    parser = SseParser(limits.line, limits.event)
    segments: list[TranscriptSegment] = []
    for _, data, _ in [*parser.feed(body), *parser.close()]:
        if data == b"[DONE]":
            continue
        event = jsontext.decode(data, _EVENT)
        if event.type == "transcript.text.segment":
            segments.append(TranscriptSegment(event.text, event.start, event.end))
        elif event.type == "transcript.text.done":
            return Transcription(
                model=target.model,
                usage=tokens_written(event.usage),
                text=event.text,
                segments=tuple(segments),
            )
        elif event.type == "error":
            raise no_answer(data, target, "transcript")
    raise StreamInterrupted(
        "the transcript broke off before its end",
        partial=Message.assistant(*[segment.text for segment in segments]),
    )


def _stretches(found: list[_Stretch] | None) -> tuple[TranscriptSegment, ...]:
    return tuple(
        TranscriptSegment(text, item.start, item.end)
        for item in found or ()
        if (text := item.text if item.word is None else item.word) is not None
    )


def _seconds(duration: float | str | None, usage: object) -> float | None:
    """The length of the audio; some write it as text, some only with the usage."""
    if duration is None and isinstance(usage, Mapping):
        told = usage.get("seconds", usage.get("prompt_audio_seconds"))
        duration = told if isinstance(told, int | float) else None
    try:
        return None if duration is None else float(duration)
    except ValueError:
        return None
