"""Cohere's embeddings, second version (`POST /v2/embed`).

The protocol wants to know what for; where the caller does not say, texts are documents.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.cohere.failures import api_error
from fairlead.dialects.figures import tokens_read
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer
from fairlead.dialects.vectors import checked, vector
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, InputType
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_WORDS: Mapping[InputType, str] = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}


class _Vectors(Struct):
    floats: list[msgspec.Raw] | None = msgspec.field(default=None, name="float")


class _Meta(Struct):
    billed_units: object = None


class _Body(Struct):
    embeddings: _Vectors | None = None
    meta: _Meta | None = None


_BODY = msgspec.json.Decoder(_Body)


class CohereEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "cohere"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {
            "model": target.model,
            "input_type": _WORDS[request.input_type or "document"],
            "texts": request.inputs,
            "embedding_types": ["float"],
        }
        if request.dimensions is not None and not losses.lacks("dimensions"):
            body["output_dimension"] = request.dimensions
        if request.user is not None:
            losses.unsupported("user")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        found = jsontext.decode(body, _BODY)
        floats = found.embeddings.floats if found.embeddings is not None else None
        if floats is None:
            raise no_answer(body, target, "embeddings")
        return EmbeddingResponse(
            model=target.model,
            usage=tokens_read(_tokens(found.meta)),
            embeddings=checked([vector(text) for text in floats], request, target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


def _tokens(meta: _Meta | None) -> object:
    """Units are told as floats at times, and without tokens for images."""
    units = meta.billed_units if meta is not None else None
    if not isinstance(units, dict):
        return None
    count = units.get("input_tokens")
    whole = int(count) if isinstance(count, float) and count.is_integer() else count
    return units | {"input_tokens": whole}


DIALECT = CohereEmbeddings()
