"""Mistral's speech (`POST {base}/audio/speech`): the audio comes as base64 in JSON.

Source: docs.mistral.ai/studio/audio/text-to-speech.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError, DecodeError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import Speech, SpeechRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/opus",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}
_USUAL = "mp3"


class _Body(Struct):
    audio_data: str | None = None


_BODY = msgspec.json.Decoder(_Body)


class MistralSpeech:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "mistral"

    def encode(
        self, request: SpeechRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("speed", "instructions", *target.quirks.unsupported))
        body: Body = {"model": target.model, "input": asked.text}
        if asked.voice is not None:
            body["voice_id"] = asked.voice
        if asked.format in _MEDIA_TYPES:
            body["response_format"] = asked.format
        elif asked.format is not None:
            losses.unsupported(f"the format {asked.format}", f"ask for {', '.join(_MEDIA_TYPES)}")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: SpeechRequest, target: Target) -> Speech:
        found = jsontext.decode(body, _BODY).audio_data
        if found is None:
            raise no_answer(body, target, "audio")
        try:
            audio = base64.b64decode(found, validate=True)
        except (binascii.Error, ValueError):
            raise DecodeError("the audio is not in base64", jsontext.excerpt(body)) from None
        media_type = _MEDIA_TYPES.get(request.format or _USUAL, _MEDIA_TYPES[_USUAL])
        return Speech(model=target.model, audio=audio, media_type=media_type)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = MistralSpeech()
