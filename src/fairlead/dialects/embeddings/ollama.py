"""Ollama's embeddings (`POST /api/embed`)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.figures import tokens_read
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer, refusal
from fairlead.dialects.vectors import checked, vector
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target


class _Body(Struct):
    model: str | None = None
    embeddings: list[msgspec.Raw] | None = None
    prompt_eval_count: int | None = None


_BODY = msgspec.json.Decoder(_Body)


class OllamaEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "ollama"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        body: Body = {"model": target.model, "input": request.inputs}
        if request.dimensions is not None and not losses.lacks("dimensions"):
            body["dimensions"] = request.dimensions
        if request.input_type is not None:
            losses.unsupported("input_type", "leave it out; the model embeds all texts alike")
        if request.user is not None:
            losses.unsupported("user")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        found = jsontext.decode(body, _BODY)
        if found.embeddings is None:
            raise no_answer(body, target, "embeddings")
        count = found.prompt_eval_count
        return EmbeddingResponse(
            model=found.model or target.model,
            usage=None if count is None else tokens_read({"prompt_tokens": count}),
            embeddings=checked([vector(text) for text in found.embeddings], request, target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return refusal(status, headers, body, target)


DIALECT = OllamaEmbeddings()
