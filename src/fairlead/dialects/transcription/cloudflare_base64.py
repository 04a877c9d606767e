"""Transcription by those models of Cloudflare's that take the audio as base64 in JSON, such as
Whisper's large ones. They tell the times of segments and words unasked.

Source: developers.cloudflare.com/workers-ai/models/whisper-large-v3-turbo.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.transcription.cloudflare import CloudflareTranscription
from fairlead.errors import InvalidRequest
from fairlead.framing.base64_field import Base64Field
from fairlead.ports import Encoded
from fairlead.types.operations import TranscriptionRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_AUDIO = "audio"


class CloudflareBase64Transcription(CloudflareTranscription):
    """The answers are those of the other models."""

    __slots__ = ()
    name = "cloudflare_base64"

    def encode(
        self, request: TranscriptionRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("temperature", *target.quirks.unsupported))
        body: Body = {}
        if asked.language is not None:
            body["language"] = asked.language
        if asked.prompt is not None:
            body["initial_prompt"] = asked.prompt
        if _AUDIO in (request.extra_body or ()):
            raise InvalidRequest(f"extra_body sets {_AUDIO!r}, which the request sets already")
        return Encoded(
            Base64Field(written(body, request.extra_body), _AUDIO, request.audio),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )


DIALECT = CloudflareBase64Transcription()
