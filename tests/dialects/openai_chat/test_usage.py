"""Tokens and money. Numbers in names are lessons of the facts."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext

import pytest
from tests.dialects.openai_chat.answering import (
    DONE,
    STOP,
    Answered,
    body,
    chunk,
    frame,
)

from fairlead.types.events import (
    UsageEvent,
)
from fairlead.types.targets import Quirks
from fairlead.types.usage import Usage

UPSTREAM = {"upstream_inference_cost": 0.25}
"""What the provider behind a router takes of a caller who has a key of their own there."""


def test_1_and_3_usage_is_merged_field_by_field_and_never_replaced_by_null() -> None:
    first = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    last = {"completion_tokens": 5, "prompt_tokens": None, "prompt_tokens_details": None}
    stream = [chunk({"content": "x"}, usage=first), chunk({}, "stop", usage=last)]
    usage = Answered().stream(*stream, chunk({}, usage=None), DONE).response.usage
    assert usage is not None
    assert (usage.input, usage.cache_read, usage.output) == (6, 4, 5)
    assert usage.raw is not None
    assert json.loads(usage.raw) == last


def test_2_usage_on_a_chunk_without_choices_is_taken() -> None:
    late = frame({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})
    answered = Answered().stream(frame(STOP), late, DONE)
    assert answered.response.usage is not None
    assert answered.response.usage.input_tokens == 7
    assert isinstance(answered.events[-2], UsageEvent)


def test_groqs_own_usage_field_is_read() -> None:
    x_groq = {"id": "r", "usage": {"prompt_tokens": 5, "completion_tokens": 6}}
    usage = Answered().stream(chunk({}, "stop", x_groq=x_groq), DONE).response.usage
    assert usage is not None
    assert usage.total_tokens == 11


def test_an_answer_without_content_is_a_success_with_its_usage() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 0}
    response = Answered().whole(body({"content": ""}, usage=usage)).response
    assert response.empty
    assert response.usage is not None
    assert response.usage.input_tokens == 3


def test_h10_figures_that_cannot_be_tokens_are_not_counted() -> None:
    usage = {"prompt_tokens": -1, "completion_tokens": 1e300, "cost": "NaN"}
    response = Answered().whole(body({"content": "x"}, usage=usage)).response
    assert response.usage == Usage(raw=json.dumps(usage))
    assert response.cost is None


@pytest.mark.parametrize(
    ("usage", "quirks", "expected"),
    [
        (  # xAI: the total says that reasoning comes on top
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
             "completion_tokens_details": {"reasoning_tokens": 100}},
            Quirks(), (10, 0, 5, 100),
        ),
        (  # OpenAI: inside
            {"prompt_tokens": 10, "completion_tokens": 105, "total_tokens": 115,
             "completion_tokens_details": {"reasoning_tokens": 100}},
            Quirks(), (10, 0, 5, 100),
        ),
        (  # no total: the quirk decides
            {"prompt_tokens": 10, "completion_tokens": 105,
             "completion_tokens_details": {"reasoning_tokens": 100}},
            Quirks(reasoning_excluded_from_output=True), (10, 0, 105, 100),
        ),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 8}, Quirks(), (2, 8, 0, 0)),
        ({"prompt_tokens": 10, "cached_tokens": 8}, Quirks(), (2, 8, 0, 0)),
        ({"prompt_tokens": 10, "num_cached_tokens": 8}, Quirks(), (2, 8, 0, 0)),
        (
            {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 8}},
            Quirks(cache_excluded_from_input=True), (10, 8, 0, 0),
        ),
        (  # a cache above the prompt gives away that it is counted apart
            {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 163}},
            Quirks(), (7, 163, 0, 0),
        ),
    ],
)  # fmt: skip
def test_21_22_tokens_fall_into_disjoint_buckets(
    usage: dict[str, object], quirks: Quirks, expected: tuple[int, int, int, int]
) -> None:
    found = Answered(quirks).whole(body({"content": "x"}, usage=usage)).response.usage
    assert found is not None
    assert (found.input, found.cache_read, found.output, found.reasoning) == expected


def test_23_cumulative_usage_is_not_summed() -> None:
    stream = [
        chunk({"content": "x"}, usage={"prompt_tokens": 9, "completion_tokens": n})
        for n in (1, 2, 3)
    ]
    usage = Answered().stream(*stream, frame(STOP), DONE).response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (9, 3)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"cost": 0.0003287}, "0.0003287"),
        ({"cost": {"total_cost": 0.00501}}, "0.00501"),
        ({"cost_in_usd_ticks": 37756000}, "0.0037756"),
        ({"estimated_cost": 3.8e-07}, "3.8E-7"),
        ({"cost": 0.5, "is_byok": False, "cost_details": UPSTREAM}, "0.5"),
        ({"cost": 0.5, "is_byok": True, "cost_details": UPSTREAM}, "0.75"),
        ({"cost": 0, "is_byok": True, "cost_details": UPSTREAM}, "0.25"),
    ],
)
def test_the_providers_own_cost_is_told(usage: dict[str, object], usd: str) -> None:
    cost = (
        Answered().whole(body({"content": "x"}, usage={"prompt_tokens": 1, **usage})).response.cost
    )
    assert cost is not None
    assert cost.usd == Decimal(usd)


@pytest.mark.parametrize("details", [None, {"upstream_inference_cost": None}])
def test_a_fee_without_what_the_provider_behind_takes_is_no_cost(details: object) -> None:
    usage = {"prompt_tokens": 1, "cost": 0, "is_byok": True, "cost_details": details}
    assert Answered().stream(chunk({}, "stop", usage=usage), DONE).response.cost is None


def test_money_is_exact_whatever_the_program_rounds_its_decimals_to() -> None:
    usage = {"prompt_tokens": 1, "cost_in_usd_ticks": 123_456_789}
    with localcontext() as context:
        context.prec = 3
        cost = Answered().whole(body({"content": "x"}, usage=usage)).response.cost
    assert cost is not None
    assert cost.usd == Decimal("0.0123456789")


@pytest.mark.parametrize(
    ("total", "audio", "read"),
    [(120, 10, 100), (120, 70, 100), (190, 70, 170), (None, 70, 170)],
    ids=["beside the cache", "partly in the cache", "counted apart", "not told"],
)
def test_sound_that_was_cached_is_not_counted_twice(
    total: int | None, audio: int, read: int
) -> None:
    details = {"cached_tokens": 90, "audio_tokens": audio}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": details}
    found = Answered().whole(body({}, usage={**usage, "total_tokens": total})).response.usage
    assert found is not None
    assert (found.input_tokens, found.cache_read) == (read, 90)


def test_the_tier_that_served_is_told_streamed_or_not() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    for answered in (
        Answered().whole(body({"content": "x"}, usage=usage, service_tier="flex")),
        Answered().whole(body({"content": "x", "refusal": "y"}, usage=usage, service_tier="flex")),
        Answered().stream(
            chunk({"content": "x"}, service_tier="flex"),
            chunk({"content": "y"}, service_tier="flex"),
            chunk({}, "stop", service_tier="flex", usage=usage),
            DONE,
        ),
    ):
        assert answered.response.usage is not None
        assert answered.response.usage.service_tier == "flex"


@pytest.mark.parametrize("odd", [None, 7, ["flex"]])
def test_a_tier_that_is_no_word_is_none(odd: object) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    found = Answered().whole(body({"content": "x"}, usage=usage, service_tier=odd)).response.usage
    assert found is not None
    assert found.service_tier is None
