"""What the names of Claude tell, on each host that has its own way of naming."""

from __future__ import annotations

import pytest

from fairlead.dialects.claude import (
    takes_sampling,
    thinking_budget,
    thinking_form,
    version,
)
from fairlead.errors import InvalidRequest


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
