"""Hugging Face's feature extraction: bare lists of numbers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, embedding, encoded

from fairlead.dialects.embeddings.huggingface import DIALECT
from fairlead.errors import ApiError, DecodeError, UnsupportedFeature


def test_a_body_is_what_it_was_and_nothing_else() -> None:
    asked = embedding("a", "b", extra_body={"normalize": True})
    assert body(DIALECT, asked) == {"inputs": ["a", "b"], "normalize": True}


@pytest.mark.parametrize("options", [{"dimensions": 3}, {"input_type": "query"}, {"user": "u"}])
def test_there_are_no_options(options: dict[str, Any]) -> None:
    asked = embedding("a", **options)
    with pytest.raises(UnsupportedFeature, match=next(iter(options))):
        encoded(DIALECT, asked)
    assert encoded(DIALECT, asked, unsupported="drop").dropped == tuple(options)
    assert list(decoded(DIALECT, [[1, 2]], asked).embeddings[0]) == [1, 2]


def test_rows_are_vectors_and_a_lone_row_is_one() -> None:
    read = decoded(DIALECT, [[1, 2], [3, 4]], embedding())
    assert [list(vector) for vector in read.embeddings] == [[1, 2], [3, 4]]
    assert (read.model, read.usage) == ("model-1", None)
    assert list(decoded(DIALECT, b" [0.5, 2] ", embedding("a")).embeddings[0]) == [0.5, 2]


@pytest.mark.parametrize(
    "came",
    [[], [[]], [[1], [2], [3]], [[1], [2, 3]], [[[1]], [[2]]], [1, 2], "x", b"[[1,2],[3", {}],
)
def test_damage_is_a_decode_error(came: object) -> None:
    """A vector for each token of the text among it."""
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, embedding())


def test_an_error_in_a_success_is_the_error_it_is() -> None:
    with pytest.raises(ApiError, match="loading"):
        decoded(DIALECT, {"error": "Model is loading"}, embedding())
