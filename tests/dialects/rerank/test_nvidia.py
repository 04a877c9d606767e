"""NVIDIA's reranking."""

from __future__ import annotations

import pytest
from tests.dialects.operating import PENGUINS, body, decoded, encoded, reranking

from fairlead.dialects.rerank.nvidia import DIALECT
from fairlead.errors import ApiError, DecodeError

RANKINGS = [{"index": 2, "logit": 4.5}, {"index": 0, "logit": -1}, {"index": 1, "logit": -9.25}]


def test_texts_are_wrapped_and_no_bound_is_sent() -> None:
    asked = reranking(top_n=2, extra_body={"truncate": "END"})
    assert body(DIALECT, asked) == {
        "model": "model-1",
        "query": {"text": "penguins"},
        "passages": [{"text": text} for text in PENGUINS],
        "truncate": "END",
    }
    assert encoded(DIALECT, asked).dropped == ()


def test_logits_are_scores_and_the_bound_holds_all_the_same() -> None:
    read = decoded(
        DIALECT, {"rankings": RANKINGS, "usage": {"total_tokens": 9}}, reranking(top_n=2)
    )
    assert [(r.index, r.score) for r in read.results] == [(2, 4.5), (0, -1)]
    assert read.warnings == ()
    assert read.usage.total_tokens == 9


def test_damage_is_typed() -> None:
    with pytest.raises(DecodeError, match="another shape"):
        decoded(DIALECT, {"rankings": [{"index": 0}]}, reranking())
    with pytest.raises(DecodeError, match="no rankings"):
        decoded(DIALECT, {}, reranking())
    with pytest.raises(ApiError, match="Inference failed"):
        decoded(DIALECT, {"detail": "Inference failed"}, reranking())
