"""Pictures of Fireworks (`POST {base}/workflows/{model}/text_to_image`), as base64 in JSON.

Source: docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import from_base64, one_at_a_time, put_size, refused
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_FILTERED = "CONTENT_FILTERED"


class _Body(Struct):
    base64: str | list[str] | None = None
    finishReason: str | None = None


_BODY = msgspec.json.Decoder(_Body)


class FireworksImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "fireworks"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
        one_at_a_time(asked, losses)
        body: Body = {"prompt": asked.prompt}
        put_size(body, asked.size, losses, by_pixels=False, by_ratio=True)
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = jsontext.decode(body, _BODY)
        if found.finishReason == _FILTERED:
            raise refused(_FILTERED, target)
        texts = [found.base64] if isinstance(found.base64, str) else found.base64
        if not texts:
            raise no_answer(body, target, "picture")
        return ImageResponse(model=target.model, images=tuple(from_base64(text) for text in texts))

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = FireworksImages()
