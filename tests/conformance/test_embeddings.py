"""Every recorded exchange for embeddings in the words of OpenAI, Perplexity and Hugging Face."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conformance.corpus import Record, records
from tests.conformance.harness import Damage, assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_errors,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.embeddings.huggingface import DIALECT as HUGGING_FACE
from fairlead.dialects.embeddings.openai import DIALECT
from fairlead.dialects.embeddings.perplexity import DIALECT as PERPLEXITY
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
)
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(300)

OTHER_WORDS = {"bedrock", "cohere", "google", "huggingface", "perplexity", "vertex"}
QUIRKS = {
    "mistral": Quirks(embedding_dimensions="output_dimension"),
    "openrouter": Quirks(embedding_input_type="input_type"),
    "voyageai": Quirks(embedding_dimensions="output_dimension", embedding_input_type="input_type"),
}
OF_OTHER_PROGRAMS = {"encoding_format", "output_dtype", "truncation"}
"""Fields that only the recorders' programs set, or set otherwise."""


def is_openai(record: Record) -> bool:
    if record.provider == "ollama":
        return "/v1/" in (record.url or "")
    return record.provider not in OTHER_WORDS


def target(record: Record) -> Target:
    quirks = QUIRKS.get(record.provider, Quirks())
    return Target(record.provider, "model", "embeddings", "openai", str(record.url), quirks)


def request(record: Record) -> EmbeddingRequest:
    """What was asked; where it was not recorded, as many texts as there are answers."""
    given = record.asked.get("input")
    if given is None:
        data = json.loads(record.body).get("data", []) if record.status < 300 else []
        return EmbeddingRequest(model="model", inputs=("text",) * len(data))
    # One text, a list of texts, one text as a list of tokens, or a list of those.
    many = isinstance(given, list) and bool(given) and not isinstance(given[0], int)
    count = len(given) if many and isinstance(given, list) else 1
    wanted = record.asked.get("dimensions") or record.asked.get("output_dimension")
    return EmbeddingRequest(
        model="model",
        inputs=("text",) * count,
        dimensions=wanted if isinstance(wanted, int) else None,
    )


def disagreements(record: Record, answer: EmbeddingResponse) -> Iterator[str]:
    body = json.loads(record.body)
    data = sorted(body["data"], key=lambda item: item["index"])
    if len(answer.embeddings) != len(data):
        yield f"{len(answer.embeddings)} vectors, not {len(data)}"
        return
    for place, (item, vector) in enumerate(zip(data, answer.embeddings, strict=True)):
        expected = numbers(record, item["embedding"])
        if list(vector) != expected:
            yield f"vector {place} is {vector[:3]!r}, not {expected[:3]!r}"
    if answer.model != body["model"]:
        yield f"model {answer.model!r}, not {body['model']!r}"
    usage = body["usage"]
    tokens = usage.get("prompt_tokens", usage["total_tokens"])
    if answer.usage is None or answer.usage.total_tokens != tokens:
        yield f"usage {answer.usage!r}, not {tokens}"
    cost = usage.get("cost")
    cost = cost["total_cost"] if isinstance(cost, dict) else cost
    if (None if answer.cost is None else float(answer.cost.usd)) != cost:
        yield f"cost {answer.cost!r}, not {cost}"


def numbers(record: Record, embedding: Any) -> list[float]:
    if not isinstance(embedding, str):
        return [float(number) for number in embedding]
    data = base64.b64decode(embedding)
    if record.provider == "perplexity":
        return [float(number) for number in struct.unpack(f"{len(data)}b", data)]
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def error_class(status: int, body: bytes) -> type[ApiError]:
    return {
        400: BadRequestError,
        401: AuthenticationError,
        403: PermissionDeniedError,
        404: NotFoundError,
    }[status]


SUITE = OperationSuite(
    name="embeddings (openai)",
    corpus="embeddings",
    operation=DIALECT,
    mine=is_openai,
    target=target,
    request=request,
    disagreements=disagreements,
    error_class=error_class,
    damaged={"0e533c020a578fe4": Damage(DecodeError, "a reranking, no embeddings")},
)


def rows(record: Record, answer: EmbeddingResponse) -> Iterator[str]:
    expected = json.loads(record.body)
    if [list(vector) for vector in answer.embeddings] != [expected]:
        yield f"{answer.embeddings!r:.100}, not {expected!r:.100}"


SUITES = pytest.mark.parametrize(
    "suite",
    [
        SUITE,
        OperationSuite(
            name="embeddings (perplexity)",
            corpus="embeddings",
            operation=PERPLEXITY,
            mine=lambda record: record.provider == "perplexity",
            target=target,
            request=request,
            disagreements=disagreements,
            error_class=error_class,
        ),
        OperationSuite(
            name="embeddings (huggingface)",
            corpus="embeddings",
            operation=HUGGING_FACE,
            mine=lambda record: record.provider == "huggingface",
            target=target,
            request=lambda record: EmbeddingRequest(model="model", inputs=("text",)),
            disagreements=rows,
            error_class=error_class,
        ),
    ],
    ids=lambda suite: suite.operation.name,
)


@SUITES
def test_every_vector_agrees_with_an_independent_reading(
    suite: OperationSuite, tally: Tally
) -> None:
    assert_none(check_answers(suite, tally))


@SUITES
def test_a_truncated_body_is_never_a_shorter_answer(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_truncated_bodies(suite, tally))


@SUITES
def test_an_injured_body_is_never_a_foreign_exception(suite: OperationSuite) -> None:
    assert_none(check_injured_bodies(suite))


@SUITES
def test_every_error_status_becomes_the_error_that_fits(
    suite: OperationSuite, tally: Tally
) -> None:
    assert_none(check_errors(suite, tally))


def test_no_recording_is_left_out_but_those_in_other_words() -> None:
    mine = {record.id for record in SUITE.records()}
    left = {record.provider for record in records("embeddings") if record.id not in mine}
    assert left == OTHER_WORDS | {"ollama"}


def test_what_was_sent_then_is_what_is_sent_now() -> None:
    checked = 0
    for record in SUITE.records():
        given = record.asked.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            continue
        kind, user = record.asked.get("input_type"), record.asked.get("user")
        asked = EmbeddingRequest(
            model="model",
            inputs=tuple(texts),
            dimensions=request(record).dimensions,
            input_type=kind,  # type: ignore[arg-type]
            user=user if isinstance(user, str) else None,
        )
        sent = DIALECT.encode(asked, target(record), unsupported="error").body
        assert isinstance(sent, bytes)
        then = {**record.asked, "model": "model", "input": texts}
        assert without(json.loads(sent)) == without(then), record.id
        checked += 1
    assert checked > 100


def without(body: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in body.items() if k not in OF_OTHER_PROGRAMS and v is not None}
