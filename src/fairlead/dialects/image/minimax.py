"""Pictures of MiniMax (`POST {base}/image_generation`), by URLs that last for a day, or as base64
where `response_format` in `extra_body` asks for that.

Source: platform.minimax.io/docs/api-reference/image-generation-t2i.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat.failures import of_base_resp
from fairlead.dialects.pictures import from_base64, put_size
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Data(Struct):
    image_urls: list[str] | None = None
    image_base64: list[str] | None = None


class _Metadata(Struct):
    failed_count: int | str | None = None


class _Body(Struct):
    data: _Data | None = None
    metadata: _Metadata | None = None
    base_resp: dict[str, object] | None = None


_BODY = msgspec.json.Decoder(_Body)


class MiniMaxImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "minimax"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
        body: Body = {"model": target.model, "prompt": asked.prompt}
        if asked.n is not None:
            body["n"] = asked.n
        put_size(body, asked.size, losses, by_pixels=True, by_ratio=True)
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = jsontext.decode(body, _BODY)
        error = of_base_resp(found.base_resp or {}, target)
        if error is not None:
            raise error
        images = tuple(_images(found.data or _Data()))
        if not images:
            raise no_answer(body, target, "pictures")
        return ImageResponse(model=target.model, warnings=_warnings(found), images=images)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = MiniMaxImages()


def _images(data: _Data) -> Iterator[GeneratedImage]:
    for text in data.image_base64 or ():
        yield from_base64(text)
    for url in data.image_urls or ():
        yield GeneratedImage(url=url)


def _warnings(found: _Body) -> tuple[str, ...]:
    """The count comes as a number or as text."""
    failed = "" if found.metadata is None else str(found.metadata.failed_count or "")
    return () if failed in ("", "0") else (f"{failed} of the pictures could not be drawn",)
