"""What the table knows a model to lack, and what it would cost."""

from __future__ import annotations

import pytest

from fairlead.auth.secret import Secret
from fairlead.inputs import chat_request
from fairlead.models.capability import estimated_cost, known_lacks, lacking, needs_of, window_of
from fairlead.providers.registry import Registry, Resolved
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.messages import Audio, Image, Message, Text

TODAY = 1_760_000_000.0
TOOL = {"name": "add", "parameters": {"type": "object"}}


def resolved(model: str) -> Resolved:
    own = ProviderSettings(base_url="https://lab.test/v1", key=Secret("sk-12345678"))
    return Registry(Settings(providers={"lab": own}), environ={}).resolve(model)


def needs(**options):
    return needs_of(chat_request("m", "Hi", options))


def test_text_needs_nothing() -> None:
    assert needs(max_tokens=9) == ()


def test_each_part_and_option_is_a_need() -> None:
    image, audio = Image("https://x.test/a.png"), Audio(b"RIFF", media_type="audio/wav")
    request = chat_request("m", [Message("user", (Text("?"), image, audio))], {"tools": [TOOL]})

    assert needs_of(request) == ("images", "audio", "tools")
    assert needs(output={"type": "object"}) == ("output with a schema",)
    assert needs(output="json") == ()


@pytest.mark.parametrize(
    ("model", "need", "found"),
    [
        ("openai/gpt-3.5-turbo", "images", "images"),
        ("openai/gpt-4o", "images", None),
        ("openai/gpt-4o", "audio", "audio"),
        ("openai/gpt-4o", "tools", None),
        ("lab/gpt-3.5-turbo", "images", None),
        ("openai/a-model-nobody-knows", "images", None),
    ],
)
def test_only_what_is_known_is_held_against_a_model(model, need, found) -> None:
    assert lacking(resolved(model), (need,)) == found


def test_a_window_is_known_or_not() -> None:
    assert window_of(resolved("openai/gpt-4o")) == 128_000
    assert window_of(resolved("lab/gpt-4o")) is None


def test_costs_compare_as_the_prices_do() -> None:
    request = chat_request("m", "Hi " * 1000, {"max_tokens": 100})
    dear, cheap = (
        estimated_cost(resolved(f"openai/{name}"), request, TODAY)
        for name in ("gpt-4o", "gpt-4o-mini")
    )

    assert dear > cheap > 0
    assert estimated_cost(resolved("lab/gpt-4o"), request, TODAY) is None
    assert estimated_cost(resolved("local/smollm2"), request, TODAY) == 0.0


def test_a_schema_may_be_met_in_other_ways() -> None:
    request = chat_request("m", "Hi", {"output": {"type": "object"}})

    assert needs_of(request) == ("output with a schema",)
    assert needs_of(request, "auto") == needs_of(request, "prompt") == ()
    assert needs_of(request, "tool") == ("tools",)


def test_what_a_model_is_known_not_to_take_is_named_by_its_options() -> None:
    assert known_lacks(resolved("openai/gpt-5")) == ()
    assert known_lacks(resolved("openai/gpt-3.5-turbo")) == ("output", "tools")
    assert known_lacks(resolved("openai/nobody-knows")) == ()


def test_a_price_of_ones_own_is_what_is_compared() -> None:
    prices = {"gpt-4o": {"input": 1, "output": 2}}
    own = {
        "openai": ProviderSettings(prices=prices),
        "lab": ProviderSettings(base_url="https://lab.test/v1", prices=prices),
        "ollama": ProviderSettings(prices=prices),
    }
    registry = Registry(Settings(providers=own), environ={})
    costs = [estimated_cost(registry.resolve(f"{name}/gpt-4o"), None, TODAY) for name in own]

    assert costs == [0.002] * 3
    assert estimated_cost(registry.resolve("ollama/other"), None, TODAY) == 0
