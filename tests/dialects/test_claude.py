"""What the names of Claude tell, on each host that has its own way of naming."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.dialects.claude import (
    beside_thinking,
    takes_sampling,
    thinking_budget,
    thinking_form,
    version,
)
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5-20250929", (4, 5)),
        ("claude-3-opus-latest", (3, 0)),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", (4, 5)),
        ("anthropic.claude-3-5-sonnet-20240620-v1%3A0", (3, 5)),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", (4, 0)),
        ("us.anthropic.claude-opus-4-6-v1", (4, 6)),
        ("anthropic.claude-v2:1", (2, 0)),
        ("anthropic.claude-instant-v1", (1, 0)),
        ("claude-haiku-4-5@20251001", (4, 5)),
        ("claude", None),
        ("mistral-large", None),
    ],
)
def test_the_version_is_read_out_of_the_name(model: str, expected: object) -> None:
    assert version(model) == expected


@pytest.mark.parametrize(
    ("model", "form", "sampling"),
    [
        ("anthropic.claude-v2", "none", True),
        ("claude-3-7-sonnet@20250219", "budget", True),
        ("us.anthropic.claude-opus-4-6-v1", "adaptive", True),
        ("us.anthropic.claude-opus-4-8", "adaptive", False),
        ("mistral-large", "budget", True),
    ],
)
def test_the_version_tells_how_it_thinks_and_what_it_takes(
    model: str, form: str, sampling: bool
) -> None:
    assert (thinking_form(model), takes_sampling(model)) == (form, sampling)


def test_the_budget_leaves_room_for_an_answer() -> None:
    assert thinking_budget("high", None) == 16384
    assert thinking_budget("high", 4000) == 2000
    with pytest.raises(InvalidRequest, match="max_tokens"):
        thinking_budget("high", 1000)


NAMES = ("temperature", "top_p", "top_k", "tool_choice")
REFUSED = {"temperature": 0.5, "top_p": 0.5, "top_k": 9, "tool_choice": "required"}


def sent(model: str, unsupported: UnsupportedPolicy = "drop", **fields: Any) -> set[str]:
    """Which of the settings are left."""
    target = Target("anthropic", model, "chat", "anthropic_messages", "https://a.example")
    request = ChatRequest("m", (Message.user("hi"),), **fields)
    fitting = beside_thinking(request, None, Losses(unsupported, target))
    return {name for name in NAMES if getattr(fitting, name) is not None}


@pytest.mark.parametrize(
    ("model", "effort", "left"),
    [
        ("claude-sonnet-4-5", "low", set()),
        # Recorded of Claude 4.6: with an effort, a forced tool is called all the same.
        ("claude-opus-4-6", "low", {"tool_choice"}),
        ("claude-sonnet-4-5", "none", set(NAMES)),
        ("claude-sonnet-4-5", None, set(NAMES)),
        ("claude-3-5-sonnet", "low", set(NAMES)),
        ("MiniMax-M3", "low", set(NAMES)),
    ],
)
def test_what_a_claude_that_thinks_refuses_is_not_sent(
    model: str, effort: Any, left: set[str]
) -> None:
    assert sent(model, reasoning_effort=effort, **REFUSED) == left


def test_what_a_claude_that_thinks_takes_is_sent() -> None:
    fields = {"temperature": 1.0, "top_p": 0.95, "tool_choice": "auto"}
    assert sent("claude-sonnet-4-5", "error", reasoning_effort="low", **fields) == set(fields)


def test_the_caller_is_told_of_what_does_not_go_with_thinking() -> None:
    with pytest.raises(UnsupportedFeature, match="temperature together with thinking"):
        sent("claude-sonnet-4-5", "error", reasoning_effort="low", temperature=0.5)
