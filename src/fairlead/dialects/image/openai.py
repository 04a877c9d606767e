"""Pictures as OpenAI has them: `POST {base}/images/generations`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.figures import dollars_of, tokens_written, told_cost
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import from_base64
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError, DecodeError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.usage import Cost


class _Item(Struct):
    b64_json: str | None = None
    url: str | None = None
    mime_type: str | None = None
    media_type: str | None = None
    revised_prompt: str | None = None


class _Body(Struct):
    data: list[_Item] | None = None
    output_format: str | None = None
    usage: object = None


_BODY = msgspec.json.Decoder(_Body)


class OpenAIImages:
    name = "openai"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {"model": target.model, "prompt": request.prompt}
        for name in ("n", "size", "quality", "user"):
            value = getattr(request, name)
            if value is not None and not losses.lacks(name):
                body[name] = value
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = jsontext.decode(body, _BODY)
        if found.data is None:
            raise no_answer(body, target, "pictures")
        media_type = f"image/{found.output_format}" if found.output_format else None
        return ImageResponse(
            model=target.model,
            usage=tokens_written(found.usage),
            cost=told_cost(found.usage) or _ticks(found.usage),
            images=tuple(_image(item, media_type) for item in found.data),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = OpenAIImages()


def _image(item: _Item, media_type: str | None) -> GeneratedImage:
    kind = item.mime_type or item.media_type
    if item.b64_json:
        found = from_base64(item.b64_json, media_type, item.revised_prompt)
        return replace(found, url=item.url, media_type=kind or found.media_type)
    if item.url is None:
        raise DecodeError("a picture has neither data nor an address")
    return GeneratedImage(None, item.url, kind or media_type, item.revised_prompt)


def _ticks(usage: object) -> Cost | None:
    """xAI counts money in ticks, ten thousand million to the dollar."""
    ticks = usage.get("cost_in_usd_ticks") if isinstance(usage, Mapping) else None
    if type(ticks) is not int or ticks < 0:
        return None
    return Cost(dollars_of(ticks), "provider")
