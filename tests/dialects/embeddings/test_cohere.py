"""Cohere's embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, embedding, encoded

from fairlead.dialects.embeddings.cohere import DIALECT
from fairlead.errors import ApiError, DecodeError, UnsupportedFeature


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (None, "search_document"),
        ("query", "search_query"),
        ("document", "search_document"),
        ("classification", "classification"),
        ("clustering", "clustering"),
    ],
)
def test_it_is_always_said_what_for(asked: Any, word: str) -> None:
    assert body(DIALECT, embedding(input_type=asked, dimensions=256)) == {
        "model": "model-1",
        "input_type": word,
        "texts": ["a", "b"],
        "embedding_types": ["float"],
        "output_dimension": 256,
    }


def test_a_user_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(DIALECT, embedding(user="ann"))


def test_units_are_tokens_where_they_are_told() -> None:
    answer: dict[str, Any] = {"embeddings": {"float": [[1.0, 2], [3, 4]]}}
    units = {"billed_units": {"input_tokens": 4.0, "image_tokens": 0}}

    told = decoded(DIALECT, answer | {"meta": units}, embedding())

    assert [list(vector) for vector in told.embeddings] == [[1, 2], [3, 4]]
    assert told.usage.input_tokens == 4
    images = {"meta": {"billed_units": {"images": 1}}}
    assert decoded(DIALECT, answer | images, embedding()).usage is None


def test_damage_is_typed() -> None:
    with pytest.raises(DecodeError, match="1 vectors came for 2"):
        decoded(DIALECT, {"embeddings": {"float": [[1.0]]}}, embedding())
    with pytest.raises(DecodeError, match="no embeddings"):
        decoded(DIALECT, {"embeddings": {"int8": [[1], [2]]}}, embedding())
    with pytest.raises(ApiError, match="boom"):
        decoded(DIALECT, {"message": "boom"}, embedding())
