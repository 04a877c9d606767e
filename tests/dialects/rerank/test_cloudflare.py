"""Cloudflare's reranking."""

from __future__ import annotations

import pytest
from tests.dialects.operating import PENGUINS, body, decoded, reranking

from fairlead.dialects.rerank.cloudflare import DIALECT
from fairlead.errors import ApiError, DecodeError


def test_documents_are_contexts_and_the_model_stands_in_the_address() -> None:
    contexts = [{"text": text} for text in PENGUINS]
    assert body(DIALECT, reranking()) == {"query": "penguins", "contexts": contexts}
    assert body(DIALECT, reranking(top_n=2))["top_k"] == 2


def test_the_envelope_is_opened() -> None:
    scores = [{"id": 1, "score": 0.1}, {"id": 2, "score": 0.8}, {"id": 0, "score": 0.4}]
    came = {"result": {"response": scores}, "success": True, "errors": [], "messages": []}
    read = decoded(DIALECT, came, reranking())
    assert [(r.index, r.score) for r in read.results] == [(2, 0.8), (0, 0.4), (1, 0.1)]


def test_damage_is_typed() -> None:
    failed = {"result": None, "success": False, "errors": [{"code": 3036, "message": "no more"}]}
    with pytest.raises(ApiError, match="no more"):
        decoded(DIALECT, failed, reranking())
    with pytest.raises(ApiError, match="no more"):
        decoded(DIALECT, {**failed, "result": {"response": []}}, reranking())
    with pytest.raises(DecodeError, match="no scores"):
        decoded(DIALECT, {"success": True}, reranking())
