"""The bound before a call: never below what it then costs, and not absurdly above."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.dialects.registry import dialect_named
from fairlead.engine.codecs import ChatCodec
from fairlead.inputs import chat_request
from fairlead.models.billing import Billing, Tariff
from fairlead.models.pricer import Pricer
from fairlead.policies.cost import Meter, dollars, nanos
from fairlead.ports import Limits
from fairlead.types.messages import Audio, File, Image, Message, Text
from fairlead.types.prices import Price, Rates, Tier
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool
from fairlead.types.usage import Usage

WALL = time.time()


def billing(model: str, messages: Any, **options: Any) -> Billing:
    provider, _, name = model.partition("/")
    target = Target(provider, name, "chat", "openai_chat", "https://api.example/v1/chat")
    codec = ChatCodec(
        dialect_named("openai_chat"),
        chat_request(model, messages, options),
        target,
        stream=False,
        unsupported="drop",
        limits=Limits(),
    )
    return Billing(Tariff(Pricer(provider, name)), None, codec)


def worst(model: str, messages: Any, **options: Any) -> Decimal:
    found = billing(model, messages, **options).worst(WALL)
    assert found is not None
    return dollars(found)


def test_the_output_is_bounded_by_max_tokens_or_by_the_model() -> None:
    short = worst("openai/gpt-4o", "Hi", max_tokens=100)
    long = worst("openai/gpt-4o", "Hi")
    # The key itself is a few bytes of input.
    assert long - short == pytest.approx(Decimal("0.16284"), abs=Decimal("0.0001"))


def test_the_input_is_at_most_a_token_a_byte() -> None:
    a, b = (worst("openai/gpt-4o", "x" * size, max_tokens=1) for size in (1000, 5000))
    assert b - a == 4000 * Decimal("0.0000025")


def test_the_input_is_never_more_than_the_model_reads() -> None:
    huge = worst("openai/gpt-4o", "x" * 3_000_000, max_tokens=1)
    assert huge < Decimal("0.33")  # 128,000 tokens at 2.50 dollars a million


def test_every_answer_that_is_asked_for_is_counted() -> None:
    from fairlead import OpenAIChatOptions

    one = worst("openai/gpt-4o", "Hi", max_tokens=1000)
    three = worst("openai/gpt-4o", "Hi", max_tokens=1000, options=OpenAIChatOptions(n=3))
    assert three - one == pytest.approx(Decimal("0.02"), abs=Decimal("0.0001"))


def test_a_picture_counts_as_a_picture_and_not_as_its_bytes() -> None:
    picture = Image(data=b"\x89" * 3_000_000, media_type="image/png")
    cost = worst("openai/gpt-4o", [Message("user", (Text("Hi"), picture))], max_tokens=1)
    assert Decimal("0.05") < cost < Decimal("0.12")


def test_a_picture_by_reference_counts_too() -> None:
    picture = Image(url="https://example.com/a.png")
    cost = worst("openai/gpt-4o", [Message("user", (Text("Hi"), picture))], max_tokens=1)
    assert cost > Decimal("0.05")


def test_a_file_that_nobody_can_see_counts_as_much_as_the_model_reads() -> None:
    file = File(file_id="file-1")
    cost = worst("openai/gpt-4o", [Message("user", (Text("Hi"), file))], max_tokens=1)
    assert cost > Decimal("0.3")


def test_sound_counts_as_sound() -> None:
    sound = Audio(data=b"\x00" * 1_000_000, media_type="audio/wav")
    cost = worst("openai/gpt-4o", [Message("user", (sound,))], max_tokens=1)
    assert cost < Decimal("0.06")


def test_what_a_provider_reads_on_its_own_counts_as_much_as_the_model_reads() -> None:
    tools = [ProviderTool("openai_chat", {"type": "web_search"})]
    assert worst("openai/gpt-4o", "Hi", max_tokens=1, tools=tools) > Decimal("0.3")


def test_a_prompt_that_may_be_written_to_a_cache_is_held_at_that_price() -> None:
    plain = worst("anthropic/claude-haiku-4-5", "x" * 1000, max_tokens=1)
    cached = worst("anthropic/claude-haiku-4-5", "cache" + "x" * 995, max_tokens=1)
    assert cached > plain * Decimal("1.9")


CLAUDE = "anthropic/claude-opus-4-6"


def test_what_may_be_summed_up_first_may_be_read_and_written_twice() -> None:
    compaction = {"context_management": {"edits": [{"type": "compact_20260112"}]}}
    clearing = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    twice, once = (
        worst(CLAUDE, "Hi", max_tokens=1000, extra_body=body) for body in (compaction, clearing)
    )
    assert twice == pytest.approx(2 * once, rel=Decimal("0.02"))


@pytest.mark.parametrize(
    "options",
    [
        {"extra_body": {"fallbacks": [{"model": "claude-opus-4-8"}]}},
        {"extra_body": {"tools": [{"type": "advisor_20260301", "model": "claude-opus-4-8"}]}},
    ],
)
def test_what_other_models_may_take_has_no_bound(options: Any) -> None:
    assert billing(CLAUDE, "Hi", max_tokens=10, **options).worst(WALL) is None


def test_words_of_the_user_ask_no_other_model() -> None:
    said = '"fallbacks":1, "type":"advisor_1", "type":"compact_1"'
    other = "f".ljust(len(said.encode()) + said.count('"'), "f")
    assert worst(CLAUDE, said, max_tokens=10) == worst(CLAUDE, other, max_tokens=10)


def test_an_unknown_price_has_no_bound() -> None:
    assert billing("openai/gpt-99", "Hi", max_tokens=1).worst(WALL) is None


def test_a_guess_is_about_what_such_texts_come_to() -> None:
    guess = billing("openai/gpt-4o", "word " * 400).guess(2000, WALL)
    assert guess == pytest.approx(500 * 10_000 + 650 * 2_500, rel=0.15)


words = st.text(max_size=300)


@settings(max_examples=60, deadline=None)
@given(prompt=words.filter(bool), read=st.floats(0, 1), written=st.integers(0, 50))
def test_no_usage_that_the_bound_allows_for_costs_more(
    prompt: str, read: float, written: int
) -> None:
    one = billing("anthropic/claude-haiku-4-5", prompt, max_tokens=50)
    bound = one.worst(WALL)
    assert bound is not None
    tokens = int(len(prompt.encode("utf-8", "surrogatepass")) * read)
    for usage in (
        Usage(input=tokens, output=written),
        Usage(cache_read=tokens, reasoning=written),
    ):
        cost = one.priced(usage, WALL)
        assert cost is not None
        assert cost <= bound


rates = st.decimals(0, 100, places=4)


@given(
    plain=st.tuples(rates, rates),
    higher=st.tuples(rates, rates),
    above=st.integers(0, 2000),
    reads=st.integers(0, 3000),
    writes=st.integers(0, 3000),
    data=st.data(),
)
def test_the_worst_of_a_meter_is_no_less_than_any_usage_within_it(
    plain, higher, above, reads, writes, data
) -> None:
    tier = Tier(above, Rates(input=higher[0], output=higher[1]))
    meter = Meter(Price(Rates(input=plain[0], output=plain[1]), (tier,)))
    bound = meter.worst(reads, writes, caches=True, hears=True)
    assert bound is not None
    usage = Usage(input=data.draw(st.integers(0, reads)), output=data.draw(st.integers(0, writes)))
    usd = meter.usd(usage)
    assert usd is not None
    assert nanos(usd) <= bound


@given(st.decimals(0, 10**6, places=12))
def test_dollars_become_nano_dollars_rounded_up(usd: Decimal) -> None:
    amount = nanos(usd)
    assert dollars(amount) >= usd
    assert dollars(amount - 1) < usd
