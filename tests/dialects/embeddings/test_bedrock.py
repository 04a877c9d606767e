"""Embeddings on Bedrock: each family's body, and every shape in which vectors come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.operating import embedding

from fairlead.dialects.embeddings.bedrock import DIALECT
from fairlead.errors import DecodeError, InvalidRequest, RateLimitError, UnsupportedFeature
from fairlead.types.http import Headers
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.targets import Target

TITAN, COHERE, NOVA = (
    "amazon.titan-embed-text-v2:0",
    "us.cohere.embed-v4:0",
    "amazon.nova-2-multimodal-embeddings-v1:0",
)


def target(model: str) -> Target:
    return Target("bedrock", model, "embeddings", "bedrock", "https://b/")


def body(model: str, request: EmbeddingRequest) -> Any:
    return json.loads(DIALECT.encode(request, target(model), unsupported="error").body)


def vectors(answer: object, *texts: str) -> list[list[float]]:
    data = json.dumps(answer).encode()
    found = DIALECT.decode(data, embedding(*texts), target(TITAN))
    return [list(vector) for vector in found.embeddings]


def test_titan_embeds_one_text() -> None:
    assert body(TITAN, embedding("a")) == {"inputText": "a"}
    assert body(TITAN, embedding("a", dimensions=256)) == {"inputText": "a", "dimensions": 256}
    with pytest.raises(InvalidRequest, match="embedding_batch"):
        body(TITAN, embedding("a", "b"))
    with pytest.raises(UnsupportedFeature, match="input_type"):
        body(TITAN, embedding("a", input_type="query"))


def test_a_profile_of_ones_own_is_taken_for_titan() -> None:
    assert body("arn:aws:bedrock:us-east-1:1:x/y", embedding("a")) == {"inputText": "a"}


def test_cohere_embeds_many_and_wants_to_know_what_for() -> None:
    assert body(COHERE, embedding("a", "b", input_type="query", dimensions=512)) == {
        "texts": ["a", "b"],
        "input_type": "search_query",
        "embedding_types": ["float"],
        "output_dimension": 512,
    }
    assert body(COHERE, embedding("a"))["input_type"] == "search_document"


def test_nova_embeds_one_text_for_a_purpose() -> None:
    params = {
        "embeddingPurpose": "GENERIC_RETRIEVAL",
        "embeddingDimension": 256,
        "text": {"truncationMode": "NONE", "value": "a"},
    }
    assert body(NOVA, embedding("a", input_type="query", dimensions=256)) == {
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": params,
    }


def test_users_are_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        body(TITAN, embedding("a", user="u"))


@pytest.mark.parametrize(
    "answer",
    [
        {"embedding": [1, 2.5], "embeddingsByType": {"float": [1, 2.5]}},
        {"embeddings": [[1, 2.5]]},
        {"embeddings": {"float": [[1, 2.5]]}},
        {"embeddings": [{"embeddingType": "TEXT", "embedding": [1, 2.5]}]},
        {"data": [{"index": 0, "embedding": [1, 2.5]}]},
    ],
)
def test_vectors_are_read_in_every_shape(answer: object) -> None:
    assert vectors(answer, "a") == [[1.0, 2.5]]


def test_vectors_with_an_index_come_in_its_order() -> None:
    items = [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]
    assert vectors({"data": items}, "a", "b") == [[1.0], [2.0]]


def test_the_tokens_are_told_where_the_body_has_them() -> None:
    data = b'{"embedding":[1],"inputTextTokenCount":8}'
    found = DIALECT.decode(data, embedding("a"), target(TITAN))
    assert found.usage is not None
    assert found.usage.input == 8
    assert DIALECT.decode(b'{"embedding":[1]}', embedding("a"), target(TITAN)).usage is None


@pytest.mark.parametrize(
    "answer", [{}, {"embedding": "x*"}, {"embeddings": {}}, {"embeddings": [[1], [2]]}, {"data": 1}]
)
def test_an_answer_without_a_vector_for_each_text_is_a_decode_error(answer: object) -> None:
    with pytest.raises(DecodeError):
        vectors(answer, "a")


def test_refusals_are_those_of_aws() -> None:
    headers = Headers([("x-amzn-ErrorType", "ThrottlingException")])
    error = DIALECT.decode_error(429, headers, b'{"message":"slow"}', target(TITAN))
    assert type(error) is RateLimitError
