"""Pictures of those models of Cloudflare's that are asked with a form, such as FLUX.2.

Source: developers.cloudflare.com/changelog/2025-11-25-flux-2-dev-workers-ai.
"""

from __future__ import annotations

from fairlead.dialects.body import written
from fairlead.dialects.image.cloudflare import ACCEPT, CloudflareImages, fields
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.framing.multipart import FormField, Multipart
from fairlead.ports import Encoded
from fairlead.types.operations import ImageRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class CloudflareFormImages(CloudflareImages):
    """The answers are those of the other models."""

    __slots__ = ()
    name = "cloudflare_form"

    def encode(
        self, request: ImageRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body = fields(request, target, losses)
        written(body, request.extra_body)  # refuses fields that are set twice
        form = Multipart(tuple(FormField(name, _text(name, body[name])) for name in body))
        return Encoded(
            form,
            (("content-type", form.content_type), ACCEPT),
            tuple(losses.warnings),
            tuple(losses.dropped),
        )


DIALECT = CloudflareFormImages()


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidRequest(
        f"extra_body sets {name!r} to what a form cannot hold; give text or a number"
    )
