"""Speech as OpenAI has it: `POST {base}/audio/speech`, which answers with the audio itself."""

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


class OpenAISpeech:
    name = "openai"

    def encode(
        self, request: SpeechRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {"model": target.model, "input": request.text}
        for field, name in (
            ("voice", "voice"),
            ("format", "response_format"),
            ("speed", "speed"),
            ("instructions", "instructions"),
        ):
            value = getattr(request, field)
            if value is not None and not losses.lacks(field):
                body[name] = value
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


DIALECT = OpenAISpeech()
