"""Reranking in Cohere's words, and in those of its clones."""

from __future__ import annotations

import pytest
from tests.dialects.operating import PENGUINS, body, decoded, reranking

from fairlead.dialects.rerank.cohere import DIALECT
from fairlead.errors import ApiError, DecodeError
from fairlead.types.targets import Quirks


@pytest.mark.parametrize("name", ["top_n", "top_k"])
def test_the_bound_has_the_name_that_the_provider_gives_it(name: str) -> None:
    quirks = Quirks(rerank_top=name)  # type: ignore[arg-type]

    assert body(DIALECT, reranking(top_n=2), quirks) == {
        "model": "model-1",
        "query": "penguins",
        "documents": list(PENGUINS),
        name: 2,
    }


@pytest.mark.parametrize(("results", "score"), [("results", "relevance_score"), ("data", "score")])
def test_results_are_read_under_either_name_best_first(results: str, score: str) -> None:
    found = [{"index": n, score: n / 4} for n in range(3)]

    read = decoded(DIALECT, {results: found, "usage": {"total_tokens": 9}}, reranking())

    assert [(r.index, r.score, r.document) for r in read.results] == [
        (2, 0.5, PENGUINS[2]),
        (1, 0.25, PENGUINS[1]),
        (0, 0.0, PENGUINS[0]),
    ]
    assert read.usage.total_tokens == 9


def test_damage_is_typed() -> None:
    with pytest.raises(DecodeError, match="document 7"):
        decoded(DIALECT, {"results": [{"index": 7, "relevance_score": 1}]}, reranking())
    with pytest.raises(ApiError, match="boom"):
        decoded(DIALECT, {"message": "boom"}, reranking())
