"""Reranking as Cohere asks for it (`POST /v2/rerank`), and Jina, Voyage, vLLM and others with it.

They differ in the name of `top_n`, which is a quirk, and in small things of the answer.
"""

from __future__ import annotations

from fairlead.dialects import ranking
from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import RerankRequest, RerankResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class CohereRerank:
    """See `ports.Operation`. It holds nothing; deviations are the target's quirks."""

    __slots__ = ()
    name = "cohere"

    def encode(
        self, request: RerankRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {
            "model": target.model,
            "query": request.query,
            "documents": request.documents,
        }
        if request.top_n is not None and not losses.lacks("top_n"):
            body[target.quirks.rerank_top] = request.top_n
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: RerankRequest, target: Target) -> RerankResponse:
        return ranking.read(body, request, target)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = CohereRerank()
