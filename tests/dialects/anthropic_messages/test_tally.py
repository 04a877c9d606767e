"""Usage in disjoint buckets, told at once or bit by bit."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.dialects.anthropic_messages.building import (
    START,
    STOP,
    TEXT,
    begin,
    decoder,
    end,
    last,
    result,
    sse,
    streamed,
    unstreamed,
)

from fairlead.types.usage import Cost, Usage


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


def test_what_a_compaction_took_stands_beside_the_answer_that_was_asked_for() -> None:
    steps = [
        {"type": "compaction", "input_tokens": 99195, "output_tokens": 81},
        {"type": "message", "input_tokens": 162, "output_tokens": 11},
    ]
    told = {"input_tokens": 162, "output_tokens": 11, "iterations": steps}
    answer = unstreamed(usage=told)
    assert answer.usage is not None
    assert (answer.usage.input, answer.usage.output) == (162, 11)
    assert answer.usage.others == (Usage(input=99195, output=81),)
    assert answer.warnings == ()


def test_what_an_advisor_took_stands_apart_with_its_name() -> None:
    steps = [
        {"type": "message", "input_tokens": 10, "output_tokens": 5},
        {
            "type": "advisor_message",
            "model": "claude-opus-4-8",
            "input_tokens": 20,
            "output_tokens": 3,
        },
        {"type": "advisor_message", "input_tokens": 1},
        {"type": "unheard_of", "model": "m", "input_tokens": 1},
        7,
    ]
    usage = unstreamed(usage={"input_tokens": 10, "output_tokens": 5, "iterations": steps}).usage
    assert usage is not None
    assert (usage.input, usage.output) == (10, 5)
    assert usage.others == (
        Usage(input=20, output=3, model="claude-opus-4-8"),
        Usage(input=1, model=""),
    )


def test_a_model_that_answers_for_one_that_refused_is_named_with_what_it_took() -> None:
    refused = {"type": "message", "model": "claude-fable-5", "input_tokens": 408}
    steps = [
        refused | {"output_tokens": 0},
        {"type": "fallback_message", "model": "claude-opus-4-8", "input_tokens": 412},
    ]
    told = {"input_tokens": 412, "output_tokens": 264}
    answer = streamed(begin(TEXT | {"text": "Hi"}), end(), last(**told, iterations=steps))
    assert answer.usage is not None
    assert (answer.usage.input, answer.usage.output) == (412, 264)
    assert (answer.usage.model, answer.usage.others) == ("claude-opus-4-8", ())
    spoke = unstreamed(usage=told | {"iterations": [refused | {"output_tokens": 9}, steps[1]]})
    assert spoke.usage is not None
    assert spoke.usage.others == (Usage(input=408, output=9, model="claude-fable-5"),)
