"""Which price of one's own is that of a model, and what is no price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead.policies.own_prices import OwnPrices


def priced_as(name: str, *patterns: str) -> str | None:
    """The pattern whose price is that of `name`."""
    prices = OwnPrices("lab", {pattern: {"input": 1} for pattern in patterns})
    found = prices.of(name)
    return None if found is None else found.place.split('"')[1]


@pytest.mark.parametrize(
    ("name", "patterns", "wanted"),
    [
        ("llama-3", ("llama-3",), "llama-3"),
        ("llama-3", ("llama",), None),
        ("llama-3", ("*", "llama-*", "ll*"), "llama-*"),
        ("llama-3", ("*", "*llama-3*", "llama-3"), "llama-3"),  # a name stands above patterns
        ("Meta/Llama-3", ("*/llama-3",), "*/llama-3"),
        ("llama-3", ("LLAMA-*",), "LLAMA-*"),
        ("aXbXc", ("a*b*c",), "a*b*c"),
        ("ab", ("a*b",), "a*b"),
        ("aba", ("aba*aba",), None),  # what begins it cannot end it too
        ("abc", ("a*c*b",), None),
        ("a[1]?", ("a[1]?",), "a[1]?"),
        ("a1", ("a[1]",), None),
    ],
)
def test_the_nearest_pattern_is_the_price(
    name: str, patterns: tuple[str, ...], wanted: str | None
) -> None:
    assert priced_as(name, *patterns) == wanted


def test_a_model_of_two_names_has_the_nearest_price_of_both() -> None:
    prices = OwnPrices("lab", {"*": {"input": 1}, "gpt-4o": {"input": 2}})
    found = prices.of("deployment-7", "gpt-4o")
    assert found is not None
    assert found.place == 'providers.lab.prices."gpt-4o"'


def test_the_order_in_the_file_decides_between_patterns_of_one_length() -> None:
    assert priced_as("ab", "a*", "*b") == "a*"
    assert priced_as("ab", "*b", "a*") == "*b"


@pytest.mark.parametrize(
    ("given", "exact"),
    [(0.1, "0.1"), (3, "3"), ("0.075", "0.075"), (Decimal("0.30"), "0.30"), (1e-7, "1E-7")],
)
def test_a_price_is_the_number_as_it_is_written(given: Any, exact: str) -> None:
    prices = OwnPrices("lab", {"*": {"input": given}})
    assert prices.tables == {"*": {"input": Decimal(exact)}}
    assert str(prices.tables["*"]["input"]) == exact


@pytest.mark.parametrize(
    "given",
    [
        *(-0.1, -1, True, False, float("inf"), float("nan"), "much", "", None, [], {}, 1e7),
        *("1e-13", Decimal("sNaN"), Decimal(-1), 10**5000, "9" * 5000, "1e999999999", object()),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_is_no_amount_is_refused_with_its_place(given: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        OwnPrices("lab", {"llama-*": {"output": given}})
    said = str(caught.value)
    assert said.startswith('providers.lab.prices."llama-*".output: must be dollars from 0 to')
    assert len(said) < 200


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"": {"input": 1}}, "name a model, or * for all"),
        ({"a": {}}, 'providers.lab.prices."a": says no price; set input and output'),
        ({"a": 5}, 'providers.lab.prices."a": must be a table'),
        ({"a": {1: 2}}, 'providers.lab.prices."a": must be a table'),
        ({5: {"input": 1}}, "providers.lab.prices: must be a table"),
        (0.2, "providers.lab.prices: must be a table"),
        ({"a": {"inptu": 1}}, 'prices."a".inptu: there is no such key; did you mean input?'),
        (
            {"a": {"discount_percent": 101}},
            "discount_percent: must be per cent from 0 to 100, with",
        ),
        ({"a": {"discount_percent": 5, "input": 1}}, 'prices."a": a discount is one on the table'),
        ({"a": {"discount": 1}}, "discount: there is no such key; did you mean discount_percent?"),
        ({"a": {"eur": 1}}, 'prices."a".eur: there is no such key; there are input, output'),
    ],
)
def test_what_is_no_table_of_prices_is_refused_in_a_sentence(tables: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OwnPrices("lab", tables)
    assert sentence in str(caught.value)
