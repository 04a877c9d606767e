"""Every recorded fill in the middle at Mistral's, against a reading of the JSON by itself."""

from __future__ import annotations

import json

import pytest
from tests.conformance.corpus import Record
from tests.conformance.harness import (
    Suite,
    assert_none,
    check_answers,
    check_cuts,
    check_splits,
    check_truncated_bodies,
)
from tests.conformance.table import Tally
from tests.conformance.test_openai_completions import ended, error_class, read

from fairlead.dialects.completion.mistral_fim import DIALECT
from fairlead.types.operations import CompletionRequest
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(60)

MISTRAL = Quirks(seed="random_seed", ask_for_usage=False)


class FimSuite(Suite, frozen=True, kw_only=True):
    """The recordings lie among those of other operations."""

    def records(self) -> tuple[Record, ...]:
        found = Suite.records(self)
        return tuple(record for record in found if "/fim/" in (record.url or ""))


def target(record: Record) -> Target:
    return Target("mistral", "codestral-2508", "completion", DIALECT.name, "https://m/", MISTRAL)


def request(record: Record) -> CompletionRequest:
    asked = record.asked
    return CompletionRequest(
        model="codestral-2508",
        prompt=str(asked["prompt"]),
        suffix=str(asked["suffix"]),
        max_tokens=asked["max_tokens"],  # type: ignore[arg-type]
        temperature=asked["temperature"],  # type: ignore[arg-type]
        top_p=asked.get("top_p"),  # type: ignore[arg-type]
    )


SUITE = FimSuite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    corpus="mistral_other",
)


def test_every_answer_agrees_with_an_independent_reading(tally: Tally) -> None:
    assert_none(check_answers(SUITE, tally))


def test_any_split_of_a_stream_gives_the_same_events(tally: Tally) -> None:
    assert_none(check_splits(SUITE, tally))


def test_a_cut_stream_is_never_a_normal_end(tally: Tally) -> None:
    assert_none(check_cuts(SUITE, tally))


def test_a_truncated_body_is_never_a_shorter_answer(tally: Tally) -> None:
    assert_none(check_truncated_bodies(SUITE, tally))


def test_what_was_sent_then_is_what_is_sent_now() -> None:
    assert len(SUITE.records()) == 3
    for record in SUITE.records():
        sent = DIALECT.encode(
            request(record), target(record), stream=record.streaming, unsupported="error"
        )
        assert {"stream": False, **json.loads(sent.body)} == record.asked
