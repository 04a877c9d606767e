"""What stands at the bottom of the checks: addresses, shapes and sums."""

from __future__ import annotations

import pytest

from fairlead.conforming.anthropic_messages import AnthropicMessages
from fairlead.conforming.openai_chat import OpenAIChat
from fairlead.conforming.protocol import shape_problem, sum_problem

HOST = "https://example.com"


@pytest.mark.parametrize(
    "base", [HOST, f"{HOST}/", f"{HOST}/v1", f"{HOST}/v1/", f"{HOST}/v1/messages"]
)
def test_an_address_may_hold_a_part_of_the_path_already(base: str) -> None:
    protocol = AnthropicMessages()

    assert protocol.url(base, protocol.path) == f"{HOST}/v1/messages"
    assert protocol.url(base, protocol.models_path) == f"{HOST}/v1/models"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (f"{HOST}/v1", f"{HOST}/v1/chat/completions"),
        (f"{HOST}/v1/chat/completions", f"{HOST}/v1/chat/completions"),
        (f"{HOST}/api/chat", f"{HOST}/api/chat/chat/completions"),
    ],
)
def test_a_base_that_only_looks_like_the_path_is_kept(base: str, url: str) -> None:
    assert OpenAIChat().url(base, OpenAIChat.path) == url


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"a": {"b": ["x"]}}, None),
        ([], "it is no JSON object"),
        ({"a": {"b": []}}, "a.b.0 is missing"),
        ({"a": {"b": [1]}}, "a.b.0 is 1, of the wrong type"),
    ],
)
def test_the_first_field_that_is_wrong_is_named(data: object, problem: str | None) -> None:
    assert shape_problem(data, {"a.b.0": str}) == problem


def test_true_is_no_number() -> None:
    assert shape_problem({"a": True}, {"a": int}) == "a is true, of the wrong type"


@pytest.mark.parametrize(
    ("usage", "problem"),
    [
        ({"a": 1, "b": 2, "t": 3}, None),
        ({"a": 1, "t": 3}, "usage has no numbers in a, b, t"),
        ({"a": 0, "b": 2, "t": 2}, "usage counts nothing: a 0, b 2, t 2"),
        ({"a": 1, "b": 2, "t": 4}, "usage does not add up: a 1, b 2, t 4"),
    ],
)
def test_counts_must_add_up(usage: object, problem: str | None) -> None:
    assert sum_problem(usage, ("a", "b"), "t") == problem
