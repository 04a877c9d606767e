"""Cloudflare's reranking (`POST .../ai/run/{model}`): contexts in, ids and scores out.

Answers stand in an envelope, which may be an error in a success.
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


class _Score(Struct, gc=False):
    id: int
    score: float


class _Result(Struct):
    response: list[_Score] | None = None
    usage: object = None


class _Envelope(Struct):
    result: _Result | None = None
    success: bool | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class CloudflareRerank:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "cloudflare"

    def encode(
        self, request: RerankRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        body: Body = {
            "query": request.query,
            "contexts": [{"text": document} for document in request.documents],
        }
        if request.top_n is not None:
            body["top_k"] = request.top_n
        return Encoded(written(body, request.extra_body))

    def decode(self, body: bytes, request: RerankRequest, target: Target) -> RerankResponse:
        found = jsontext.decode(body, _ENVELOPE)
        scores = found.result.response if found.result else None
        if scores is None or found.success is False:
            raise no_answer(body, target, "scores")
        pairs = [(item.id, item.score) for item in scores]
        return response(pairs, request, target, usage=found.result.usage if found.result else None)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = CloudflareRerank()
