"""DeepInfra's reranking."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.dialects.operating import PENGUINS, body, decoded, reranking

from fairlead.dialects.rerank.deepinfra import DIALECT
from fairlead.errors import ApiError, DecodeError


def test_each_document_has_its_query() -> None:
    assert body(DIALECT, reranking(top_n=2)) == {
        "queries": ["penguins"] * 3,
        "documents": list(PENGUINS),
    }


def test_scores_are_those_of_the_documents_in_their_order() -> None:
    came = {
        "scores": [0.2, 0.1, 0.9],
        "input_tokens": 42,
        "inference_status": {"status": "succeeded", "cost": 0.0002},
    }
    read = decoded(DIALECT, came, reranking(top_n=2))
    assert [(r.index, r.score) for r in read.results] == [(2, 0.9), (0, 0.2)]
    assert read.usage.total_tokens == 42
    assert read.cost.usd == Decimal("0.0002")


def test_damage_is_typed() -> None:
    with pytest.raises(DecodeError, match="2 scores came for 3 documents"):
        decoded(DIALECT, {"scores": [1, 2]}, reranking())
    with pytest.raises(DecodeError, match="no scores"):
        decoded(DIALECT, {}, reranking())
    with pytest.raises(ApiError, match="overloaded"):
        decoded(DIALECT, {"error": "overloaded"}, reranking())
