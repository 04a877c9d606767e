"""Every recorded count of tokens in the words of Anthropic and of OpenAI."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.conformance.corpus import Record, records
from tests.conformance.harness import assert_none
from tests.conformance.operations import (
    OperationSuite,
    check_answers,
    check_injured_bodies,
    check_truncated_bodies,
)
from tests.conformance.table import Tally

from fairlead.dialects.registry import operation_named
from fairlead.errors import ApiError, BadRequestError
from fairlead.types.messages import Message
from fairlead.types.operations import TokenCount
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

pytestmark = pytest.mark.timeout(60)

WORDS = {"anthropic": "anthropic", "openai": "openai_responses"}
OTHER_WORDS = {"bedrock", "google", "vertex"}


def request(record: Record) -> ChatRequest:
    return ChatRequest("model", (Message.user("Hi"),))


def disagreements(record: Record, answer: TokenCount) -> Iterator[str]:
    expected = json.loads(record.body)["input_tokens"]
    if answer.tokens != expected:
        yield f"{answer.tokens}, not {expected}"


def error_class(status: int, body: bytes) -> type[ApiError]:
    return BadRequestError


def suite(provider: str) -> OperationSuite:
    words = WORDS[provider]
    return OperationSuite(
        name=f"count_tokens ({words})",
        corpus="count_tokens",
        operation=operation_named("count_tokens", words),
        mine=lambda record: record.provider == provider,
        target=lambda record: Target(provider, "model", "count_tokens", words, str(record.url)),
        request=request,
        disagreements=disagreements,
        error_class=error_class,
    )


SUITES = pytest.mark.parametrize("suite", [suite(name) for name in WORDS], ids=WORDS)


@SUITES
def test_every_count_agrees_with_an_independent_reading(
    suite: OperationSuite, tally: Tally
) -> None:
    assert_none(check_answers(suite, tally))


@SUITES
def test_a_truncated_body_is_never_a_smaller_count(suite: OperationSuite, tally: Tally) -> None:
    assert_none(check_truncated_bodies(suite, tally))


@SUITES
def test_an_injured_body_is_never_a_foreign_exception(suite: OperationSuite) -> None:
    assert_none(check_injured_bodies(suite))


def test_no_recording_is_left_out_but_those_in_other_words() -> None:
    suite("openai").records()
    found = {record.provider for record in records("count_tokens")}
    assert found == {*WORDS, *OTHER_WORDS}
