"""Google's embeddings: `{model}:batchEmbedContents`, or `:embedContent` for one text alone.

Which of them it is, the address says.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.resource import resource
from fairlead.dialects.gemini.tally import UsageTally
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer
from fairlead.dialects.vectors import checked, vector
from fairlead.errors import ApiError, InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, InputType
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

TASKS: Mapping[InputType, str] = {
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


class _Embedding(Struct):
    values: Raw = Raw()


class _Body(Struct):
    embeddings: list[_Embedding] | None = None
    embedding: _Embedding | None = None
    usageMetadata: Raw = Raw()


_BODY = msgspec.json.Decoder(_Body)


class GeminiEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "gemini"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        shared: Body = {}
        if request.input_type is not None and not losses.lacks("input_type"):
            shared["taskType"] = TASKS[request.input_type]
        if request.dimensions is not None and not losses.lacks("dimensions"):
            shared["outputDimensionality"] = request.dimensions
        if request.user is not None:
            losses.unsupported("user")
        return Encoded(
            written(_body(request, target, shared), request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        found = jsontext.decode(body, _BODY)
        one = [found.embedding] if found.embedding is not None else None
        embeddings = found.embeddings or one
        if embeddings is None:
            raise no_answer(body, target, "embeddings")
        tally = UsageTally()
        tally.pending.append(found.usageMetadata)
        return EmbeddingResponse(
            model=target.model,
            usage=tally.usage(),
            embeddings=checked([vector(item.values) for item in embeddings], request, target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


def _body(request: EmbeddingRequest, target: Target, shared: Body) -> Body:
    contents = [{"parts": [{"text": text}]} for text in request.inputs]
    if ":embedContent" in target.url:
        if len(contents) != 1:
            raise InvalidRequest("this model embeds one text at a time; give one")
        return {"content": contents[0], **shared}
    model = resource(target)
    return {"requests": [{"model": model, "content": content, **shared} for content in contents]}


DIALECT = GeminiEmbeddings()
