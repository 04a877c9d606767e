"""Every recorded reranking: all are of the shape that Cohere's words have."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.conformance.corpus import Record
from tests.conformance.harness import assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.rerank.cohere import DIALECT
from fairlead.errors import ApiError, BadRequestError
from fairlead.types.operations import RerankRequest, RerankResponse
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(60)

TOP = {"voyageai": Quirks(rerank_top="top_k")}


def target(record: Record) -> Target:
    quirks = TOP.get(record.provider, Quirks())
    return Target(record.provider, "model", "rerank", "cohere", str(record.url), quirks)


def request(record: Record) -> RerankRequest:
    asked = record.asked
    documents, top = asked["documents"], asked.get("top_n", asked.get("top_k"))
    assert isinstance(documents, list)
    return RerankRequest(
        model="model",
        query=str(asked["query"]),
        documents=tuple(documents),
        top_n=top if isinstance(top, int) else None,
    )


def disagreements(record: Record, answer: RerankResponse) -> Iterator[str]:
    body = json.loads(record.body)
    documents = record.asked["documents"]
    assert isinstance(documents, list)
    results = body.get("results", body.get("data"))
    expected = sorted(
        ((r["relevance_score"], r["index"], documents[r["index"]]) for r in results), reverse=True
    )
    found = [(r.score, r.index, r.document) for r in answer.results]
    if found != expected:
        yield f"{found!r:.200}, not {expected!r:.200}"
    if answer.model != body.get("model", "model"):
        yield f"model {answer.model!r}"
    usage = body.get("usage", {})
    tokens = None if answer.usage is None else answer.usage.total_tokens
    if tokens != usage.get("total_tokens"):
        yield f"{tokens} tokens, not {usage.get('total_tokens')}"
    cost = None if answer.cost is None else float(answer.cost.usd)
    if cost != usage.get("cost"):
        yield f"cost {cost}, not {usage.get('cost')}"
    if answer.warnings:
        yield f"warnings {answer.warnings}"


def error_class(status: int, body: bytes) -> type[ApiError]:
    return BadRequestError


SUITE = OperationSuite(
    name="rerank (cohere)",
    corpus="rerank",
    operation=DIALECT,
    mine=lambda record: True,
    target=target,
    request=request,
    disagreements=disagreements,
    error_class=error_class,
)


def test_every_ranking_agrees_with_an_independent_reading(tally: Tally) -> None:
    assert_none(check_answers(SUITE, tally))


def test_a_truncated_body_is_never_a_shorter_answer(tally: Tally) -> None:
    assert_none(check_truncated_bodies(SUITE, tally))


def test_an_injured_body_is_never_a_foreign_exception() -> None:
    assert_none(check_injured_bodies(SUITE))


def test_every_recording_is_read() -> None:
    records = SUITE.records()
    assert len(records) == 13
    assert all(record.status == 200 for record in records)


def test_what_was_sent_then_is_what_is_sent_now() -> None:
    """The recorded bodies, but for fields that only their recorders' programs set."""
    for record in SUITE.records():
        sent = DIALECT.encode(request(record), target(record), unsupported="error")
        body = json.loads(sent.body)
        then = {k: v for k, v in record.asked.items() if v is not None and k in body}
        assert body == {**then, "model": "model"}
        left = {k for k, v in record.asked.items() if v is not None} - set(body)
        assert left <= {"truncation", "max_tokens_per_doc"}
