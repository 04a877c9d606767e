"""Pictures of Cloudflare's Workers AI (`POST .../ai/run/{model}`), which names the model in its
address and answers with the picture itself, or in its envelope as base64, as the model has it.

Source: developers.cloudflare.com/workers-ai/models.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import from_base64, media_type_of, one_at_a_time, put_size
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Result(Struct):
    image: str | None = None


class _Envelope(Struct):
    result: _Result | None = None
    success: bool | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
ACCEPT = ("accept", "application/json, image/*")


class CloudflareImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "cloudflare"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body = fields(request, target, losses)
        return Encoded(
            written(body, request.extra_body),
            (ACCEPT,),
            tuple(losses.warnings),
            tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        kind = media_type_of(body)
        if kind is not None:
            image = GeneratedImage(body, media_type=kind)
        else:
            found = jsontext.decode(body, _ENVELOPE)
            if found.success is False or found.result is None or found.result.image is None:
                raise no_answer(body, target, "picture")
            image = from_base64(found.result.image)
        return ImageResponse(model=target.model, images=(image,))

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = CloudflareImages()


def fields(request: ImageRequest, target: Target, losses: Losses) -> Body:
    """What is asked for, without the caller's own fields."""
    asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
    one_at_a_time(asked, losses)
    body: Body = {"prompt": asked.prompt}
    put_size(body, asked.size, losses, by_pixels=True, by_ratio=False)
    return body
