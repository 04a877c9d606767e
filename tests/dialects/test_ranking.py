"""Results of a reranking in the shape that most providers share."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.dialects.operating import PENGUINS, reranking, target

from fairlead.dialects.ranking import read
from fairlead.errors import ApiError, DecodeError, RateLimitError
from fairlead.types.operations import RankedDocument, RerankRequest, RerankResponse

AIM = target("rerank", "cohere")


def answer(value: Any, request: RerankRequest | None = None) -> RerankResponse:
    return read(json.dumps(value).encode(), request or reranking(), AIM)


def result(index: int, score: float, name: str = "relevance_score") -> dict[str, object]:
    return {"index": index, name: score}


ALL = [result(1, 0.1), result(0, 0.9), result(2, 0.5)]


@pytest.mark.parametrize("field", ["results", "data"])
def test_the_best_comes_first_with_its_document(field: str) -> None:
    ranked = answer({field: ALL})
    assert ranked.results == (
        RankedDocument(0, 0.9, PENGUINS[0]),
        RankedDocument(2, 0.5, PENGUINS[2]),
        RankedDocument(1, 0.1, PENGUINS[1]),
    )
    assert ranked.warnings == ()
    assert ranked.model == "model-1"


def test_a_plain_score_is_read_and_so_are_negative_ones() -> None:
    scores = [result(0, -3.5, "score"), result(1, -1, "score"), result(2, -9, "score")]
    assert [r.score for r in answer({"results": scores}).results] == [-1, -3.5, -9]


def test_usage_and_cost_are_read_where_they_stand() -> None:
    ranked = answer({"results": ALL, "model": "r-1", "usage": {"total_tokens": 43, "cost": 0.001}})
    assert ranked.model == "r-1"
    assert ranked.usage is not None
    assert ranked.usage.input_tokens == 43
    assert ranked.cost is not None
    assert ranked.cost.usd == Decimal("0.001")
    told = answer({"results": ALL, "meta": {"tokens": {"input_tokens": 7}}}).usage
    assert told is not None
    assert told.total_tokens == 7


def test_searches_are_no_tokens() -> None:
    assert answer({"results": ALL, "meta": {"billed_units": {"search_units": 1}}}).usage is None


def test_no_more_than_was_asked_for_comes_back() -> None:
    assert [r.index for r in answer({"results": ALL}, reranking(top_n=1)).results] == [0]


def test_fewer_than_were_asked_for_are_told_of() -> None:
    assert answer({"results": ALL[:2]}).warnings == ("the provider ranked only 2 of 3 documents",)
    assert answer({"results": ALL[:2]}, reranking(top_n=2)).warnings == ()
    assert answer({"results": ALL}, reranking(top_n=9)).warnings == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"results": [result(3, 0.5)]}, "document 3 was ranked, but there are 3"),
        ({"results": [result(-1, 0.5)]}, "document -1"),
        ({"results": [result(0, 0.5), result(0, 0.4)]}, "ranked twice"),
        ({"results": [{"index": 0}]}, "without a score"),
        ({"results": [{"relevance_score": 1}]}, "another shape"),
        ({"results": {}}, "another shape"),
        ({"id": "x"}, "no results"),
        ([], "another shape"),
    ],
)
def test_damage_is_a_decode_error(value: object, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        answer(value)


def test_an_error_in_a_success_is_the_error_it_is() -> None:
    with pytest.raises(RateLimitError, match="slow"):
        answer({"error": {"message": "slow", "code": 429}})
    with pytest.raises(ApiError, match="no such model"):
        answer({"detail": "no such model"})
