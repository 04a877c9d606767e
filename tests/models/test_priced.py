"""A price of one's own stands above that of the table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from fairlead import Usage
from fairlead.models.priced import priced
from fairlead.models.pricer import Pricer
from fairlead.models.served import Asked
from fairlead.policies.own_prices import OwnPrices
from fairlead.types.usage import Cost

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MILLION = Usage(input=1_000_000, output=1_000_000)


def test_a_price_of_ones_own_says_where_it_stands() -> None:
    prices = OwnPrices("openai", {"gpt-4o*": {"input": 2, "output": "7.5"}})
    cost = Pricer("openai", "gpt-4o", prices).cost(None, MILLION, NOW)
    assert cost == Cost(Decimal("9.5"), "settings", None, 'providers.openai.prices."gpt-4o*"')


def test_what_a_price_leaves_out_costs_what_is_above_it_and_not_what_the_table_says() -> None:
    prices = OwnPrices("openai", {"gpt-4o": {"input": 2}})
    pricer = Pricer("openai", "gpt-4o", prices)
    cached = pricer.cost(None, Usage(cache_read=1_000_000), NOW)
    assert cached is not None
    assert cached.usd == 2
    assert pricer.cost(None, MILLION, NOW) is None  # nobody said what words cost


def test_other_models_of_the_provider_keep_the_price_of_the_table() -> None:
    prices = OwnPrices("openai", {"gpt-4o": {"input": 0, "output": 0}})
    plain = Pricer("openai", "gpt-4.1").cost(None, MILLION, NOW)
    assert plain is not None
    assert Pricer("openai", "gpt-4.1", prices).cost(None, MILLION, NOW) == plain


def test_the_name_that_the_table_has_for_a_model_is_its_name_too() -> None:
    prices = OwnPrices("openai", {"gpt-4o": {"input": 2, "output": 2}})
    found = priced("openai", "gpt-4o-2099-01-01", prices)
    assert found is not None
    assert found.own is not None


def test_the_model_that_answers_in_place_of_a_deployment_has_its_own_price() -> None:
    prices = OwnPrices("azure", {"gpt-4o*": {"input": 2, "output": 2}})
    pricer = Pricer("azure", "team-7", prices)
    served = pricer.cost(None, Usage(input=1_000_000, model="gpt-4o-2024-08-06"), NOW)
    assert served is not None
    assert (served.usd, served.source) == (Decimal(2), "settings")


def test_another_tier_of_service_costs_what_the_table_says_of_it() -> None:
    prices = OwnPrices("openai", {"gpt-5": {"input": 1, "output": 1}})
    flex = Asked(None, {"service_tier": "flex"})
    listed = Pricer("openai", "gpt-5").cost(None, MILLION, NOW, flex)
    assert listed is not None
    assert Pricer("openai", "gpt-5", prices).cost(None, MILLION, NOW, flex) == listed


def test_another_tier_that_nobody_has_priced_has_no_price() -> None:
    prices = OwnPrices("lab", {"*": {"input": 1, "output": 1}})
    pricer = Pricer("lab", "llama-3", prices)
    assert pricer.cost(None, MILLION, NOW, Asked(None, {"service_tier": "flex"})) is None


def test_the_limits_of_the_table_stay_with_a_model_of_ones_own_price() -> None:
    prices = OwnPrices("openai", {"*": {"input": 1, "output": 1}})
    facts = Pricer("openai", "gpt-4o", prices).facts
    assert facts is not None
    assert facts.max_output == 16384
    assert Pricer("openai", "gpt-4o", prices).is_own
    assert not Pricer("openai", "gpt-4o").is_own


def test_a_discount_is_off_all_that_the_table_says_of_a_model() -> None:
    prices = OwnPrices("openai", {"*": {"discount_percent": "12.5"}})
    for asked in (None, Asked(None, {"service_tier": "flex"})):
        listed = Pricer("openai", "gpt-5").cost(None, MILLION, NOW, asked)
        ours = Pricer("openai", "gpt-5", prices).cost(None, MILLION, NOW, asked)
        assert listed is not None
        assert ours == Cost(listed.usd * 7 / 8, "settings", None, 'providers.openai.prices."*"')


def test_a_discount_holds_for_long_requests_too() -> None:
    prices = OwnPrices("gemini", {"gemini-2.5-pro": {"discount_percent": 50}})
    long = Usage(input=250_000, output=1000)
    listed, ours = (
        Pricer("gemini", "gemini-2.5-pro", own).cost(None, long, NOW) for own in (None, prices)
    )
    assert listed is not None
    assert ours is not None
    assert ours.usd * 2 == listed.usd


def test_a_discount_on_what_has_no_price_is_no_price() -> None:
    prices = OwnPrices("lab", {"*": {"discount_percent": 100}})
    pricer = Pricer("lab", "llama-3", prices)
    assert pricer.cost(None, MILLION, NOW) is None
    assert not pricer.is_own
