"""OpenAI's embeddings (`POST {base}/embeddings`), and everybody's clones of it.

Vectors are asked for in base64, a third of the size of decimal numbers and exact. A caller who
wants another form sets `encoding_format` in `extra_body`; both are read.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.figures import tokens_read, told_cost
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.dialects.vectors import Vector, checked, ordered, vector
from fairlead.errors import ApiError, InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, InputType
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target

_SORTING: Mapping[InputType, str] = {
    "classification": "classification",
    "clustering": "clustering",
}
_WORDS: Mapping[str, Mapping[InputType, str]] = {
    "plain": {"query": "query", "document": "document"},
    "passage": {"query": "query", "document": "passage"},
    "search": {"query": "search_query", "document": "search_document", **_SORTING},
    "retrieval": {"query": "retrieval.query", "document": "retrieval.passage", **_SORTING},
}
_FORMS = ("encoding_format", "output_dtype", "embedding_type")
"""Fields in which providers are asked for other things than vectors of floats."""


class _Item(Struct, gc=False):
    embedding: msgspec.Raw
    index: int | None = None


class _Body(Struct):
    data: list[_Item] | None = None
    model: str | None = None
    usage: object = None


_BODY = msgspec.json.Decoder(_Body)


class OpenAIEmbeddings:
    """See `ports.Operation`. It holds nothing; deviations are the target's quirks."""

    __slots__ = ()
    name = "openai"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        quirks = target.quirks
        body: Body = {"model": target.model, "input": request.inputs}
        if request.dimensions is not None and not losses.lacks("dimensions"):
            if quirks.embedding_dimensions:
                body[quirks.embedding_dimensions] = request.dimensions
            else:
                losses.unsupported("dimensions")
        asked = _form(request)
        if quirks.base64_embeddings and not asked:
            body["encoding_format"] = "base64"
        if request.input_type is not None:
            _add_input_type(body, request.input_type, losses)
        if request.user is not None and not losses.lacks("user"):
            body["user"] = request.user
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        found = jsontext.decode(body, _BODY)
        if found.data is None:
            raise no_answer(body, target, "embeddings")
        vectors = ordered((item.index, self.vector(item.embedding)) for item in found.data)
        return EmbeddingResponse(
            model=found.model or target.model,
            usage=tokens_read(found.usage),
            cost=told_cost(found.usage),
            embeddings=checked(vectors, request, target),
        )

    def vector(self, text: msgspec.Raw) -> Vector:
        """One vector out of its JSON. Raises `DecodeError`."""
        return vector(text)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


def _form(request: EmbeddingRequest) -> bool:
    """Whether the caller asks for a form. Raises `InvalidRequest` for one that cannot be read."""
    extra = request.extra_body or {}
    for name in _FORMS:
        if (value := extra.get(name, "float")) not in ("float", "base64"):
            raise InvalidRequest(
                f"{name} {value!r} is no form of floats; leave it out of extra_body, "
                "or send the request with client.post"
            )
    return not extra.keys().isdisjoint(_FORMS)


def _add_input_type(body: Body, wanted: InputType, losses: Losses) -> None:
    quirks = losses.target.quirks
    if not quirks.embedding_input_type:
        losses.unsupported("input_type", "leave it out; the model embeds all texts alike")
    elif not losses.lacks("input_type"):
        words = _WORDS[quirks.embedding_input_words]
        if wanted in words:
            body[quirks.embedding_input_type] = words[wanted]
        else:
            losses.unsupported(f"input_type={wanted!r}", f"use one of {', '.join(words)}")


DIALECT = OpenAIEmbeddings()
