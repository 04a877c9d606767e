"""llama.cpp's fill in the middle (`POST {host}/infill`), in the server's own words.

They are those of its `/completion` too, of which this reads the answers, streamed and whole.
"""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.completion.infill_decoder import InfillDecoder
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded, Limits
from fairlead.types.http import Headers
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_PLAIN = ("temperature", "top_p", "stop", "seed")


class LlamaCppInfill:
    """See `ports.Dialect`. It holds nothing."""

    name = "llamacpp_infill"

    def encode(
        self,
        request: CompletionRequest,
        target: Target,
        *,
        stream: bool,
        unsupported: UnsupportedPolicy,
    ) -> Encoded:
        losses = Losses(unsupported, target)
        request = losses.without(request, ("user", *target.quirks.unsupported))
        body: Body = {
            "model": target.model,
            "input_prefix": request.prompt,
            "input_suffix": request.suffix or "",
        }
        if request.max_tokens is not None:
            body["n_predict"] = request.max_tokens
        for name in _PLAIN:
            value = getattr(request, name)
            if value is not None and value != ():
                body[name] = value
        if stream:
            body["stream"] = True
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decoder(self, request: CompletionRequest, target: Target, limits: Limits) -> InfillDecoder:
        return InfillDecoder(target, limits)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = LlamaCppInfill()
