"""DeepInfra's reranking (`POST /v1/inference/{model}`): pairs of query and document, scores back.

It has no bound on the answer; all is ranked, and what is beyond `top_n` is left out here.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.ranking import response
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import ApiError, DecodeError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import RerankRequest, RerankResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Status(Struct):
    cost: object = None


class _Body(Struct):
    scores: list[float] | None = None
    input_tokens: object = None
    inference_status: _Status | None = None


_BODY = msgspec.json.Decoder(_Body)


class DeepInfraRerank:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "deepinfra"

    def encode(
        self, request: RerankRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        documents = request.documents
        body: Body = {"queries": [request.query] * len(documents), "documents": documents}
        return Encoded(written(body, request.extra_body))

    def decode(self, body: bytes, request: RerankRequest, target: Target) -> RerankResponse:
        found = jsontext.decode(body, _BODY)
        if found.scores is None:
            raise no_answer(body, target, "scores")
        if len(found.scores) != len(request.documents):
            raise DecodeError(
                f"{len(found.scores)} scores came for {len(request.documents)} documents"
            )
        status = found.inference_status
        usage = {"input_tokens": found.input_tokens, "cost": status.cost if status else None}
        return response(enumerate(found.scores), request, target, usage=usage)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = DeepInfraRerank()
