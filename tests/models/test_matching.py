"""Names as people and providers write them lead to the model that they mean, or to none."""

from __future__ import annotations

import pytest

from fairlead import models
from fairlead.models.matching import match

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai:gpt-4o", "openai/gpt-4o"),
        ("oai/GPT-4O", "openai/gpt-4o"),
        ("gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        ("openai/gpt-4o-2031-01-02", "openai/gpt-4o"),
        ("openai_responses/gpt-4o", "openai_responses/gpt-4o"),
        ("anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5-20250929"),
        ("anthropic/claude-sonnet-4-5-20990101", "anthropic/claude-sonnet-4-5"),
        ("mistral/mistral-large-latest", "mistral/mistral-large-latest"),
        ("gemini/models/gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        (f"bedrock/{SONNET}", f"bedrock/{SONNET}"),
        ("vertexai/claude-sonnet-4-5@20250929", "vertexai/claude-sonnet-4-5@20250929"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5"),
        ("openrouter/anthropic/claude-sonnet-4.5:nitro", "openrouter/anthropic/claude-sonnet-4.5"),
        ("huggingface/openai/gpt-oss-120b:groq", "huggingface/openai/gpt-oss-120b:groq"),
    ],
)
def test_a_name_leads_to_its_model(asked: str, meant: str) -> None:
    found = models.find(asked)

    assert found is not None
    assert found.model == meant


@pytest.mark.parametrize(
    "asked",
    [
        "azure/my-deployment",
        "openai/gpt-99",
        "nobody/gpt-4o",
        "something-else",
        "",
        "openai/../gpt-4o",
        "openai/" + "x" * 300,
    ],
)
def test_a_name_that_says_nothing_leads_nowhere(asked: str) -> None:
    assert models.find(asked) is None


def test_an_inference_profile_is_known_by_its_last_word() -> None:
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{SONNET}"
    found = match("bedrock", arn)

    assert found is not None
    assert found.facts.price == match("bedrock", SONNET).facts.price  # type: ignore[union-attr]


def test_only_the_own_name_is_exact() -> None:
    own, dated = match("openai", "gpt-4o"), match("openai", "gpt-4o-2031-01-02")

    assert own is not None
    assert dated is not None
    assert (own.exact, dated.exact) == (True, False)


def test_a_host_lends_the_prices_of_whose_models_it_runs() -> None:
    hosted = match("azure", "gpt-4o-2024-11-20")

    assert hosted is not None
    assert hosted.facts.price is not None
