"""What cannot stand where it is put is refused in the same words by every dialect."""

from __future__ import annotations

import pytest
from tests.dialects.encoding import DIALECTS, encode

from fairlead.errors import InvalidRequest
from fairlead.types.messages import Image, Message, Text, ToolCall, ToolResult

CALL = Message.assistant(ToolCall("c1", "sum"))
OTHERS = {"openai_chat", "openai_responses"}
"""They know calls that a server keeps, and have sentences that name the message."""


def refused(dialect: str, *messages: Message) -> str:
    with pytest.raises(InvalidRequest) as caught:
        encode(dialect, *messages)
    return str(caught.value)


@DIALECTS
def test_a_result_answers_a_call_of_the_conversation(dialect: str) -> None:
    said = refused(dialect, Message.user("Add"), CALL, Message.tool(ToolResult("c2", "3")))
    assert "c2" in said
    if dialect not in OTHERS:
        assert said == "the tool result 'c2' answers no call of this conversation"


@DIALECTS
def test_a_result_stands_in_no_message_of_the_system(dialect: str) -> None:
    message = Message("system", (ToolResult("c1", "3"),))
    said = refused(dialect, CALL, message)
    if dialect not in OTHERS:
        assert said == "a tool result stands in a tool or user message"


@DIALECTS
def test_a_tool_says_nothing_but_results(dialect: str) -> None:
    said = refused(dialect, CALL, Message("tool", (Text("3"),)))
    if dialect not in OTHERS:
        assert said == "a tool message holds tool results; put the text into one"


@DIALECTS
def test_the_system_shows_no_pictures(dialect: str) -> None:
    picture = Image(url="https://p.example/a.png")
    said = refused(dialect, Message("system", (picture,)), Message.user("Hi"))
    if dialect not in OTHERS:
        assert said == "an Image part cannot stand in a system message"
