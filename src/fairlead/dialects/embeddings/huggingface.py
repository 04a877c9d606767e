"""Hugging Face's feature extraction (`POST .../models/{model}/pipeline/feature-extraction`).

Texts go in, bare lists of numbers come out: no model, no usage.
"""

from __future__ import annotations

import msgspec

from fairlead.dialects import jsontext
from fairlead.dialects.body import written
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.dialects.vectors import checked, vector
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class HuggingFaceEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "huggingface"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        losses.without(request, ("dimensions", "input_type", "user"))
        return Encoded(
            written({"inputs": request.inputs}, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        if body.lstrip()[:1] == b"{":
            raise no_answer(body, target, "vectors")
        rows = jsontext.decode(body, _ROWS)
        alone = bool(rows) and not bytes(rows[0]).startswith((b"[", b'"'))
        vectors = [vector(body)] if alone else [vector(row) for row in rows]
        # The length cannot be asked for, so it is not compared with a wish for one.
        return EmbeddingResponse(
            model=target.model,
            embeddings=checked(vectors, msgspec.structs.replace(request, dimensions=None), target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = HuggingFaceEmbeddings()
