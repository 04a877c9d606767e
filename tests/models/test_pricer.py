"""Answers get the cost that the table knows, or say that it knows none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from fairlead import Message, OpenAIChatOptions, Receipt, Usage
from fairlead.models.advice import pricing
from fairlead.models.pricer import Pricer
from fairlead.models.served import Asked
from fairlead.models.table import sources
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.operations import Answer
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.usage import Cost

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
THOUSANDS = Usage(input=1000, cache_read=2000, output=1000)


def answer(usage: Usage | None = THOUSANDS, *, model: str = "", **changes: Any) -> ChatResponse:
    plain = ChatResponse(
        "c1",
        model,
        Message("assistant", ()),
        "stop",
        "stop",
        usage,
        None,
        (),
        Receipt("chat", "openai/gpt-4o"),
        RawResponse(200, ()),
    )
    return replace(plain, **changes)


def test_the_price_of_the_table_is_put_in_with_its_source() -> None:
    cost = Pricer("openai", "gpt-4o").priced(answer(), NOW).cost

    assert cost is not None
    assert (cost.usd, cost.source) == (Decimal("0.015"), "table")
    assert cost.price_date == sources()["genai-prices"].released
    assert cost.price_source is not None
    assert cost.price_source.startswith("genai-prices ")


def test_a_figure_of_the_providers_own_stays() -> None:
    own = Cost(Decimal("0.5"), "provider")

    assert Pricer("openai", "gpt-4o").priced(answer(cost=own), NOW).cost is own


def test_an_unknown_price_is_none_and_a_warning() -> None:
    priced = Pricer("azure", "my-deployment").priced(answer(warnings=("first",)), NOW)

    assert priced.cost is None
    assert priced.warnings[0] == "first"
    assert priced.warnings[1].startswith("no price is known for azure/my-deployment")


@pytest.mark.parametrize("usage", [None, Usage()])
def test_without_usage_there_is_nothing_to_price(usage: Usage | None) -> None:
    assert Pricer("openai", "gpt-99").priced(answer(usage), NOW) == answer(usage)


def test_a_name_that_says_nothing_is_priced_by_who_answered() -> None:
    pricer = Pricer("azure", "my-deployment")
    large = pricer.priced(answer(model="gpt-4o-2024-08-06"), NOW)
    small = pricer.priced(answer(model="gpt-4o-mini"), NOW)

    assert large.cost is not None
    assert small.cost is not None
    assert (large.cost.usd, small.cost.usd) == (Decimal("0.015"), Decimal("0.0009"))


def test_the_tier_that_was_asked_for_has_its_own_price() -> None:
    pricer = Pricer("openai", "gpt-5.5")
    usual = pricer.priced(answer(), NOW).cost
    flex = pricer.priced(answer(), NOW, Asked(OpenAIChatOptions(service_tier="flex"), None)).cost
    body = pricer.priced(answer(), NOW, Asked(None, {"service_tier": "flex"})).cost

    assert usual is not None
    assert flex is not None
    assert usual.usd == 2 * flex.usd
    assert flex == body


def test_the_tier_that_was_served_counts() -> None:
    asked = Asked(OpenAIChatOptions(service_tier="flex"), None)
    served = answer(replace(THOUSANDS, service_tier="default"))
    pricer = Pricer("openai", "gpt-5.5")

    assert pricer.priced(served, NOW, asked).cost == pricer.priced(answer(), NOW).cost
    assert pricer.priced(answer(), NOW, asked).cost != pricer.priced(answer(), NOW).cost


def test_a_long_input_costs_more_for_all_of_it() -> None:
    pricer = Pricer("gemini", "gemini-2.5-pro")
    short = pricer.priced(answer(Usage(input=200_000)), NOW).cost
    longer = pricer.priced(answer(Usage(input=200_001)), NOW).cost

    assert short is not None
    assert longer is not None
    assert longer.usd > short.usd * Decimal("1.9")


def test_counted_searches_are_paid_for() -> None:
    raw = '{"server_tool_use": {"web_search_requests": 3}}'
    pricer = Pricer("anthropic", "claude-sonnet-4-5")
    plain = pricer.priced(answer(Usage(input=1000)), NOW).cost
    found = pricer.priced(answer(Usage(input=1000, raw=raw)), NOW).cost
    odd = pricer.priced(answer(Usage(input=1000, raw='{"web_search_requests": []}')), NOW).cost

    assert plain is not None
    assert found is not None
    assert found.usd - plain.usd == Decimal("0.03")
    assert odd == plain


def test_a_price_changes_at_midnight_of_its_day() -> None:
    pricer = Pricer("gemini", "gemini-3.7-flash")
    days = [datetime(*day, tzinfo=UTC).timestamp() for day in ((2026, 12, 31), (2027, 1, 1))]
    before, after, again = (pricer.priced(answer(), day).cost for day in (*days, days[0]))

    assert before is not None
    assert after is not None
    assert after.usd == 2 * before.usd
    assert (before.price_date, after.price_date) == (
        sources()["genai-prices"].released,
        "2027-01-01",
    )
    assert again == before


def test_some_prices_depend_on_the_hour() -> None:
    pricer = Pricer("deepseek", "deepseek-v4-pro")
    hours = [datetime(2026, 11, 21, hour, tzinfo=UTC).timestamp() for hour in (0, 2)]
    night, day = (pricer.priced(answer(), hour).cost for hour in hours)

    assert night is not None
    assert day is not None
    assert day.usd == 2 * night.usd


def test_answers_of_other_operations_are_priced_too() -> None:
    plain = Answer(model="text-embedding-3-small", usage=Usage(input=1_000_000))
    priced = Pricer("openai", "text-embedding-3-small").priced(plain, NOW)

    assert priced.cost is not None
    assert priced.cost.usd == Decimal("0.02")


@pytest.mark.parametrize(
    ("model", "paid"),
    [("openai/gpt-4o", True), ("openrouter/a/b", True), ("ollama/x", False), ("local", False)],
)
def test_nobody_is_paid_for_what_runs_at_home(model: str, paid: bool) -> None:
    resolved = Registry(Settings(), environ={}).resolve(model)

    assert (pricing(resolved, {}) is not None) is paid


def test_nothing_is_known_of_endpoints_of_the_users_own() -> None:
    own = Settings(providers={"lab": ProviderSettings(base_url="https://lab.example/v1")})

    assert pricing(Registry(own, environ={}).resolve("lab/gpt-4o"), {}) is None
