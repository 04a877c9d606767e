"""Pictures of Alibaba's DashScope (`POST .../multimodal-generation/generation`): a message in,
URLs out that last for a day.

Source: www.alibabacloud.com/help/en/model-studio/qwen-image-api.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.figures import tokens_written
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import pixels
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import GeneratedImage, ImageRequest, ImageResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Content(Struct):
    image: str | None = None


class _Message(Struct):
    content: list[_Content] | None = None


class _Choice(Struct):
    message: _Message | None = None


class _Output(Struct):
    choices: list[_Choice] | None = None


class _Body(Struct):
    output: _Output | None = None
    usage: object = None


_BODY = msgspec.json.Decoder(_Body)


class DashScopeImages:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "dashscope"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        asked = losses.without(request, ("quality", "user", *target.quirks.unsupported))
        message = {"role": "user", "content": [{"text": asked.prompt}]}
        body: Body = {"model": target.model, "input": {"messages": [message]}}
        if parameters := _parameters(asked, losses):
            body["parameters"] = parameters
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: ImageRequest, target: Target) -> ImageResponse:
        found = jsontext.decode(body, _BODY)
        images = tuple(_images(found))
        if not images:
            raise no_answer(body, target, "pictures")
        return ImageResponse(model=target.model, usage=tokens_written(found.usage), images=images)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = DashScopeImages()


def _parameters(asked: ImageRequest, losses: Losses) -> Body:
    found: Body = {}
    if asked.n is not None:
        found["n"] = asked.n
    if asked.size is not None:
        size = pixels(asked.size)
        if size is None:
            losses.unsupported(f"size={asked.size!r}", "give it in a form such as 1328x1328")
        else:
            found["size"] = f"{size[0]}*{size[1]}"
    return found


def _images(found: _Body) -> Iterator[GeneratedImage]:
    for choice in (found.output and found.output.choices) or ():
        for content in (choice.message and choice.message.content) or ():
            if content.image is not None:
                yield GeneratedImage(url=content.image)
