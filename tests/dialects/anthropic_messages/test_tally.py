"""Usage in disjoint buckets, told at once or bit by bit."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.dialects.anthropic_messages.building import (
    START,
    STOP,
    TEXT,
    decoder,
    last,
    result,
    sse,
    streamed,
    unstreamed,
)

from fairlead.types.usage import Cost


def test_lesson_21_cache_writes_are_counted_once() -> None:
    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
        "output_tokens": 10,
        "output_tokens_details": {"thinking_tokens": 4},
    }
    told = unstreamed(usage=usage).usage
    assert told is not None
    assert (told.input, told.cache_read) == (3, 7)
    assert (told.cache_write, told.cache_write_1h) == (60, 40)
    assert (told.output, told.reasoning) == (6, 4)
    assert told.total_tokens == 120
    assert told.raw == json.dumps(usage)


def test_lesson_23_figures_of_a_stream_replace_each_other_and_are_not_added() -> None:
    answer = streamed(last("end_turn", input_tokens=12, output_tokens=25))
    assert answer.usage is not None
    assert (answer.usage.input, answer.usage.output) == (12, 25)


def test_lesson_3_a_null_or_missing_figure_leaves_what_was_told() -> None:
    start = START["message"] | {"usage": {"input_tokens": 12, "cache_read_input_tokens": 5}}
    decoding = decoder()
    late = last("end_turn", output_tokens=9, cache_read_input_tokens=None)
    decoding.feed(sse(START | {"message": start}, late, STOP))
    told = result(decoding).usage
    assert told is not None
    assert (told.input, told.cache_read, told.output) == (12, 5, 9)
    assert json.loads(told.raw or "")["cache_read_input_tokens"] == 5


def test_figures_that_are_no_counts_are_left_out() -> None:
    usage = {"input_tokens": -5, "output_tokens": 10**400, "cache_read_input_tokens": "9"}
    told = unstreamed(usage=usage).usage
    assert told is not None
    assert told.total_tokens == 0


def test_without_usage_there_is_none() -> None:
    assert unstreamed(TEXT).usage is None


def test_a_cost_is_the_providers_own() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "cost": 0.00125}
    assert unstreamed(usage=usage).cost == Cost(Decimal("0.00125"), "provider")
    assert unstreamed(usage=usage | {"cost": None}).cost is None


def test_tokens_that_the_totals_leave_out_are_said() -> None:
    steps = [{"type": "compaction", "input_tokens": 99195, "output_tokens": 81}]
    answer = unstreamed(usage={"input_tokens": 1, "output_tokens": 1, "iterations": steps})
    assert "99,276" in answer.warnings[0]
