"""Pictures that a tool has shown, where its results are words alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.encoding import encode

from fairlead.errors import UnsupportedFeature
from fairlead.types.messages import Image, Message, Text, ToolCall, ToolResult

PNG = Image(data=b"\x89PNG\r\n\x1a\n0000", media_type="image/png")
CALLED = Message.assistant(ToolCall("c1", "look"), ToolCall("c2", "look"))
WORDS_ALONE = pytest.mark.parametrize("dialect", ["openai_chat", "cohere"])


def messages(dialect: str, *turns: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(encode(dialect, *turns, **more).body)["messages"]
    return found


@WORDS_ALONE
def test_pictures_come_behind_all_results_of_a_turn_with_the_ids_of_their_calls(dialect) -> None:
    first = Message.tool(ToolResult("c1", (Text("One."), PNG)))
    second = Message.tool(ToolResult("c2", (PNG, PNG)))
    found = messages(dialect, Message.user("Look"), CALLED, first, second, Message.user("Well?"))

    roles = [message["role"] for message in found]
    assert roles == ["user", "assistant", "tool", "tool", "user", "user"]
    assert "One." in json.dumps(found[2]["content"])
    assert found[3]["content"] == "It is shown in the message below."
    kinds = [part["type"] for part in found[4]["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "image_url"]
    assert "c1" in found[4]["content"][0]["text"]
    assert "c2" in found[4]["content"][2]["text"]


@WORDS_ALONE
def test_pictures_stand_before_the_words_of_the_same_message(dialect: str) -> None:
    results = [ToolResult("c1", (PNG,)), ToolResult("c2", "2")]
    found = messages(dialect, Message.user("Look"), CALLED, Message.user(*results, "What is it?"))

    assert [message["role"] for message in found[2:]] == ["tool", "tool", "user", "user"]
    assert found[-1]["content"] == "What is it?"


@WORDS_ALONE
def test_it_is_told_once(dialect: str) -> None:
    results = Message.tool(ToolResult("c1", (PNG,)), ToolResult("c2", (PNG,)))
    encoded = encode(dialect, Message.user("Look"), CALLED, results)

    assert len(encoded.warnings) == 1
    assert encoded.dropped == ()


@WORDS_ALONE
def test_a_target_without_pictures_refuses_them_there_too(dialect: str) -> None:
    results = Message.tool(ToolResult("c1", (PNG,)), ToolResult("c2", "2"))
    with pytest.raises(UnsupportedFeature, match="image"):
        encode(dialect, Message.user("Look"), CALLED, results, lacking=("image",))
