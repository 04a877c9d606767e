"""Speech of Google's Gemini models (`POST {model}:generateContent`), on the Gemini API and on
Vertex AI: samples of 16 bits without a header, as base64 in JSON.

How it is said is part of the text. Source: ai.google.dev/gemini-api/docs/speech-generation.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.inline import read
from fairlead.dialects.losses import Losses
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import Speech, SpeechRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_SAMPLES = "pcm"
_USUAL = "audio/L16;codec=pcm;rate=24000"


class GeminiSpeech:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "gemini"

    def encode(
        self, request: SpeechRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("speed", *target.quirks.unsupported))
        if asked.instructions is not None:
            losses.unsupported("instructions", "write how it should sound into the text")
        if asked.format not in (None, _SAMPLES):
            losses.unsupported(f"the format {asked.format}", f"ask for {_SAMPLES}")
        config: Body = {"responseModalities": ["AUDIO"]}
        if asked.voice is not None:
            voice = {"prebuiltVoiceConfig": {"voiceName": asked.voice}}
            config["speechConfig"] = {"voiceConfig": voice}
        body: Body = {
            "contents": [{"role": "user", "parts": [{"text": asked.text}]}],
            "generationConfig": config,
        }
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: SpeechRequest, target: Target) -> Speech:
        found = read(body, target, "audio")
        return Speech(
            model=found.model,
            usage=found.usage,
            media_type=found.pieces[0].media_type or _USUAL,
            audio=b"".join(piece.data for piece in found.pieces),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


DIALECT = GeminiSpeech()
