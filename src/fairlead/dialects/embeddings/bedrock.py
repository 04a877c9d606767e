"""Embeddings on Bedrock (`POST /model/{model}/invoke`), in the words of each family of models.

Titan and Nova embed one text in a request, Cohere many. What the model's name does not tell, such
as an inference profile of one's own, is taken for Titan. Sources: the user guide's pages on Titan
Text Embeddings, Cohere Embed and Nova Multimodal Embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.aws import aws_error
from fairlead.dialects.body import Body, written
from fairlead.dialects.figures import tokens_read
from fairlead.dialects.losses import Losses
from fairlead.dialects.vectors import Vector, checked, ordered, vector
from fairlead.errors import ApiError, DecodeError, InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, InputType
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_COHERE: Mapping[InputType, str] = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
_NOVA: Mapping[InputType, str] = {
    "query": "GENERIC_RETRIEVAL",
    "document": "GENERIC_INDEX",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


class _Item(Struct):
    embedding: Raw
    index: int | None = None


class _Body(Struct, rename="camel"):
    embedding: Raw = Raw()
    embeddings: Raw = Raw()
    data: Raw = Raw()
    input_text_token_count: int | None = None


class _Vectors(Struct):
    floats: list[Raw] | None = msgspec.field(default=None, name="float")


_BODY = msgspec.json.Decoder(_Body)
_BY_TYPE = msgspec.json.Decoder(_Vectors)
_ITEMS = msgspec.json.Decoder(list[_Item])
_LIST = msgspec.json.Decoder(list[Raw])


class BedrockEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "bedrock"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        if request.user is not None:
            losses.unsupported("user")
        body = _family(target.model)(request, losses)
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        """The shape tells the family. Cohere and Nova count tokens in a header alone."""
        found = jsontext.decode(body, _BODY)
        if bytes(found.embedding):
            vectors = [vector(found.embedding)]
        elif bytes(found.data):
            items = jsontext.decode(bytes(found.data), _ITEMS)
            vectors = ordered((item.index, vector(item.embedding)) for item in items)
        elif bytes(found.embeddings):
            vectors = _listed(found.embeddings)
        else:
            raise DecodeError("the answer has no embeddings", jsontext.excerpt(body))
        return EmbeddingResponse(
            model=target.model,
            usage=tokens_read({"input_tokens": found.input_text_token_count}),
            embeddings=checked(vectors, request, target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return aws_error(body, target, status=status, headers=headers)


def _family(model: str) -> Callable[[EmbeddingRequest, Losses], Body]:
    name = model.lower()
    if "cohere" in name:
        return _cohere
    return _nova if "nova" in name else _titan


def _cohere(request: EmbeddingRequest, losses: Losses) -> Body:
    """The model wants to know what for; where the caller does not say, texts are documents."""
    body: Body = {
        "texts": request.inputs,
        "input_type": _COHERE[request.input_type or "document"],
        "embedding_types": ["float"],
    }
    if request.dimensions is not None and not losses.lacks("dimensions"):
        body["output_dimension"] = request.dimensions
    return body


def _titan(request: EmbeddingRequest, losses: Losses) -> Body:
    body: Body = {"inputText": _only(request)}
    if request.dimensions is not None and not losses.lacks("dimensions"):
        body["dimensions"] = request.dimensions
    if request.input_type is not None:
        losses.unsupported("input_type", "leave it out; the model embeds all texts alike")
    return body


def _nova(request: EmbeddingRequest, losses: Losses) -> Body:
    """Text that is too long is refused, as everywhere else, and not cut."""
    params: Body = {"embeddingPurpose": _NOVA[request.input_type or "document"]}
    if request.dimensions is not None and not losses.lacks("dimensions"):
        params["embeddingDimension"] = request.dimensions
    params["text"] = {"truncationMode": "NONE", "value": _only(request)}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


def _only(request: EmbeddingRequest) -> str:
    if len(request.inputs) != 1:
        raise InvalidRequest(
            f"this model embeds one text in a request, not {len(request.inputs)}; set the quirk "
            "embedding_batch to 1 for its provider"
        )
    return request.inputs[0]


def _listed(raw: Raw) -> list[Vector]:
    """`[[...]]`, `[{"embedding": [...]}]` or `{"float": [[...]]}`."""
    data = bytes(raw)
    if data[:1] == b"{":
        return [vector(text) for text in jsontext.decode(data, _BY_TYPE).floats or ()]
    listed = jsontext.decode(data, _LIST)
    if listed and bytes(listed[0])[:1] == b"{":
        return ordered((i.index, vector(i.embedding)) for i in jsontext.decode(data, _ITEMS))
    return [vector(text) for text in listed]


DIALECT = BedrockEmbeddings()
