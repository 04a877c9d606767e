"""Answers that were cut short go back without what nobody would take."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.dialects.block_turns import Turns
from fairlead.dialects.losses import Losses
from fairlead.types.messages import Part, Reasoning, Text, ToolCall, ToolResult
from fairlead.types.targets import Target

TARGET = Target("p", "m", "chat", "anthropic_messages", "https://p.example/v1")
THOUGHT = Reasoning("hm")
WORDS = Text("I will look.")
SEARCH = ToolCall("s1", "web_search", by_provider=True)
FOUND = ToolResult("s1", "x", by_provider=True)
CALL = ToolCall("c1", "add")
SUM = ToolResult("c1", "3")
ASK = ("user", Text("Hi"))
GO_ON = ("user", Text("Go on"))


def turns(*said: tuple[str, Part]) -> tuple[list[tuple[str, list[Any]]], list[str]]:
    """The turns that are sent, each block the part that it came of; and what was left out."""
    losses = Losses("error", TARGET)
    found = Turns(losses)
    for role, part in said:
        found.add(role, part, {"part": part})
    found.close()
    sent = [(turn.role, [block["part"] for block in turn.blocks]) for turn in found.all]  # type: ignore[call-overload]
    return sent, losses.dropped


def answer(*parts: Part) -> list[tuple[str, Part]]:
    return [("assistant", part) for part in parts]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((THOUGHT,), ()),
        ((WORDS, THOUGHT, THOUGHT), (WORDS,)),
        ((THOUGHT, WORDS), (THOUGHT, WORDS)),
        ((THOUGHT, CALL), (THOUGHT, CALL)),
        ((THOUGHT, SEARCH), ()),
        ((THOUGHT, SEARCH, FOUND), (THOUGHT, SEARCH, FOUND)),
        ((WORDS, SEARCH, FOUND, SEARCH), (WORDS, SEARCH, FOUND)),
    ],
)
def test_what_led_to_nothing_is_no_part_of_an_answer_that_the_user_goes_on_from(
    said: tuple[Part, ...], kept: tuple[Part, ...]
) -> None:
    sent, lost = turns(ASK, *answer(*said), GO_ON)

    assert [part for role, parts in sent if role == "assistant" for part in parts] == list(kept)
    assert len(lost) == len(said) - len(kept)
    assert sent[-1][1][-1] is GO_ON[1]


def test_turns_of_one_role_meet_where_the_answer_between_them_is_left_out() -> None:
    sent, _ = turns(ASK, *answer(THOUGHT), GO_ON)

    assert sent == [("user", [ASK[1], GO_ON[1]])]


def test_a_call_that_the_provider_has_yet_to_run_goes_back_to_be_gone_on_with() -> None:
    assert turns(ASK, *answer(WORDS, SEARCH)) == (
        [("user", [ASK[1]]), ("assistant", [WORDS, SEARCH])],
        [],
    )


def test_a_call_that_the_provider_runs_goes_back_beside_results_that_it_waits_for() -> None:
    sent, lost = turns(ASK, *answer(SEARCH, CALL), ("user", SUM))

    assert sent[1:] == [("assistant", [SEARCH, CALL]), ("user", [SUM])]
    assert lost == []


def test_results_stand_first_in_a_turn() -> None:
    sent, _ = turns(ASK, *answer(CALL), GO_ON, ("user", SUM))

    assert sent[-1] == ("user", [SUM, GO_ON[1]])
