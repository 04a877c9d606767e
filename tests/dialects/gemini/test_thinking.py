"""How an effort is asked for, which differs from one generation of models to the next."""

from __future__ import annotations

import pytest
from tests.dialects.gemini.asking import config, encoded

from fairlead.dialects.gemini import GeminiOptions, models
from fairlead.errors import InvalidRequest, UnsupportedFeature


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("gemini-2.5-flash", "low", {"thinkingBudget": 2048, "includeThoughts": True}),
        ("gemini-2.5-pro", "max", {"thinkingBudget": 24576, "includeThoughts": True}),
        ("gemini-2.5-flash-lite", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}),
        (
            "gemini-3-flash-preview",
            "minimal",
            {"thinkingLevel": "MINIMAL", "includeThoughts": True},
        ),
        ("gemini-3-flash-preview", "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-pro-preview", "medium", {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-3.1-pro-preview", "max", {"thinkingLevel": "HIGH", "includeThoughts": True}),
        ("models/gemini-flash-latest", "high", {"thinkingLevel": "HIGH", "includeThoughts": True}),
        ("gemini-4-argon", "minimal", {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-1.5-pro", "none", None),
    ],
)
def test_an_effort_is_a_budget_or_a_level(model: str, effort: str, expected: object) -> None:
    found = config(model=model, reasoning_effort=effort)

    assert found == (None if expected is None else {"thinkingConfig": expected})


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemma-3-27b-it", "gemini-2.5-flash-image"])
def test_models_that_do_not_think_say_so(model: str) -> None:
    with pytest.raises(UnsupportedFeature, match="reasoning_effort"):
        encoded(model=model, reasoning_effort="high")


@pytest.mark.parametrize(
    ("model", "effort", "told"),
    [
        ("gemini-3-flash", "high", False),
        ("gemini-3-flash", "max", False),
        ("gemini-3-pro", "medium", True),
        ("gemini-3-flash", "none", True),
        ("gemini-2.5-pro", "none", True),
    ],
)
def test_another_effort_than_was_asked_for_is_told_of(model: str, effort: str, told: bool) -> None:
    assert bool(encoded(model=model, reasoning_effort=effort).warnings) == told


def test_options_say_it_exactly() -> None:
    for options, expected in (
        (GeminiOptions(thinking_budget=-1), {"thinkingBudget": -1}),
        (GeminiOptions(thinking_level="xhigh"), {"thinkingLevel": "XHIGH"}),
        (GeminiOptions(include_thoughts=True), {"includeThoughts": True}),
    ):
        assert config(options=options) == {"thinkingConfig": expected}
    quiet = GeminiOptions(include_thoughts=False)
    assert config(options=quiet, reasoning_effort="low") == {
        "thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": False}
    }


def test_it_is_said_once() -> None:
    with pytest.raises(InvalidRequest, match="the provider takes one"):
        encoded(options=GeminiOptions(thinking_budget=1, thinking_level="low"))
    with pytest.raises(InvalidRequest, match="reasoning_effort"):
        encoded(options=GeminiOptions(thinking_budget=1), reasoning_effort="low")


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("gemini-2.5-flash-preview-09-2025", (2, 5)),
        ("models/gemini-3.1-pro", (3, 1)),
        ("gemini-3-pro-preview", (3, 0)),
        ("gemini-live-2.5-flash", (2, 5)),
        ("gemini-1.5-flash-002", (1, 5)),
        ("gemini-pro", (1, 0)),
        ("gemini-flash-latest", (99, 0)),
        ("4815162342", (99, 0)),
    ],
)
def test_a_name_tells_the_version(model: str, version: tuple[int, int]) -> None:
    assert models.version(model) == version
