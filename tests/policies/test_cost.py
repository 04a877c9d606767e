"""Money is exact, never guessed, and priced as of the moment it was spent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.cost import Meter, price_in_force, sum_exactly
from fairlead.types.prices import Price, Rates, Tier
from fairlead.types.usage import Usage

EVERY_RATE = Rates(
    input=Decimal(3),
    cache_read=Decimal("0.3"),
    cache_write=Decimal("3.75"),
    cache_write_1h=Decimal(6),
    audio_input=Decimal(32),
    output=Decimal(15),
    reasoning=Decimal(5),
    audio_output=Decimal(64),
)
MILLION = 1_000_000
COUNTS = st.integers(0, 10_000_000)
BUCKETS = Usage.__struct_fields__[: Usage.__struct_fields__.index("image_output")]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("bucket", BUCKETS)
def test_each_bucket_has_its_own_rate(bucket: str) -> None:
    usage = Usage(**{bucket: MILLION})

    assert Meter(Price(EVERY_RATE)).usd(usage) == getattr(EVERY_RATE, bucket)


@pytest.mark.parametrize(
    ("bucket", "rate"),
    [
        ("cache_read", 3),
        ("cache_write", 3),
        ("cache_write_1h", 3),
        ("audio_input", 3),
        ("reasoning", 15),
        ("audio_output", 15),
        ("image_output", 15),
    ],
)
def test_a_bucket_without_a_rate_costs_what_the_one_above_it_costs(bucket: str, rate: int) -> None:
    plain = Price(Rates(input=Decimal(3), output=Decimal(15)))

    assert Meter(plain).usd(Usage(**{bucket: MILLION})) == rate


def test_an_hour_in_the_cache_costs_at_least_what_a_write_costs() -> None:
    price = Price(Rates(input=Decimal(3), cache_write=Decimal("3.75")))

    assert Meter(price).usd(Usage(cache_write_1h=MILLION)) == Decimal("3.75")


def test_what_has_no_rate_makes_the_cost_unknown_and_not_zero() -> None:
    embedding = Meter(Price(Rates(input=Decimal("0.02"))))

    assert embedding.usd(Usage(input=MILLION)) == Decimal("0.02")
    assert embedding.usd(Usage(input=MILLION, output=1)) is None


def test_a_free_model_costs_nothing_and_says_so() -> None:
    free = Price(Rates(input=Decimal(0), output=Decimal(0)))

    assert Meter(free).usd(Usage(input=5, output=5)) == 0


def test_pictures_counted_as_text_cannot_be_priced() -> None:
    price = Price(Rates(input=Decimal(1), output=Decimal(2), image_output=Decimal(30)))

    assert Meter(price).usd(Usage(input=10, output=10)) is None
    assert Meter(price).usd(Usage(input=MILLION)) == 1
    assert Meter(price).usd(Usage(output=MILLION, image_output=MILLION)) == 32


def test_the_bound_of_an_answer_that_may_hold_pictures_is_that_of_pictures_alone() -> None:
    price = Price(Rates(input=Decimal(1), output=Decimal(2), image_output=Decimal(30)))

    assert Meter(price).worst(0, MILLION, caches=False, hears=False) == 30 * 10**9


def test_a_tier_holds_for_all_of_an_answer_whose_whole_input_is_longer() -> None:
    high = Tier(200_000, Rates(input=Decimal(6), output=Decimal(22)))
    higher = Tier(500_000, Rates(input=Decimal(9), output=Decimal(30)))
    meter = Meter(Price(Rates(input=Decimal(3), output=Decimal(15)), (high, higher)))

    assert meter.usd(Usage(input=200_000)) == Decimal("0.6")
    assert meter.usd(Usage(input=200_001)) == Decimal("1.200006")
    assert meter.usd(Usage(input=1, cache_read=200_000, output=MILLION)) == Decimal("23.200006")
    assert meter.usd(Usage(input=MILLION)) == 9


def test_requests_and_searches_cost_by_the_thousand() -> None:
    rates = Rates(input=Decimal(1), request=Decimal(12), search=Decimal(10))
    meter = Meter(Price(rates))

    assert meter.usd(Usage(input=1000)) == Decimal("0.013")
    assert meter.usd(Usage(input=1000), searches=3) == Decimal("0.043")


@given(COUNTS, COUNTS, COUNTS)
def test_no_decimal_context_can_round_a_cost(read: int, cached: int, written: int) -> None:
    rates = Rates(input=Decimal("0.083333333333333334"), output=Decimal("0.6"))
    usage = Usage(input=read, cache_read=cached, output=written)
    with localcontext(prec=2):
        found = Meter(Price(rates)).usd(usage)
        total = sum_exactly([found, found]) if found is not None else None
    with localcontext(prec=60):
        cost = (read + cached) * Decimal("0.083333333333333334") + written * Decimal("0.6")
        assert found == cost / MILLION
        assert total == 2 * cost / MILLION


@given(st.lists(COUNTS, min_size=8, max_size=8), st.lists(COUNTS, min_size=8, max_size=8))
def test_two_answers_cost_what_they_cost_together(one: list[int], two: list[int]) -> None:
    meter = Meter(Price(EVERY_RATE))
    first, second = (meter.usd(Usage(*counts)) for counts in (one, two))
    both = meter.usd(Usage(*map(sum, zip(one, two, strict=True))))

    assert first is not None
    assert second is not None
    assert both == sum_exactly([first, second])


def test_the_last_price_that_has_begun_holds() -> None:
    old, new = Price(Rates(input=Decimal(9))), Price(Rates(input=Decimal(3)), since="2026-06-01")

    assert price_in_force((old, new), at("2026-05-31 23:59:59")) is old
    assert price_in_force((old, new), at("2026-06-01")) is new
    assert price_in_force((new,), at("2020-01-01")) is new  # nothing older is known
    assert price_in_force((), at("2026-06-01")) is None


def test_a_price_of_the_night_holds_across_midnight() -> None:
    day = Price(Rates(input=Decimal(2)))
    night = Price(Rates(input=Decimal(1)), hours=("16:30", "00:30"))

    assert [
        price_in_force((day, night), at(f"2026-06-01 {hour}")) is night
        for hour in ("00:29", "00:30", "16:29", "16:30", "23:59")
    ] == [True, False, False, True, True]


def test_what_a_request_asks_for_stands_above_the_usual_price() -> None:
    usual = Price(Rates(input=Decimal(2)))
    flex = Price(Rates(input=Decimal(1)), since="2026-06-01", when={"service_tier": "flex"})
    later = Price(Rates(input=Decimal(3)), since="2026-01-01")
    prices = (usual, flex, later)

    assert price_in_force(prices, at("2026-07-01"), {"service_tier": "flex"}) is flex
    assert price_in_force(prices, at("2026-07-01"), {"service_tier": "auto"}) is later
    assert price_in_force(prices, at("2026-02-01"), {"service_tier": "flex"}) is later
    assert price_in_force(prices, at("2026-07-01")) is later
