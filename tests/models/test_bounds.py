"""What is surely too much is refused before it is sent; what is not sure is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead import AnthropicOptions, Settings
from fairlead.errors import InvalidRequest
from fairlead.inputs import chat_request
from fairlead.models.advice import check
from fairlead.models.table import section
from fairlead.providers.registry import Registry
from fairlead.settings import ProviderSettings


def asked(model: str, settings: Settings | None = None, **options: Any) -> None:
    resolved = Registry(settings or Settings(), environ={}).resolve(model)
    check(resolved, chat_request(model, "hi", options), options)  # type: ignore[arg-type]


def test_an_answer_longer_than_the_model_can_write_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"gpt-4o writes at most 16,384 tokens; .* 16,385"):
        asked("openai/gpt-4o", max_tokens=16_385)
    asked("openai/gpt-4o", max_tokens=16_384)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("openai/gpt-4o-2031-01-02", {"max_tokens": 10**6}),
        ("openai/gpt-99", {"max_tokens": 10**6}),
        ("groq/llama-3.3-70b-versatile", {"max_tokens": 10**6, "temperature": 9.0}),
        ("openai/gpt-4o", {"max_tokens": 10**6, "extra_headers": {"x-longer": "yes"}}),
        ("anthropic/claude-sonnet-4-5", {
            "max_tokens": 10**6, "options": AnthropicOptions(betas=("output-300k",)),
        }),
    ],
)  # fmt: skip
def test_what_is_not_sure_is_sent(model: str, options: Mapping[str, Any]) -> None:
    asked(model, **options)


def test_nothing_is_sure_of_another_address() -> None:
    own = ProviderSettings(base_url="https://proxy.example/v1")

    asked("openai/gpt-4o", Settings(providers={"openai": own}), max_tokens=10**6, temperature=9.0)


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        ("openai/gpt-4o", "temperature", 2.1),
        ("openai/gpt-4o", "top_p", -0.1),
        ("openai/gpt-4o", "presence_penalty", 2.5),
        ("openai/gpt-4o", "top_logprobs", 21),
        ("anthropic/claude-sonnet-4-5", "temperature", 1.5),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(model, name, value) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} must be between .* not {value}"):
        asked(model, **{name: value})


def test_dropping_what_is_unsupported_does_not_let_it_through() -> None:
    with pytest.raises(InvalidRequest):
        asked("anthropic/claude-sonnet-4-5", temperature=1.5, unsupported="drop")


def test_ends_of_a_range_belong_to_it() -> None:
    asked("openai/gpt-4o", temperature=2, top_p=1.0)
    asked("anthropic/claude-sonnet-4-5", temperature=1.0)


def test_a_provider_is_bounded_where_its_data_says_so() -> None:
    found = section("anthropic"), section("openrouter")

    assert [item is not None and item.data.bounded for item in found] == [True, False]
