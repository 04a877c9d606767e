"""Google's embeddings, many texts at once or one alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types

from fairlead.dialects.embeddings.gemini import DIALECT
from fairlead.errors import ApiError, DecodeError, InvalidRequest, UnsupportedFeature
from fairlead.ports import Encoded
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.requests import UnsupportedPolicy
from fairlead.types.targets import Quirks, Target

API = "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001"
VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models"


def target(url: str = f"{API}:batchEmbedContents", **fields: Any) -> Target:
    return Target("gemini", "gemini-embedding-001", "embeddings", "gemini", url, **fields)


def asked(*texts: str, **fields: Any) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=texts, **fields)


def encoded(
    request: EmbeddingRequest, to: Target | None = None, policy: UnsupportedPolicy = "error"
) -> Encoded:
    return DIALECT.encode(request, to or target(), unsupported=policy)


def body(request: EmbeddingRequest, to: Target | None = None) -> Any:
    sent = encoded(request, to).body
    assert isinstance(sent, bytes)
    return json.loads(sent)


def test_texts_are_requests_of_one_batch() -> None:
    found = body(asked("a", "b", input_type="query", dimensions=3))

    shared = {"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 3}
    assert found == {
        "requests": [
            {
                "model": "models/gemini-embedding-001",
                "content": {"parts": [{"text": text}]},
                **shared,
            }
            for text in ("a", "b")
        ]
    }
    for request in found["requests"]:
        types.Content.model_validate(request["content"])
        types.EmbedContentConfig.model_validate(shared)


def test_an_address_for_one_text_is_sent_one_text() -> None:
    single = target(f"{API}:embedContent")

    assert body(asked("a"), single) == {"content": {"parts": [{"text": "a"}]}}
    with pytest.raises(InvalidRequest, match="one text"):
        body(asked("a", "b"), single)


def test_a_model_of_vertex_has_its_whole_path() -> None:
    found = body(asked("a"), target(f"{VERTEX}/gemini-embedding-001:batchEmbedContents"))

    assert found["requests"][0]["model"] == (
        "projects/p/locations/global/publishers/google/models/gemini-embedding-001"
    )


def test_what_is_not_taken_is_refused_or_left_out() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(asked("a", user="ann"))
    lacking = target(quirks=Quirks(unsupported=("input_type", "dimensions")))
    full = asked("a", input_type="document", dimensions=3)
    left = encoded(full, lacking, "drop")
    assert left.dropped == ("input_type", "dimensions")
    assert left.body == encoded(asked("a"), lacking).body


def test_vectors_and_usage_are_read() -> None:
    answer = DIALECT.decode(
        b'{"embeddings":[{"values":[1,2.5]},{"values":[3,4]}],'
        b'"usageMetadata":{"promptTokenCount":7}}',
        asked("a", "b"),
        target(),
    )

    assert [list(vector) for vector in answer.embeddings] == [[1.0, 2.5], [3.0, 4.0]]
    assert answer.usage is not None
    assert answer.usage.input == 7
    alone = DIALECT.decode(b'{"embedding":{"values":[1]}}', asked("a"), target())
    assert (list(alone.embeddings[0]), alone.usage) == ([1.0], None)


@pytest.mark.parametrize(
    "sent",
    [b"{}", b'{"embeddings":[{}]}', b'{"embeddings":[]}', b'{"embeddings":5}', b"<html>"],
)
def test_an_answer_without_vectors_is_nonsense(sent: bytes) -> None:
    with pytest.raises(DecodeError):
        DIALECT.decode(sent, asked("a"), target())


def test_an_error_in_an_answer_is_the_error() -> None:
    with pytest.raises(ApiError, match="no"):
        DIALECT.decode(b'{"error":{"code":500,"message":"no"}}', asked("a"), target())
