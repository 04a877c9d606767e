"""Embeddings of Vertex AI's text models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.dialects.embeddings.vertex import DIALECT
from fairlead.errors import DecodeError, UnsupportedFeature
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.targets import Quirks, Target


def target(**fields: Any) -> Target:
    return Target("vertexai", "text-embedding-005", "embeddings", "vertex", "https://v/", **fields)


def asked(*texts: str, **fields: Any) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=texts, **fields)


def prediction(*values: float, **statistics: Any) -> dict[str, Any]:
    return {"embeddings": {"values": list(values), "statistics": statistics}}


def decoded(*predictions: Any) -> Any:
    request = asked(*("x" for _ in predictions))
    return DIALECT.decode(json.dumps({"predictions": predictions}).encode(), request, target())


def test_texts_are_instances() -> None:
    request = asked("a", "b", input_type="document", dimensions=3)

    assert DIALECT.encode(request, target(), unsupported="error").body == (
        b'{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT"},'
        b'{"content":"b","task_type":"RETRIEVAL_DOCUMENT"}],"parameters":{"outputDimensionality":3}}'
    )
    plain = DIALECT.encode(asked("a"), target(), unsupported="error").body
    assert plain == b'{"instances":[{"content":"a"}]}'


def test_what_is_not_taken_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        DIALECT.encode(asked("a", user="ann"), target(), unsupported="error")
    lacking = target(quirks=Quirks(unsupported=("dimensions",)))
    with pytest.raises(UnsupportedFeature, match="dimensions"):
        DIALECT.encode(asked("a", dimensions=3), lacking, unsupported="error")


def test_vectors_and_tokens_are_read() -> None:
    answer = decoded(prediction(1, 2, token_count=3), prediction(3, 4, token_count=4.0))

    assert [list(vector) for vector in answer.embeddings] == [[1.0, 2.0], [3.0, 4.0]]
    assert answer.usage.input == 7
    assert answer.warnings == ()
    assert decoded(prediction(1)).usage is None


def test_texts_that_were_cut_are_told_of() -> None:
    answer = decoded(prediction(1, truncated=True), prediction(2, truncated=False))

    assert answer.warnings == ("1 of 2 texts were cut to the model's limit",)


def test_an_answer_without_vectors_is_nonsense() -> None:
    for sent in (b"{}", b'{"predictions":[{}]}', b'{"predictions":5}', b"x"):
        with pytest.raises(DecodeError):
            DIALECT.decode(sent, asked("a"), target())
