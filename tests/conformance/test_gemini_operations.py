"""Google's recorded embeddings and token counts, against a reading of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conformance import corpus

from fairlead.dialects.count_tokens import gemini as counting
from fairlead.dialects.embeddings import gemini, vertex
from fairlead.errors import AuthenticationError, NotFoundError
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

OF_GOOGLE = ("google", "vertex")
ASKED = ChatRequest("m", (Message.user("recorded"),))


def recorded(name: str) -> Iterator[tuple[corpus.Record, Any]]:
    """The exchanges with Google, and what they were answered."""
    if not corpus.path(name).exists():
        pytest.skip(f"no recordings at {corpus.CORPUS}; set FAIRLEAD_CORPUS")
    for record in corpus.records(name):
        if record.provider in OF_GOOGLE:
            yield record, json.loads(record.body)


def target(record: corpus.Record, operation: str) -> Target:
    return Target(record.provider, "m", operation, "gemini", record.url or "https://g/")


def request(count: int) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=("recorded",) * count)


def test_every_embedding_is_the_vector_that_came() -> None:
    seen = 0
    for record, body in recorded("embeddings"):
        if record.status != 200 or "predictions" in body:
            continue
        vectors = [v["values"] for v in body.get("embeddings") or [body["embedding"]]]
        aim = target(record, "embeddings")
        answer = gemini.DIALECT.decode(record.body, request(len(vectors)), aim)
        assert [list(vector) for vector in answer.embeddings] == vectors, record.id
        told = body.get("usageMetadata")
        assert (answer.usage and answer.usage.input) == (told and told["promptTokenCount"])
        seen += 1
    assert seen > 20


def test_every_prediction_is_the_vector_that_came() -> None:
    seen = 0
    for name in ("vertex_predict", "embeddings"):
        for record, body in recorded(name):
            if record.status != 200 or "embeddings" not in (body.get("predictions") or [{}])[0]:
                continue
            told = [prediction["embeddings"] for prediction in body["predictions"]]
            aim = target(record, "embeddings")
            answer = vertex.DIALECT.decode(record.body, request(len(told)), aim)
            assert [list(v) for v in answer.embeddings] == [one["values"] for one in told]
            assert answer.usage is not None
            assert answer.usage.input == sum(one["statistics"]["token_count"] for one in told)
            seen += 1
    assert seen > 8


def test_every_count_is_the_one_that_came() -> None:
    seen = 0
    for record, body in recorded("count_tokens"):
        if record.status == 200:
            answer = counting.DIALECT.decode(record.body, ASKED, target(record, "count_tokens"))
            assert answer.tokens == body["totalTokens"]
            seen += 1
    assert seen > 4


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("embeddings", gemini.DIALECT),
        ("vertex_predict", vertex.DIALECT),
        ("count_tokens", counting.DIALECT),
    ],
)
def test_every_refusal_is_the_error_that_fits(name: str, operation: Any) -> None:
    seen = 0
    for record, _ in recorded(name):
        if record.status >= 400:
            error = operation.decode_error(
                record.status, Headers(record.headers), record.body, target(record, name)
            )
            wrong_key = b"API_KEY_INVALID" in record.body or record.status == 401
            assert type(error) is (AuthenticationError if wrong_key else NotFoundError), record.id
            seen += 1
    assert seen > 0
