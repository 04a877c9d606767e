"""Embeddings through InvokeModel, and counts of tokens: every recorded exchange on Bedrock."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

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

from fairlead.dialects.registry import operation_named
from fairlead.errors import ApiError, BadRequestError
from fairlead.types.messages import Message
from fairlead.types.operations import EmbeddingRequest, EmbeddingResponse, TokenCount
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(120)

EMBEDDING = ("inputText", "texts", "singleEmbeddingParams")


def embeds(record: Record) -> bool:
    if record.status >= 300 or record.streaming:
        return False
    answer = json.loads(record.body)
    return "embedding" in answer or "embeddings" in answer or "data" in answer


def texts(record: Record) -> list[str]:
    asked = record.asked
    one = asked.get("inputText") or asked.get("_prompt_key")
    if isinstance(many := asked.get("texts"), list):
        return many
    nova: Any = asked.get("singleEmbeddingParams")
    return [str(one) if nova is None else nova["text"]["value"]]


def embedding(record: Record) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=tuple(texts(record)))


def target(record: Record) -> Target:
    return Target("bedrock", model(record), "embeddings", "bedrock", str(record.url))


def model(record: Record) -> str:
    return str(record.url).partition("/model/")[2].partition("/")[0]


def vectors(record: Record) -> list[list[float]]:
    answer = json.loads(record.body)
    if "embedding" in answer:
        return [answer["embedding"]]
    found = answer.get("data") or answer["embeddings"]
    found = found["float"] if isinstance(found, dict) else found
    return [item["embedding"] if isinstance(item, dict) else item for item in found]


def embedding_disagreements(record: Record, answer: EmbeddingResponse) -> Iterator[str]:
    if [list(vector) for vector in answer.embeddings] != vectors(record):
        yield "other vectors"
    told = json.loads(record.body).get("inputTextTokenCount")
    if (answer.usage.input if answer.usage else None) != told:
        yield f"{answer.usage}, not {told} tokens"


def count_disagreements(record: Record, answer: TokenCount) -> Iterator[str]:
    expected = json.loads(record.body)["inputTokens"]
    if answer.tokens != expected:
        yield f"{answer.tokens}, not {expected}"


def error_class(status: int, body: bytes) -> type[ApiError]:
    return BadRequestError


EMBEDDINGS = OperationSuite(
    name="embeddings (bedrock)",
    corpus="bedrock_invoke",
    operation=operation_named("embeddings", "bedrock"),
    mine=embeds,
    target=target,
    request=embedding,
    disagreements=embedding_disagreements,
    error_class=error_class,
)
COUNTS = OperationSuite(
    name="count_tokens (bedrock)",
    corpus="count_tokens",
    operation=operation_named("count_tokens", "bedrock"),
    mine=lambda record: record.provider == "bedrock",
    target=target,
    request=lambda record: ChatRequest("m", (Message.user("Hi"),)),
    disagreements=count_disagreements,
    error_class=error_class,
)
SUITES = pytest.mark.parametrize("suite", [EMBEDDINGS, COUNTS], ids=["embeddings", "counts"])


@SUITES
def test_every_answer_agrees_with_an_independent_reading(
    suite: OperationSuite, tally: Tally
) -> None:
    assert_none(check_answers(suite, tally))
    assert len(suite.records()) == (25 if suite is EMBEDDINGS else 5)


@SUITES
def test_a_truncated_body_is_never_an_answer(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_truncated_bodies(suite, tally))


@SUITES
def test_an_injured_body_is_never_a_foreign_exception(suite: OperationSuite) -> None:
    assert_none(check_injured_bodies(suite))


@SUITES
def test_every_error_status_is_the_error_that_fits(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_errors(suite, tally))


def test_requests_for_embeddings_have_the_shape_of_the_recorded_ones() -> None:
    for record in EMBEDDINGS.records():
        theirs = record.asked
        if "_prompt_key" in theirs or "arn" in model(record):
            continue
        sent = EMBEDDINGS.operation.encode(embedding(record), target(record), unsupported="error")
        ours = json.loads(sent.body)
        shared = [name for name in EMBEDDING if name in theirs]
        assert [name for name in EMBEDDING if name in ours] == shared, record.id
        for name in {"inputText", "texts"} & set(ours):
            assert ours[name] == theirs[name], record.id


def test_counts_ask_in_the_envelopes_of_the_recorded_ones() -> None:
    for record in COUNTS.records():
        ((envelope, given),) = record.asked["input"].items()
        quirks = Quirks(anthropic_host="bedrock" if envelope == "invokeModel" else "")
        aim = Target("bedrock", "m", "count_tokens", "bedrock", "", quirks)
        sent = COUNTS.operation.encode(COUNTS.request(record), aim, unsupported="error")
        ((ours, fields),) = json.loads(sent.body)["input"].items()
        assert ours == envelope
        if ours == "invokeModel":
            theirs = json.loads(base64.b64decode(given["body"]))
            body = json.loads(base64.b64decode(fields["body"]))
            assert set(body) <= {*theirs, "max_tokens", "anthropic_version"}
            assert body["anthropic_version"] == theirs["anthropic_version"]
        else:
            assert set(fields) <= set(given)
