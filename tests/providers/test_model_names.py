"""Model strings: what is refused, and where they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import InvalidRequest
from fairlead.providers.model_names import MAX_LENGTH, Split, check_model, folded, splits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openai/gpt\n5",
        "openai/gpt\x00",
        "openai/gpt\x85",
        "openai/\u202egpt",
        "openai/..",
        "openai/../admin",
        "openai/a/./b",
        "openai/%2e%2E/admin",
        "openai/a%2f..%2fb",
        "openai\\..\\admin",
        "openai:..",
        " openai/gpt-5",
        "openai/gpt-5 ",
        "openai/" + "g" * MAX_LENGTH,
    ],
)
def test_what_could_lead_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        check_model(text)


@pytest.mark.parametrize(
    "text",
    [
        "openai/gpt-5",
        "claude",
        "openrouter/anthropic/claude-sonnet-4.5:beta",
        "fireworks/accounts/fireworks/models/glm-5p3",
        "ollama/qwen3:8b-q4_K_M",
        "huggingface/meta-llama/Llama-3.3-70B-Instruct:fastest",
        "lmstudio/my model (v1..2)",
    ],
)
def test_names_in_use_are_taken(text: str) -> None:
    check_model(text)


def test_the_first_separator_cuts_first() -> None:
    assert splits("openrouter/a/b:free") == [
        Split("openrouter", "a/b:free"),
        Split("openrouter/a/b", "free"),
    ]
    assert splits("ollama:library/x") == [
        Split("ollama", "library/x"),
        Split("ollama:library", "x"),
    ]
    assert splits("gpt-5") == []


@given(st.text())
def test_a_cut_loses_nothing_but_the_separator(text: str) -> None:
    for cut in splits(text):
        assert len(cut.provider) + 1 + len(cut.model) == len(text)
        assert text.startswith(cut.provider)
        assert text.endswith(cut.model)


@given(st.text())
def test_any_text_is_taken_or_an_invalid_request(text: str) -> None:
    try:
        check_model(text)
    except InvalidRequest:
        return
    assert text.isprintable()
    assert ".." not in text.replace("\\", "/").replace(":", "/").split("/")


def test_case_and_hyphens_make_no_difference_to_providers() -> None:
    assert folded("X-AI") == folded("x_ai")
