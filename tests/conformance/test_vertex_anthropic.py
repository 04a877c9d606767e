"""`anthropic_messages` on Vertex AI: the exchanges of it that lie among those of the protocol."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from tests.conformance import test_anthropic_messages as messages
from tests.conformance.corpus import Record
from tests.conformance.harness import assert_none, check_answers, check_splits
from tests.conformance.table import Tally

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.types.targets import Quirks, Target


def view(record: Record) -> Record | None:
    return record if "rawpredict" in (record.url or "").lower() else None


def target(record: Record) -> Target:
    quirks = Quirks(anthropic_host="vertex")
    return Target(record.provider, "claude", "chat", DIALECT.name, record.url or "", quirks)


SUITE = replace(messages.SUITE, target=target, view=view, corpus="anthropic_messages")

pytestmark = pytest.mark.timeout(600)


def test_every_answer_agrees_with_an_independent_reading() -> None:
    assert_none(check_answers(SUITE, Tally()))
    assert len(SUITE.records()) == 22


def test_every_stream_gives_the_same_events_at_any_split() -> None:
    assert_none(check_splits(SUITE, Tally()))


def test_requests_say_what_the_recorded_ones_say_about_version_model_and_stream() -> None:
    for record in SUITE.records():
        streams = record.streaming
        sent = DIALECT.encode(
            messages.request(record), target(record), stream=streams, unsupported="error"
        )
        ours, theirs = json.loads(sent.body), record.asked
        for name in ("anthropic_version", "model"):
            assert ours.get(name) == theirs.get(name), record.id
        assert ours.get("stream", False) == theirs.get("stream", False), record.id
        assert sent.headers == (), record.id
