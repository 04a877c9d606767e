"""Settings that a model's maker recommends: only when asked for, only what is left open."""

from __future__ import annotations

import re

import pytest

from fairlead.errors import InvalidRequest
from fairlead.inputs import ChatOptions
from fairlead.models.advice import settled
from fairlead.models.recommended import families, family_of, recommended
from fairlead.types.targets import Quirks, Target

R1 = "deepseek-ai/DeepSeek-R1"


def target(model: str, quirks: Quirks | None = None) -> Target:
    return Target("lab", model, "chat", "openai_chat", "https://x/v1", quirks or Quirks())


def test_nothing_is_set_unless_it_is_asked_for() -> None:
    options: ChatOptions = {"max_tokens": 5}

    assert settled(target(R1), options) == (options, ())


def test_what_is_left_open_is_set_and_listed() -> None:
    options, added = settled(target(R1), {"defaults": "recommended", "top_p": 0.5})

    assert (options["temperature"], options["top_p"]) == (0.6, 0.5)
    assert added == ("temperature=0.6",)


def test_what_the_target_does_not_take_is_left_out() -> None:
    _, added = settled(
        target(R1, Quirks(unsupported=("temperature",))), {"defaults": "recommended"}
    )

    assert added == ("top_p=0.95",)


def test_a_model_of_no_family_is_left_alone() -> None:
    assert settled(target("gpt-4o"), {"defaults": "recommended"})[1] == ()


def test_another_word_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="must be \"recommended\", not 'best'"):
        settled(target(R1), {"defaults": "best"})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen3 instruct"),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", "Qwen3 thinking"),
        ("qwen3:32b", "Qwen3 thinking"),
        ("deepseek.r1-v1:0", "DeepSeek R1"),
        ("moonshotai/kimi-k2-thinking", "Kimi K2 thinking"),
        ("kimi-k2-0905-preview", "Kimi K2"),
        ("magistral-medium-latest", "Magistral"),
        ("openai/gpt-oss-120b", "gpt-oss"),
        ("qwen3-max", None),
        ("gpt-4o", None),
    ],
)
def test_a_family_is_known_by_its_names(model: str, family: str | None) -> None:
    found = family_of(model)

    assert (None if found is None else found.name) == family


def test_the_data_is_about_options_of_a_call_and_says_where_it_is_from() -> None:
    for family in families():
        assert family.source.startswith("https://")
        assert set(family.settings) <= {"temperature", "top_p"}
        re.compile(family.models)
    assert recommended("gpt-4o") == {}
