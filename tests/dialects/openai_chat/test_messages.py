"""OpenAI-style dictionaries to neutral messages."""

from __future__ import annotations

import json

import pytest
from tests.dialects.openai_chat.asking import sent

from fairlead.dialects.openai_chat.messages import messages_from_dicts
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.targets import Quirks

FUNCTION = {"name": "f", "arguments": '{"x":1}'}


def test_every_role_is_known() -> None:
    found = messages_from_dicts(
        [
            {"role": "system", "content": "a"},
            {"role": "developer", "content": "b"},
            {"role": "user", "content": "c", "name": "Ada"},
            {"role": "assistant", "content": "d"},
        ]
    )
    assert found == (
        Message.system("a"),
        Message.system("b"),
        Message("user", (Text("c"),), "Ada"),
        Message.assistant("d"),
    )


def test_parts_of_a_user_message() -> None:
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "high"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAE="}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a", "file_data": "data:text/plain;base64,YQ=="}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    (message,) = messages_from_dicts([{"role": "user", "content": content}])
    assert message.parts == (
        Text("a"),
        Image(url="https://x/y.png", detail="high"),
        Image(data=b"\0\1", media_type="image/png"),
        Audio(b"\0", "audio/mpeg"),
        File(data=b"a", media_type="text/plain", name="a"),
        File(file_id="file-1"),
    )


def test_calls_and_their_results() -> None:
    call = {"id": "a", "type": "function", "function": FUNCTION}
    turn, result = messages_from_dicts(
        [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": "3"},
        ]
    )
    assert turn == Message.assistant(ToolCall("a", "f", '{"x":1}'))
    assert result == Message.tool(ToolResult("a", "3"))


def test_refusals_and_reasoning_of_an_assistant() -> None:
    item = {"role": "assistant", "content": "", "refusal": "No", "reasoning_content": "Hm"}
    (message,) = messages_from_dicts([item])
    reasoning, refusal = message.parts
    assert isinstance(reasoning, Reasoning)
    assert (reasoning.text, refusal) == ("Hm", Refusal("No"))


CONVERSATION = [
    {"role": "system", "content": "a"},
    {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
    {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Hm",
        "tool_calls": [{"id": "a", "type": "function", "function": FUNCTION}],
    },
    {"role": "tool", "tool_call_id": "a", "content": "3"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "b", "type": "custom", "custom": {"name": "run", "input": "ls"}}],
    },
]


def test_a_conversation_survives_the_way_in_and_out() -> None:
    wire = sent(
        *messages_from_dicts(CONVERSATION), quirks=Quirks(reasoning_echo="reasoning_content")
    )
    assert json.dumps(wire, sort_keys=True) == json.dumps(CONVERSATION, sort_keys=True)


def test_a_result_keeps_the_name_of_its_tool() -> None:
    (result,) = messages_from_dicts(
        [{"role": "tool", "tool_call_id": "a", "name": "f", "content": "3"}]
    )
    assert result == Message.tool(ToolResult("a", "3", name="f"))


def test_what_else_an_answer_holds_goes_back_with_it() -> None:
    """Such as the mark by which Mistral goes on with a half message, or the id of a sound."""
    item = {"role": "assistant", "content": "To be", "prefix": True, "audio": {"id": "a1"}}
    nothing = {"function_call": None, "annotations": [], "refusal": None}
    assert sent(*messages_from_dicts([item | nothing])) == [item]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("Hi", r"messages\[0\] is str, not a dictionary"),
        ({"content": "a"}, r"messages\[0\] has the role None; use system"),
        ({"role": "user"}, r"messages\[0\] has no content"),
        ({"role": "user", "content": 5}, r"messages\[0\].content must be a string or a list"),
        ({"role": "user", "content": [5]}, r"messages\[0\].content\[0\] must be a dictionary"),
        ({"role": "user", "content": [{"type": "x"}]}, r"has the type 'x'; use text"),
        ({"role": "user", "content": [{"type": "text"}]}, "has no text that is a string"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,a"}}]},
            "must be base64",
        ),
        ({"role": "tool", "content": "3"}, "has no tool_call_id"),
        ({"role": "assistant", "tool_calls": "x"}, r"tool_calls must be a list"),
        ({"role": "assistant", "tool_calls": [{"id": "a"}]}, "has no function object"),
        ({"role": "user", "content": "a", "name": 5}, "has a name that is not a string"),
        ({"role": {"deep": [1] * 999}}, r"messages\[0\] has the role dict; use system"),
        ({"role": "user", "content": "a", "cache_control": {}}, "has the key 'cache_control'"),
        (
            {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]},
            r"content\[0\] has the key 'cache_control'",
        ),
        (
            {"role": "assistant", "content": [{"type": "thinking", "thinking": object()}]},
            "cannot be written as JSON",
        ),
        (
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "a", "type": "custom", "custom": {"name": "f", "input": "\ud800"}}
                ],
            },
            "cannot be written as JSON",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(item: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        messages_from_dicts([item])
