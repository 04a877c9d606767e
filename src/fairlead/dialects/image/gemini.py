"""Pictures of Google's Gemini models (`POST {model}:generateContent`), on the Gemini API and on
Vertex AI.

They take a shape and a class of resolution rather than pixels; of squares that is the same.
Source: ai.google.dev/gemini-api/docs/image-generation.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.inline import read
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import media_type_of, one_at_a_time, ratio
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_SQUARES: dict[str, Body] = {
    "1024x1024": {"aspectRatio": "1:1"},
    "2048x2048": {"aspectRatio": "1:1", "imageSize": "2K"},
    "4096x4096": {"aspectRatio": "1:1", "imageSize": "4K"},
}
_CLASSES = ("1K", "2K", "4K")


class GeminiImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "gemini"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
        one_at_a_time(asked, losses)
        config: Body = {"responseModalities": ["IMAGE"]}
        if shape := _shape(asked.size, losses):
            config["imageConfig"] = shape
        body: Body = {
            "contents": [{"role": "user", "parts": [{"text": asked.prompt}]}],
            "generationConfig": config,
        }
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = read(body, target, "image")
        return ImageResponse(
            model=found.model,
            usage=found.usage,
            warnings=("the model said something too, which raw holds",) if found.spoken else (),
            images=tuple(
                GeneratedImage(piece.data, media_type=media_type_of(piece.data) or piece.media_type)
                for piece in found.pieces
            ),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


DIALECT = GeminiImages()


def _shape(size: str | None, losses: Losses) -> Body:
    if size is None:
        return {}
    if size in _SQUARES:
        return _SQUARES[size]
    if size in _CLASSES:
        return {"imageSize": size}
    if ratio(size) is not None:
        return {"aspectRatio": size}
    losses.unsupported(f"size={size!r}", "give a shape such as 16:9, or 1K, 2K or 4K")
    return {}
