"""What callers may pass to the operations beside chat. What is doubtful is refused here."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, get_args

import msgspec

from fairlead.dialects.sources import check_sound
from fairlead.errors import InvalidRequest
from fairlead.framing.multipart import BytesBody, FileBody
from fairlead.inputs import checked_integer, checked_number, checked_stop, checked_text, shown
from fairlead.types.http import Body
from fairlead.types.media import HEAD, media_type_of
from fairlead.types.messages import Audio
from fairlead.types.operations import (
    AudioFormat,
    CompletionRequest,
    EmbeddingRequest,
    ImageRequest,
    InputType,
    RerankRequest,
    SpeechRequest,
    TranscriptionRequest,
)
from fairlead.types.paths import path_of
from fairlead.types.requests import UnsupportedPolicy

AudioInput = str | os.PathLike[str] | bytes | Audio
"""A path, raw bytes of a known kind, or an `Audio` part."""

Q_ = TypeVar("Q_")

_KINDS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "video/mp4": "m4a",
    "video/webm": "webm",
}
"""How the names of such files end; a video has its sound."""
_MEDIA_TYPES = {kind: media_type for media_type, kind in _KINDS.items()}
_MEDIA_TYPES |= {"m4a": "audio/mp4", "webm": "audio/webm"}


class CallOptions(TypedDict, total=False):
    """Keyword arguments that every operation takes.

    `deadline` is seconds for the whole call, waiting and retries included. `extra_body` is merged
    into the JSON body and refused where it collides with it; `unsupported` says what to do about an
    argument that the provider does not take. `cache` says whether an equal call's answer will do
    and this one is kept, `"refresh"` that none from before will do; it is kept for `cache_ttl`
    seconds. Speech, transcripts and images are not kept.
    """

    extra_body: Mapping[str, object]
    extra_headers: Mapping[str, str]
    deadline: float
    unsupported: UnsupportedPolicy
    cache: bool | Literal["refresh"]
    cache_ttl: float


class CompletionOptions(CallOptions, total=False):
    """The keyword arguments of `complete`; what is absent is not sent. `max_tokens` in tokens."""

    max_tokens: int
    temperature: float
    top_p: float
    stop: str | Sequence[str]
    seed: int
    user: str


def completion_request(
    model: str, prompt: str, suffix: str | None, options: CompletionOptions
) -> CompletionRequest:
    return CompletionRequest(
        model=model,
        prompt=_text("prompt", prompt),
        suffix=_optional_text("suffix", suffix),
        max_tokens=_integer("max_tokens", options.get("max_tokens")),
        temperature=_number("temperature", options.get("temperature")),
        top_p=_number("top_p", options.get("top_p")),
        stop=() if options.get("stop") is None else checked_stop(options["stop"]),
        seed=_integer("seed", options.get("seed")),
        user=_optional_text("user", options.get("user")),
        extra_body=_extra_body(options.get("extra_body")),
    )


def embedding_request(
    model: str,
    inputs: str | Sequence[str],
    dimensions: int | None,
    input_type: InputType | None,
    options: CallOptions,
) -> EmbeddingRequest:
    texts = _texts("inputs", inputs)
    for index, text in enumerate(texts):
        if not text:
            raise InvalidRequest(f"inputs[{index}] is empty; there is nothing to embed")
    if dimensions is not None and checked_integer("dimensions", dimensions) == 0:
        raise InvalidRequest("dimensions must be at least 1")
    return EmbeddingRequest(
        model=model,
        inputs=texts,
        dimensions=dimensions,
        input_type=_one_of("input_type", input_type, get_args(InputType)),
        extra_body=_extra_body(options.get("extra_body")),
    )


def rerank_request(
    model: str, query: str, documents: Sequence[str], top_n: int | None, options: CallOptions
) -> RerankRequest:
    if top_n is not None and checked_integer("top_n", top_n) == 0:
        raise InvalidRequest("top_n must be at least 1")
    return RerankRequest(
        model=model,
        query=_text("query", query),
        documents=_texts("documents", documents),
        top_n=top_n,
        extra_body=_extra_body(options.get("extra_body")),
    )


def transcription_request(
    model: str,
    audio: AudioInput,
    *,
    language: str | None,
    prompt: str | None,
    temperature: float | None,
    timestamps: str | None,
    options: CallOptions,
) -> TranscriptionRequest:
    body, name, media_type = _audio(audio)
    return TranscriptionRequest(
        model=model,
        audio=body,
        name=name,
        media_type=media_type,
        language=_optional_text("language", language),
        prompt=_optional_text("prompt", prompt),
        temperature=_number("temperature", temperature),
        timestamps=_one_of("timestamps", timestamps, ("word", "segment")),
        extra_body=_extra_body(options.get("extra_body")),
    )


def speech_request(
    model: str,
    text: str,
    *,
    voice: str | None,
    format: AudioFormat | None,  # noqa: A002  # the field's own word
    speed: float | None,
    instructions: str | None,
    options: CallOptions,
) -> SpeechRequest:
    return SpeechRequest(
        model=model,
        text=_text("text", text),
        voice=_optional_text("voice", voice),
        format=_one_of("format", format, get_args(AudioFormat)),
        speed=_number("speed", speed),
        instructions=_optional_text("instructions", instructions),
        extra_body=_extra_body(options.get("extra_body")),
    )


def image_request(
    model: str,
    prompt: str,
    *,
    n: int | None,
    size: str | None,
    quality: str | None,
    options: CallOptions,
) -> ImageRequest:
    if n is not None and checked_integer("n", n) == 0:
        raise InvalidRequest("n must be at least 1")
    return ImageRequest(
        model=model,
        prompt=_text("prompt", prompt),
        n=n,
        size=_optional_text("size", size),
        quality=_optional_text("quality", quality),
        extra_body=_extra_body(options.get("extra_body")),
    )


def check_call_options(options: CallOptions, known: type = CallOptions) -> None:
    """Raises `InvalidRequest` for a keyword that no operation takes."""
    names = known.__annotations__ | CallOptions.__annotations__
    for name in options:
        if name not in names:
            raise InvalidRequest(f"there is no option {name!r}; there are {', '.join(names)}")


def _audio(audio: AudioInput) -> tuple[Body, str, str]:
    """The sound, a file name that ends in its format, and its media type."""
    if isinstance(audio, Audio):
        check_sound(audio)
        kind = _kind_of(audio.data[:HEAD]) or _subtype(audio.media_type)
        return BytesBody(audio.data), f"audio.{kind}", audio.media_type
    if isinstance(audio, bytes):
        found = _kind_of(audio[:HEAD])
        if found is None:
            raise InvalidRequest(
                "these bytes are no audio that is known here; pass Audio(data, media_type)"
            )
        return BytesBody(audio), f"audio.{found}", _MEDIA_TYPES[found]
    if not isinstance(audio, str | os.PathLike):
        raise InvalidRequest("audio must be a path, bytes or an Audio part")
    return _audio_file(path_of(audio))


def _audio_file(path: Path) -> tuple[Body, str, str]:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"{path} cannot be read: {reason}") from None
    found = _kind_of(head)
    guessed = mimetypes.guess_type(path.name)[0] or ""
    if found is None and not guessed.startswith(("audio/", "video/")):
        raise InvalidRequest(f"{path} is no audio file that is known here")
    if found is None and head and _is_text(head):
        raise InvalidRequest(f"{path} is called an audio file, but holds text")
    if size == 0:
        raise InvalidRequest(f"{path} is empty")
    return FileBody(path, size), path.name, _MEDIA_TYPES[found] if found else guessed


def _kind_of(head: bytes) -> str | None:
    return _KINDS.get(media_type_of(head) or "")


def _is_text(head: bytes) -> bool:
    return head.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def _subtype(media_type: str) -> str:
    return media_type.partition("/")[2].partition(";")[0].removeprefix("x-") or "audio"


def _texts(name: str, value: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping | bytes) or not isinstance(value, Sequence):
        raise InvalidRequest(f"{name} must be a string or a list of strings")
    for index, text in enumerate(value):
        if not isinstance(text, str):
            raise InvalidRequest(f"{name}[{index}] must be a string, not {shown(text)}")
    if not value:
        raise InvalidRequest(f"{name} is empty; pass at least one text")
    return tuple(value)


def _text(name: str, value: str) -> str:
    checked_text(name, value)
    if not value:
        raise InvalidRequest(f"{name} is empty")
    return value


def _optional_text(name: str, value: str | None) -> str | None:
    if value is not None:
        checked_text(name, value)
    return value


def _number(name: str, value: float | None) -> float | None:
    return None if value is None else checked_number(name, value)


def _integer(name: str, value: int | None) -> int | None:
    return None if value is None else checked_integer(name, value)


def _one_of(name: str, value: object, allowed: tuple[Q_, ...]) -> Q_ | None:
    if value is None:
        return None
    for choice in allowed:
        if value == choice:
            return choice
    raise InvalidRequest(f"{name} must be one of {', '.join(map(str, allowed))}")


def _extra_body(value: Mapping[str, object] | None) -> Mapping[str, object] | None:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidRequest("extra_body must be a mapping")
    if value is not None:
        try:
            msgspec.json.encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequest(f"extra_body cannot be written as JSON: {error}") from error
    return value
