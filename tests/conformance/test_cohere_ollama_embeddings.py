"""Recorded embeddings in Cohere's words (`/v2/embed`) and in Ollama's (`/api/embed`)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.conformance.corpus import Record
from tests.conformance.harness import assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_errors,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.embeddings import cohere, ollama
from fairlead.errors import ApiError, NotFoundError
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse
from fairlead.types.targets import Target


def is_cohere(record: Record) -> bool:
    """The first version is not spoken; a vector of bytes is not asked for."""
    if record.provider != "cohere" or "/v1/" in (record.url or ""):
        return False
    return record.status >= 300 or "float" in json.loads(record.body)["embeddings"]


def is_ollama(record: Record) -> bool:
    if record.provider != "ollama":
        return False
    return record.url is None or record.url.endswith("/api/embed")


def target(record: Record) -> Target:
    return Target(record.provider, "model", "embeddings", record.provider, str(record.url))


def request(record: Record) -> EmbeddingRequest:
    """As many texts as there are vectors; that the counts must agree is tested elsewhere."""
    count = len(vectors(record)) if record.status < 300 else 1
    return EmbeddingRequest(model="model", inputs=("text",) * count)


def vectors(record: Record) -> list[list[float]]:
    found = json.loads(record.body)["embeddings"]
    return list(found["float"] if isinstance(found, dict) else found)


def disagreements(record: Record, answer: EmbeddingResponse) -> Iterator[str]:
    body = json.loads(record.body)
    for place, (ours, theirs) in enumerate(zip(answer.embeddings, vectors(record), strict=True)):
        if list(ours) != theirs:
            yield f"vector {place} is {ours[:3]!r}, not {theirs[:3]!r}"
    units = body.get("meta", {}).get("billed_units", {})
    tokens = units.get("input_tokens", body.get("prompt_eval_count"))
    if (None if answer.usage is None else answer.usage.input_tokens) != tokens:
        yield f"usage {answer.usage!r}, not {tokens}"


def error_class(status: int, body: bytes) -> type[ApiError]:
    return {404: NotFoundError}[status]


SUITES = [
    OperationSuite(
        name=f"embeddings ({name})",
        corpus="embeddings",
        operation=operation,
        mine=mine,
        target=target,
        request=request,
        disagreements=disagreements,
        error_class=error_class,
    )
    for name, operation, mine in (
        ("cohere", cohere.DIALECT, is_cohere),
        ("ollama", ollama.DIALECT, is_ollama),
    )
]
WORDS = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)

pytestmark = pytest.mark.timeout(300)


@WORDS
def test_every_answer_agrees_with_an_independent_reading(
    suite: OperationSuite, tally: Tally
) -> None:
    assert len(list(suite.good())) > 3
    assert_none(check_answers(suite, tally))


@WORDS
def test_a_truncated_body_is_never_a_shorter_answer(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_truncated_bodies(suite, tally))


@WORDS
def test_an_injured_body_is_never_a_foreign_exception(suite: OperationSuite) -> None:
    assert_none(check_injured_bodies(suite))


@WORDS
def test_every_error_status_is_the_error_that_fits(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_errors(suite, tally))
