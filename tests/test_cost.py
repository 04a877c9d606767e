"""Pricing again what has been answered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

import fairlead
from fairlead import Cost, InvalidRequest, Message, Receipt, StreamInterrupted, Usage
from fairlead.cost import reprice
from fairlead.settings import ProviderSettings
from fairlead.types.responses import ChatResponse, RawResponse

USAGE = Usage(input=1_000_000, output=100_000)
RECEIPT = Receipt("chat", "openai/gpt-4o")


def answer(**changes: Any) -> ChatResponse:
    message = Message("assistant", ())
    plain = ChatResponse(
        "c1",
        "gpt-4o",
        message,
        "stop",
        "stop",
        USAGE,
        None,
        (),
        RECEIPT,
        RawResponse(200, ()),
    )
    return replace(plain, **changes)


def usd(cost: Cost | None) -> Decimal:
    assert cost is not None
    assert cost.source == "table"
    return cost.usd


def test_an_answer_is_priced_by_who_served_it() -> None:
    assert usd(reprice(answer())) == Decimal("3.5")
    assert fairlead.cost.reprice(answer()) == reprice(answer())


def test_the_providers_own_figure_is_not_looked_at() -> None:
    assert usd(reprice(answer(cost=Cost(Decimal(9), "provider")))) == Decimal("3.5")


def test_a_receipt_is_priced_with_its_usage() -> None:
    assert usd(reprice(RECEIPT, usage=USAGE)) == Decimal("3.5")
    with pytest.raises(InvalidRequest, match="holds no usage; pass usage="):
        reprice(RECEIPT)


def test_another_model_has_its_price() -> None:
    assert usd(reprice(answer(), model="gpt-4o-mini")) == Decimal("0.21")
    assert usd(reprice(answer(), model="anthropic/claude-haiku-4-5")) == Decimal("1.5")
    with pytest.raises(InvalidRequest, match="no provider for 'nobody/x'"):
        reprice(answer(), model="nobody/x")


def test_a_cut_stream_is_priced_by_what_had_come() -> None:
    cut = StreamInterrupted("cut", partial=Message("assistant", ()), usage=USAGE)
    with pytest.raises(InvalidRequest, match="pass model="):
        reprice(cut)
    cut.receipt = RECEIPT
    assert usd(reprice(cut)) == Decimal("3.5")


def test_unknown_prices_and_usage_are_none() -> None:
    assert reprice(answer(usage=None)) is None
    assert reprice(answer(receipt=Receipt("chat", "lab/gpt-4o"))) is None
    assert reprice(answer(), model="openai/gpt-99") is None


def test_the_moment_is_given_or_that_of_the_answer() -> None:
    flash = Receipt("chat", "gemini/gemini-3.7-flash")
    dated = RawResponse(200, (("Date", "Thu, 31 Dec 2026 23:59:59 GMT"),))
    before = reprice(answer(receipt=flash, raw=dated))

    assert before == reprice(answer(receipt=flash), at=date(2026, 12, 31))
    assert usd(reprice(answer(receipt=flash, raw=dated), at=date(2027, 1, 1))) == 2 * usd(before)
    assert before == reprice(flash, usage=USAGE, at=datetime(2026, 12, 31, 23, tzinfo=UTC))


def test_what_was_asked_for_can_be_said() -> None:
    served = replace(RECEIPT, target="openai/gpt-5.5")
    day = date(2026, 11, 21)
    small = Usage(input=1000)

    assert usd(reprice(served, usage=small, at=day)) == 2 * usd(
        reprice(served, usage=small, at=day, asked={"service_tier": "flex"})
    )


def test_prices_of_ones_own_are_those_of_the_settings_that_are_given() -> None:
    prices = {"*": {"input": 1, "output": 0}}
    own = ProviderSettings(base_url="http://127.0.0.1:9", prices=prices)
    settings = fairlead.Settings(providers={"My-Lab": own})
    for found in (
        reprice(answer(), model="my-lab/llama-3", settings=settings),
        reprice(Receipt("chat", "my_lab/llama-3"), usage=USAGE, settings=settings),
    ):
        assert found == Cost(Decimal(1), "settings", None, 'providers.my_lab.prices."*"')
    assert usd(reprice(answer(), settings=settings)) == Decimal("3.5")
