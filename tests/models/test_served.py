"""How an answer was served decides on its price; what nobody has a price for has no cost."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from fairlead import BedrockOptions, Message, OpenAIChatOptions, Receipt, ToolCall, Usage
from fairlead.models.pricer import Pricer
from fairlead.models.served import Asked
from fairlead.types.messages import Part
from fairlead.types.responses import ChatResponse, RawResponse

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MILLION = Usage(input=100_000)


def answer(usage: str | None = None, served: str | None = None, *parts: Part) -> ChatResponse:
    """100,000 tokens read; `usage` is the provider's own object, `served` the tier beside it."""
    message = Message("assistant", parts)
    counted, raw = replace(MILLION, raw=usage, service_tier=served), RawResponse(200, ())
    receipt = Receipt("chat", "p/m")
    return ChatResponse("c1", "", message, "stop", "stop", counted, None, (), receipt, raw)


def cents(model: str, found: ChatResponse, asked: Asked | None = None) -> Decimal | None:
    provider, _, name = model.partition("/")
    cost = Pricer(provider, name).priced(found, NOW, asked).cost
    return None if cost is None else cost.usd * 100


def tier(word: str) -> Asked:
    return Asked(OpenAIChatOptions(service_tier=word), None)


TIERED = "openai/gpt-5.5"  # 5 dollars a million, 2.50 as flex, 12.50 with priority
GOOGLE = "vertexai/gemini-3.8-flash-tts"  # 0.50 dollars a million, 0.25 as flex


@pytest.mark.parametrize(
    ("model", "usage", "served", "expected"),
    [
        (TIERED, None, "flex", "25"),
        (TIERED, None, "default", "50"),
        (TIERED, None, "scale", None),
        ("openai/gpt-4o", None, "flex", None),
        ("anthropic/claude-opus-4-6", '{"service_tier":"standard"}', None, "50"),
        ("anthropic/claude-opus-4-6", '{"service_tier":"priority"}', None, None),
        ("anthropic/claude-opus-4-6", '{"inference_geo":"global"}', None, "50"),
        ("anthropic/claude-opus-4-6", '{"inference_geo":"not_available"}', None, "50"),
        ("anthropic/claude-opus-4-6", '{"inference_geo":"us"}', None, None),
        ("anthropic/claude-opus-4-6", '{"inference_geo":null}', None, "50"),
        ("anthropic/claude-opus-4-6", '{"service_tier"', None, "50"),
        (TIERED, '{"ttl_30m_tokens":9,"ttl_12h_tokens":0}', None, "50"),
        (TIERED, '{"ttl_30m_tokens":9,"ttl_12h_tokens":4}', None, None),
        ("anthropic/claude-opus-4-6", '{"ephemeral_1h_input_tokens":4}', None, "50"),
        ("anthropic/claude-opus-4-6", '{"ephemeral_24h_input_tokens":4}', None, None),
        (GOOGLE, '{"trafficType":"ON_DEMAND"}', None, "5"),
        (GOOGLE, '{"trafficType":"ON_DEMAND_FLEX"}', None, "2.5"),
        (GOOGLE, '{"trafficType":"TRAFFIC_TYPE_UNSPECIFIED"}', None, "5"),
        (GOOGLE, '{"trafficType":"PROVISIONED_THROUGHPUT"}', None, None),
        ("gemini/gemini-3.8-flash-tts", '{"serviceTier":"standard"}', None, "5"),
        ("gemini/gemini-3.8-flash-tts", '{"serviceTier":"flex"}', None, "2.5"),
        ("gemini/gemini-3.5-flash", '{"serviceTier":"flex"}', None, None),
    ],
)
def test_the_way_that_an_answer_names_is_priced_though_nobody_asked(
    model: str, usage: str | None, served: str | None, expected: str | None
) -> None:
    found = cents(model, answer(usage, served))

    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("model", "asked", "served", "expected"),
    [
        (TIERED, tier("flex"), None, "25"),
        (TIERED, tier("priority"), None, "125"),
        (TIERED, tier("priority"), "default", "50"),
        (TIERED, tier("auto"), None, "50"),
        ("openai/gpt-4o", tier("flex"), None, None),
        ("groq/llama-3.3-70b-versatile", tier("flex"), None, "5.9"),
        ("groq/llama-3.3-70b-versatile", tier("performance"), None, None),
        ("gemini/gemini-3.8-flash-tts", Asked(None, {"serviceTier": "flex"}), None, "2.5"),
        (
            "bedrock/amazon.nova-pro-v1:0",
            Asked(BedrockOptions(service_tier="flex"), None),
            None,
            None,
        ),
        (
            "bedrock/amazon.nova-pro-v1:0",
            Asked(BedrockOptions(service_tier="flex"), None),
            "default",
            "8",
        ),
        (
            "bedrock/amazon.nova-pro-v1:0",
            Asked(None, {"serviceTier": {"type": "flex"}}),
            None,
            None,
        ),
        ("anthropic/claude-opus-4-6", Asked(None, {"inference_geo": "us"}), None, None),
        ("anthropic/claude-haiku-4-5", Asked(None, {"speed": "fast"}), None, None),
        ("mistral/mistral-large-2512", Asked(None, {"processing": "batch"}), None, "2.5"),
        ("cohere/command-a-03-2025", Asked(None, {"processing": "batch"}), None, None),
    ],
)
def test_what_was_asked_for_has_its_own_price_or_none(
    model: str, asked: Asked, served: str | None, expected: str | None
) -> None:
    found = cents(model, answer(served=served), asked)

    assert found == (None if expected is None else Decimal(expected))


def test_a_way_without_a_price_is_named() -> None:
    (warning,) = Pricer("openai", "gpt-4o").priced(answer(), NOW, tier("flex")).warnings

    assert warning.startswith("no price is known for openai/gpt-4o with service_tier flex;")


def test_no_bound_is_known_for_a_tier_without_a_price() -> None:
    pricer = Pricer("openai", "gpt-4o")

    assert pricer.meter(NOW) is not None
    assert pricer.meter(NOW, tier("flex")) is None


SEARCH = ToolCall("ws_1", "web_search", "{}", by_provider=True)


@pytest.mark.parametrize(
    ("model", "part", "said"),
    [
        ("openai_responses/gpt-5.5", SEARCH, True),
        ("openai_responses/gpt-5.5", replace(SEARCH, by_provider=False), False),
        ("openai_responses/gpt-5.5", replace(SEARCH, name="code_interpreter"), False),
        ("anthropic/claude-opus-4-6", SEARCH, False),
    ],
)
def test_a_fee_for_searches_that_nobody_counts_is_said_to_be_left_out(
    model: str, part: Part, said: bool
) -> None:
    provider, _, name = model.partition("/")
    found = Pricer(provider, name).priced(answer(None, None, part), NOW)

    assert found.cost is not None
    assert (
        any("leaves out the provider's fee for web searches" in w for w in found.warnings) == said
    )
