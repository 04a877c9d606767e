"""Tokens and money of operations beside chat."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fairlead.dialects.figures import counted, tokens, tokens_read, told, told_cost
from fairlead.types.usage import Cost


@pytest.mark.parametrize(
    ("usage", "number"),
    [
        ({"prompt_tokens": 5, "total_tokens": 7}, 5),
        ({"total_tokens": 7}, 7),
        ({"input_tokens": 0}, 0),
        ({"prompt_tokens": "5", "total_tokens": 7}, 7),
    ],
)
def test_tokens_are_read_under_any_of_their_names(usage: dict[str, object], number: int) -> None:
    read = tokens_read(usage)
    assert read is not None
    assert (read.input, read.total_tokens) == (number, number)
    assert read.raw is not None


@pytest.mark.parametrize(
    "usage", [None, 5, [], {}, {"prompt_tokens": -1}, {"total_tokens": True}, {"tokens": 2**60}]
)
def test_an_odd_figure_is_no_figure(usage: object) -> None:
    assert tokens_read(usage) is None


@pytest.mark.parametrize(
    ("cost", "usd"),
    [
        (0.001, "0.001"),
        (1e-08, "1E-8"),
        ("0.5", "0.5"),
        (0, "0"),
        ({"currency": "USD", "total_cost": 1.2e-08}, "1.2E-8"),
    ],
)
def test_a_cost_is_the_providers_own(cost: object, usd: str) -> None:
    told = told_cost({"cost": cost})
    assert told is not None
    assert (told.usd, told.source) == (Decimal(usd), "provider")


@pytest.mark.parametrize(
    "cost", [None, True, -1, "x", "NaN", float("inf"), [], {"total_cost": None}]
)
def test_an_odd_cost_is_no_cost(cost: object) -> None:
    assert told_cost({"cost": cost}) is None
    assert told_cost(None) is None


@pytest.mark.parametrize(
    ("value", "count"),
    [(5, 5), (5.0, 5), (0, 0), (True, None), (-1, None), (5.5, None), ("5", None), (2**60, None)],
)
def test_a_number_of_tokens_is_whole_and_within_reason(value: object, count: int | None) -> None:
    assert tokens(value) == count
    assert told({"a": None, "b": value}, "a", "b") == count
    assert counted({"b": value}, "a", "b") == (count or 0)
    assert told([value], "a") is None


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (
            {"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 3.6e-6}},
            "3.6E-6",
        ),
        ({"cost": 1, "is_byok": True, "cost_details": {"upstream_inference_cost": 2}}, "3"),
        ({"cost": 1, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, None),
        ({"cost": 1, "is_byok": False, "cost_details": {"upstream_inference_cost": 1}}, "1"),
        ({"cost": 1, "is_byok": True, "cost_details": 7}, None),
        ({"cost": 1, "is_byok": True}, None),
    ],
)
def test_what_a_key_of_ones_own_pays_behind_a_router_is_part_of_the_cost(
    usage: dict[str, object], usd: str | None
) -> None:
    told = told_cost(usage)
    assert told == (None if usd is None else Cost(Decimal(usd), "provider"))
