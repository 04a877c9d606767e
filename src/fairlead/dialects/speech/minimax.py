"""MiniMax's speech (`POST {base}/t2a_v2`): the audio comes as hexadecimal digits in JSON.

Source: platform.minimax.io/docs/api-reference/speech-t2a-http.
"""

from __future__ import annotations

import binascii

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat.failures import of_base_resp
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
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}
_USUAL = "mp3"


class _Data(Struct):
    audio: str | None = None


class _Extra(Struct):
    audio_format: str | None = None


class _Body(Struct):
    data: _Data | None = None
    extra_info: _Extra | None = None
    base_resp: dict[str, object] | None = None


_BODY = msgspec.json.Decoder(_Body)


class MiniMaxSpeech:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "minimax"

    def encode(
        self, request: SpeechRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("instructions", *target.quirks.unsupported))
        body: Body = {"model": target.model, "text": asked.text}
        voice = {"voice_id": asked.voice, "speed": asked.speed}
        if setting := {name: value for name, value in voice.items() if value is not None}:
            body["voice_setting"] = setting
        if asked.format in _MEDIA_TYPES:
            body["audio_setting"] = {"format": asked.format}
        elif asked.format is not None:
            losses.unsupported(f"the format {asked.format}", f"ask for {', '.join(_MEDIA_TYPES)}")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: SpeechRequest, target: Target) -> Speech:
        found = jsontext.decode(body, _BODY)
        error = of_base_resp(found.base_resp or {}, target)
        if error is not None:
            raise error
        digits = found.data.audio if found.data else None
        if not digits:
            raise no_answer(body, target, "audio")
        try:
            audio = binascii.unhexlify(digits)
        except ValueError:
            message = (
                "the audio is not in hexadecimal digits; leave output_format out of extra_body"
            )
            raise DecodeError(message, jsontext.excerpt(body)) from None
        return Speech(model=target.model, audio=audio, media_type=_media_type(found, request))

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = MiniMaxSpeech()


def _media_type(found: _Body, request: SpeechRequest) -> str:
    told = found.extra_info.audio_format if found.extra_info else None
    name = told or request.format or _USUAL
    return _MEDIA_TYPES.get(name, f"audio/{name}")
