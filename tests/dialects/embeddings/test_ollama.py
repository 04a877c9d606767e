"""Ollama's embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, embedding, encoded

from fairlead.dialects.embeddings.ollama import DIALECT
from fairlead.errors import ApiError, DecodeError, UnsupportedFeature


def test_texts_are_the_input() -> None:
    assert body(DIALECT, embedding(dimensions=2)) == {
        "model": "model-1",
        "input": ["a", "b"],
        "dimensions": 2,
    }


@pytest.mark.parametrize(("name", "value"), [("input_type", "query"), ("user", "ann")])
def test_what_the_protocol_lacks_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encoded(DIALECT, embedding(**{name: value}))


def test_vectors_come_in_order_with_their_tokens() -> None:
    answer = {"model": "m:latest", "embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 5}

    told = decoded(DIALECT, answer, embedding())

    assert [list(vector) for vector in told.embeddings] == [[1, 2], [3, 4]]
    assert (told.model, told.usage.input_tokens) == ("m:latest", 5)


def test_damage_is_typed() -> None:
    with pytest.raises(UnsupportedFeature, match="dimensions=3"):
        decoded(DIALECT, {"embeddings": [[1, 2], [3, 4]]}, embedding(dimensions=3))
    with pytest.raises(DecodeError, match="no embeddings"):
        decoded(DIALECT, {}, embedding())
    with pytest.raises(ApiError, match="boom"):
        decoded(DIALECT, {"error": "boom"}, embedding())
