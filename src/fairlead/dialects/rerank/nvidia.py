"""NVIDIA's reranking (`POST .../{model}/reranking`): passages in, logits out.

It has no bound on the answer; all is ranked, and what is beyond `top_n` is left out here.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.ranking import response
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import RerankRequest, RerankResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Ranking(Struct, gc=False):
    index: int
    logit: float


class _Body(Struct):
    rankings: list[_Ranking] | None = None
    usage: object = None


_BODY = msgspec.json.Decoder(_Body)


class NvidiaRerank:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "nvidia"

    def encode(
        self, request: RerankRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        body: Body = {
            "model": target.model,
            "query": {"text": request.query},
            "passages": [{"text": document} for document in request.documents],
        }
        return Encoded(written(body, request.extra_body))

    def decode(self, body: bytes, request: RerankRequest, target: Target) -> RerankResponse:
        found = jsontext.decode(body, _BODY)
        if found.rankings is None:
            raise no_answer(body, target, "rankings")
        scores = [(ranking.index, ranking.logit) for ranking in found.rankings]
        return response(scores, request, target, usage=found.usage)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = NvidiaRerank()
