"""Embeddings of Vertex AI's text models (`{model}:predict`): instances and predictions.

Texts that are too long are cut by the provider, which says so; the answer warns of it.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import jsontext
from fairlead.dialects.body import Body, written
from fairlead.dialects.embeddings.gemini import TASKS
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.losses import Losses
from fairlead.dialects.refusals import no_answer
from fairlead.dialects.vectors import checked, vector
from fairlead.errors import ApiError
from fairlead.ports import Encoded
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.usage import Usage


class _Statistics(Struct):
    token_count: int | float | None = None
    truncated: bool | None = None


class _Embedding(Struct):
    values: Raw = Raw()
    statistics: _Statistics | None = None


class _Prediction(Struct):
    embeddings: _Embedding | None = None


class _Body(Struct):
    predictions: list[_Prediction] | None = None


_BODY = msgspec.json.Decoder(_Body)


class VertexEmbeddings:
    """See `ports.Operation`. It holds nothing."""

    __slots__ = ()
    name = "vertex"

    def encode(
        self, request: EmbeddingRequest, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        losses = Losses(unsupported, target)
        shared: Body = {}
        if request.input_type is not None and not losses.lacks("input_type"):
            shared["task_type"] = TASKS[request.input_type]
        body: Body = {"instances": [{"content": text, **shared} for text in request.inputs]}
        if request.dimensions is not None and not losses.lacks("dimensions"):
            body["parameters"] = {"outputDimensionality": request.dimensions}
        if request.user is not None:
            losses.unsupported("user")
        return Encoded(
            written(body, request.extra_body),
            warnings=tuple(losses.warnings),
            dropped=tuple(losses.dropped),
        )

    def decode(self, body: bytes, request: EmbeddingRequest, target: Target) -> EmbeddingResponse:
        predictions = jsontext.decode(body, _BODY).predictions
        if predictions is None:
            raise no_answer(body, target, "predictions")
        found = [prediction.embeddings or _Embedding() for prediction in predictions]
        told = [item.statistics for item in found if item.statistics is not None]
        vectors = [vector(item.values) for item in found]
        return EmbeddingResponse(
            model=target.model,
            usage=_usage(told),
            warnings=_warnings(told),
            embeddings=checked(vectors, request, target),
        )

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return api_error(body, target, status=status, headers=headers)


def _usage(told: list[_Statistics]) -> Usage | None:
    """Figures are told for each text, at times as 5.0."""
    counts = [int(one.token_count) for one in told if one.token_count is not None]
    return Usage(input=sum(counts)) if counts and min(counts) >= 0 else None


def _warnings(told: list[_Statistics]) -> tuple[str, ...]:
    cut = sum(one.truncated is True for one in told)
    return (f"{cut} of {len(told)} texts were cut to the model's limit",) if cut else ()


DIALECT = VertexEmbeddings()
