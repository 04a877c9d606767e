"""Messages in the JSON of OpenTelemetry's conventions."""

from __future__ import annotations

import json

from fairlead.telemetry import content
from fairlead.types.messages import Image, Message, Reasoning, Text, ToolCall, ToolResult

TALK = (
    Message("system", (Text("Be brief."),)),
    Message("user", (Text("Look:"), Image(data=b"picture", media_type="image/png"))),
    Message(
        "assistant", (Reasoning("hm"), ToolCall(id="t1", name="look", arguments='{"at": "sea"}'))
    ),
    Message("tool", (ToolResult("t1", (Text("calm"),)), ToolResult("t2", "windy"))),
)


def test_every_kind_of_part_has_a_shape() -> None:
    asked = json.loads(content.asked(TALK))

    assert [message["role"] for message in asked] == ["user", "assistant", "tool"]
    assert [part for message in asked for part in message["parts"]] == [
        {"type": "text", "content": "Look:"},
        {"type": "image"},
        {"type": "reasoning", "content": "hm"},
        {"type": "tool_call", "id": "t1", "name": "look", "arguments": '{"at": "sea"}'},
        {"type": "tool_call_response", "id": "t1", "response": "calm"},
        {"type": "tool_call_response", "id": "t2", "response": "windy"},
    ]


def test_the_systems_words_stand_apart() -> None:
    assert json.loads(content.instructions(TALK)) == [{"type": "text", "content": "Be brief."}]
    assert content.instructions(TALK[1:]) is None


def test_what_is_too_long_is_cut() -> None:
    long = Message("assistant", (Text("x" * 200_000),))

    assert len(content.answered(long, "stop")) == content.LARGEST


def test_a_finish_has_the_conventions_word() -> None:
    (answer,) = json.loads(content.answered(TALK[2], "tool_call"))

    assert answer["finish_reason"] == "tool_calls"
