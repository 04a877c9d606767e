"""Token counts in disjoint buckets, and what the provider says it costs."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.dialects.openai_responses.building import (
    CREATED,
    USAGE,
    Json,
    answer,
    body,
    completed,
    decoder,
    streamed,
    whole,
)

from fairlead.errors import (
    DecodeError,
)
from fairlead.types.targets import Quirks

UPSTREAM = {"upstream_inference_cost": 3.6e-6}


def test_reasoning_counts_inside_output_unless_the_provider_counts_apart() -> None:
    usage = {**USAGE, "output_tokens_details": {"reasoning_tokens": 3}}
    inside = whole(body(usage=usage)).usage
    apart = whole(body(usage=usage), Quirks(reasoning_excluded_from_output=True)).usage
    assert inside is not None
    assert apart is not None
    assert (inside.output, inside.reasoning, inside.output_tokens) == (1, 3, 4)
    assert (apart.output, apart.reasoning, apart.output_tokens) == (4, 3, 7)


def test_lesson_22_cached_tokens_are_not_counted_twice() -> None:
    details = {"cached_tokens": 5, "cache_write_tokens": 2}
    usage = whole(body(usage={**USAGE, "input_tokens_details": details})).usage
    assert usage is not None
    assert (usage.input, usage.cache_read, usage.cache_write) == (2, 5, 2)
    assert usage.input_tokens == 9
    assert usage.raw is not None
    assert json.loads(usage.raw)["input_tokens_details"] == details


def test_perplexity_spells_its_cache_counts_otherwise() -> None:
    details = {"cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}
    usage = whole(body(usage={**USAGE, "input_tokens_details": details})).usage
    assert usage is not None
    assert (usage.input, usage.cache_read, usage.cache_write) == (2, 5, 2)


def test_lesson_1_usage_is_merged_field_by_field() -> None:
    early = {**CREATED["response"], "usage": {**USAGE, "output_tokens_details": None}}
    late = {"output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 2}}
    _, response = streamed(
        {"type": "response.in_progress", "response": early}, completed(usage=late)
    )
    usage = response.usage
    assert usage is not None
    assert (usage.input, usage.output, usage.reasoning) == (9, 4, 2)


@pytest.mark.parametrize("figure", [-5, 10**30, 1e999])
def test_impossible_figures_do_not_get_in(figure: float) -> None:
    one = decoder()
    text = json.dumps(body(usage={"input_tokens": 3, "output_tokens": 1}))
    one.whole(text.replace('"output_tokens": 1', f'"output_tokens": {figure}').encode())
    if one.failure is None:
        usage = answer(one).usage
        assert usage is not None
        assert usage.input_tokens == 3
        assert usage.output_tokens >= 0
    else:
        assert type(one.failure) is DecodeError


@pytest.mark.parametrize(
    ("figures", "dollars"),
    [
        ({"cost": 1.13e-05}, "0.0000113"),
        ({"cost": {"currency": "USD", "total_cost": 0.0025}}, "0.0025"),
        ({"cost_in_usd_ticks": 37756000}, "0.0037756"),
        ({"cost": 0.01, "is_byok": False, "cost_details": UPSTREAM}, "0.01"),
        ({"cost": 0, "is_byok": True, "cost_details": UPSTREAM}, "0.0000036"),
        ({"cost": 0.01, "is_byok": True, "cost_details": UPSTREAM}, "0.0100036"),
    ],
)
def test_the_provider_s_own_cost_is_taken(figures: Json, dollars: str) -> None:
    cost = whole(body(usage={**USAGE, **figures})).cost
    assert cost is not None
    assert cost.usd == Decimal(dollars)


@pytest.mark.parametrize("more", [{}, {"cost_details": {"upstream_inference_cost": None}}])
def test_a_fee_beside_a_bill_that_nobody_tells_is_no_cost(more: Json) -> None:
    """The bill is that of the provider behind the router, for a key of the caller's own."""
    told = {"cost": 0.01, "is_byok": True, **more}
    assert whole(body(usage=USAGE | told)).cost is None


@pytest.mark.parametrize("cost", [{"currency": "EUR", "total_cost": 1}, "free", -1, None])
def test_a_cost_that_is_no_dollars_is_none(cost: object) -> None:
    assert whole(body(usage={**USAGE, "cost": cost})).cost is None


def test_a_cost_below_nothing_is_none_in_ticks_too() -> None:
    assert whole(body(usage={**USAGE, "cost_in_usd_ticks": -37756000})).cost is None


def test_the_tier_that_served_is_told_streamed_or_not() -> None:
    _, one = streamed(CREATED, completed(service_tier="priority"))
    for found in (one.usage, whole(body(usage=USAGE, service_tier="priority")).usage):
        assert found is not None
        assert found.service_tier == "priority"
