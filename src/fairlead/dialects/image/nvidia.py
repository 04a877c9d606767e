"""Pictures of NVIDIA's hosted models (`POST .../v1/genai/{model}`): one in each call.

Some models call them `artifacts`, some the `image`. Source: docs.api.nvidia.com/nim/reference.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_FILTERED = "CONTENT_FILTERED"


class _Artifact(Struct):
    base64: str | None = None
    finishReason: str | None = None


class _Body(Struct):
    artifacts: list[_Artifact] | None = None
    image: str | None = None
    finish_reason: str | None = None


_BODY = msgspec.json.Decoder(_Body)


class NvidiaImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "nvidia"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
        one_at_a_time(asked, losses)
        body: Body = {"prompt": asked.prompt}
        put_size(body, asked.size, losses, by_pixels=True, by_ratio=True)
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = jsontext.decode(body, _BODY)
        artifacts = found.artifacts or []
        if found.finish_reason == _FILTERED or any(a.finishReason == _FILTERED for a in artifacts):
            raise refused(_FILTERED, target)
        images = tuple(_images(found))
        if not images:
            raise no_answer(body, target, "picture")
        return ImageResponse(model=target.model, images=images)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = NvidiaImages()


def _images(found: _Body) -> Iterator[GeneratedImage]:
    if found.image is not None:
        yield from_base64(found.image)
    for artifact in found.artifacts or ():
        if artifact.base64 is not None:
            yield from_base64(artifact.base64)
