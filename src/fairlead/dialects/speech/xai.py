"""xAI's speech (`POST {base}/tts`), which answers with the audio itself.

There is one model, which the body does not name. The language must be told; it is found out from
the text unless `extra_body` names one. Source: docs.x.ai/developers/rest-api-reference/inference.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import Speech, SpeechRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_FORMATS = ("mp3", "wav", "pcm")
_ANY_LANGUAGE = "auto"


class XaiSpeech:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "xai"

    def encode(
        self, request: SpeechRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("speed", "instructions", *target.quirks.unsupported))
        body: Body = {"text": asked.text}
        if asked.voice is not None:
            body["voice_id"] = asked.voice
        if "language" not in (request.extra_body or ()):
            body["language"] = _ANY_LANGUAGE
        if asked.format in _FORMATS:
            body["output_format"] = {"codec": asked.format}
        elif asked.format is not None:
            losses.unsupported(f"the format {asked.format}", f"ask for {', '.join(_FORMATS)}")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: SpeechRequest, target: Target) -> Speech:
        """Only called for JSON, which is no audio: it must be an error."""
        raise no_answer(body, target, "audio")

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = XaiSpeech()
