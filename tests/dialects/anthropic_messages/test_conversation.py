"""Messages become a system prompt and turns."""

from __future__ import annotations

import json

import pytest
from tests.dialects.anthropic_messages.asking import (
    ASK,
    base64_source,
    blocks,
    body,
    encoded,
    target,
    text,
)
from tests.dialects.anthropic_messages.building import (
    CALL as TOOL_CALL,
    THINKING,
    begin,
    delta,
    end,
    last,
    streamed,
    unstreamed,
)

from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)


def test_system_messages_become_the_system_prompt() -> None:
    sent = body((Message.system("Be brief."), *ASK))
    assert sent["system"] == "Be brief."
    assert sent["messages"] == [{"role": "user", "content": "hi"}]


def test_two_system_messages_become_blocks() -> None:
    sent = body((Message.system("a"), Message.system("b"), *ASK))
    assert sent["system"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


def test_a_later_system_message_stays_where_the_model_takes_it() -> None:
    messages = (*ASK, Message.system("Be brief."))
    sent = body(messages, to=target("claude-opus-4-8"))
    assert sent["messages"][1] == {"role": "system", "content": "Be brief."}
    assert "system" not in sent


def test_a_later_system_message_moves_to_the_head_elsewhere_and_that_is_said() -> None:
    sent = encoded((*ASK, Message.system("Be brief.")))
    assert json.loads(sent.body)["system"] == "Be brief."
    assert "moved" in sent.warnings[0]


def test_turns_of_one_role_are_one_turn() -> None:
    sent = body((Message.user("a"), Message.user("b"), Message.assistant("c")))
    assert sent["messages"] == [
        {"role": "user", "content": [text("a"), text("b")]},
        {"role": "assistant", "content": "c"},
    ]


def test_tool_results_stand_first_in_the_users_turn() -> None:
    calls = Message.assistant(ToolCall("t1", "now"), ToolCall("t2", "now"))
    answers = (
        Message.user("Here they are:", ToolResult("t1", "one")),
        Message.tool(ToolResult("t2", "down", is_error=True)),
    )
    assert body((*ASK, calls, *answers))["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "one"},
        {"type": "tool_result", "tool_use_id": "t2", "content": "down", "is_error": True},
        text("Here they are:"),
    ]


def test_tool_results_hold_parts() -> None:
    call = Message.assistant(ToolCall("t1", "draw"))
    parts = (Text("a map"), Image(data=b"png", media_type="image/png"))
    (result,) = blocks(Message.tool(ToolResult("t1", parts)), *ASK, call)
    assert result["content"] == [
        text("a map"),
        {"type": "image", "source": base64_source("image/png", "cG5n")},
    ]


def test_arguments_go_back_byte_for_byte() -> None:
    arguments = '{ "b": 1.0,\n "a": "\\u00e9" }'
    sent = encoded((*ASK, Message.assistant(ToolCall("t1", "now", arguments))))
    assert f'"input":{arguments}'.encode() in sent.body


@pytest.mark.parametrize("arguments", ["[1]", '{"a":', "[" * 10_000])
def test_arguments_that_are_no_object_go_back_as_text_in_one_and_are_listed(arguments: str) -> None:
    sent = encoded((*ASK, Message.assistant(ToolCall("t1", "now", arguments))))
    (call,) = json.loads(sent.body)["messages"][1]["content"]
    assert call["input"] == {"INVALID_JSON": arguments}
    (lost,) = sent.dropped
    assert "arguments of now" in lost


def test_no_arguments_are_an_empty_object() -> None:
    sent = encoded((*ASK, Message.assistant(ToolCall("t1", "now", ""))))
    assert b'"input":{}' in sent.body
    assert not sent.dropped


def test_ids_of_other_providers_are_written_in_allowed_letters() -> None:
    call = Message.assistant(ToolCall("functions.now:0", "now"))
    sent = body((*ASK, call, Message.tool(ToolResult("functions.now:0", "noon"))))
    (call_block,) = sent["messages"][1]["content"]
    (result,) = sent["messages"][2]["content"]
    assert call_block["id"] == result["tool_use_id"] == "functions_2e_now_3a_0"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((), "no message"),
        ((Message.system("alone"),), "no message"),
        ((Message.user(""),), "no message"),
        ((Message.tool(ToolResult("t1", "x")),), "answers no call"),
        ((Message("tool", (Text("x"),)),), "tool results"),
        ((Message.user(ToolCall("t1", "now")),), "assistant"),
        ((Message.user(Reasoning("hm")),), "assistant"),
        ((Message("system", (Image(url="https://example.org"),)),), "system"),
        ((Message.user(Image()),), "exactly one"),
        ((Message.user(Image(url="https://example.org", file_id="f")),), "exactly one"),
        ((Message.user(Image(data=b"x")),), "media_type"),
        ((Message.user(Image(url="data:nonsense")),), "data:"),
        ((Message.user(File(data=b"\xff", media_type="text/plain")),), "UTF-8"),
        ((Message.assistant(ToolCall("", "now")),), "id"),
    ],
)
def test_what_makes_no_sense_is_an_invalid_request(
    messages: tuple[Message, ...], words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        encoded(messages)


def test_an_answer_that_the_length_cut_behind_a_thought_can_be_gone_on_from() -> None:
    """Or: "The final block in an assistant message cannot be `thinking`." """
    cut = streamed(
        begin(THINKING),
        delta("thinking_delta", thinking="hm"),
        delta("signature_delta", signature="Zm9v"),
        end(),
        begin(TOOL_CALL, 1),
        delta("input_json_delta", 1, partial_json='{"a'),
        end(1),
        last("max_tokens"),
    )
    sent = encoded((*ASK, cut.message, Message.user("Go on")))
    asked = [text("hi"), text("Go on")]
    assert json.loads(sent.body)["messages"] == [{"role": "user", "content": asked}]
    assert sent.dropped == ("unfinished call of add", "reasoning without what it led to")


def test_a_search_that_never_ran_is_left_out_once_the_user_goes_on() -> None:
    """Or: "`web_search` tool use with id `s1` was found without a corresponding result block"."""
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
    cut = unstreamed({"type": "text", "text": "I look."}, search, stop_reason="pause_turn").message
    paused = body((*ASK, cut))
    assert paused["messages"][1]["content"] == [text("I look."), search]
    gone_on = body((*ASK, cut, Message.user("Never mind")))
    assert gone_on["messages"][1]["content"] == "I look."
