"""Answers on their way back: which items the provider takes again, and which it refuses."""

from __future__ import annotations

import json
from typing import Any

from msgspec import structs
from tests.dialects.openai_responses.building import body, message, output_text, whole

from fairlead.dialects.openai_responses import DIALECT
from fairlead.ports import Encoded
from fairlead.types.messages import Message, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

USER = Message.user("Hi")
HERE = Target("openai", "m", "chat", DIALECT.name, "https://x.invalid/responses")
THOUGHT = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "a/b"}
CALL = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{}"}


def encode(*messages: Message, to: Target = HERE) -> Encoded:
    return DIALECT.encode(ChatRequest("m", messages), to, stream=False, unsupported="error")


def items(*messages: Message, to: Target = HERE) -> Any:
    return json.loads(encode(*messages, to=to).body)["input"]


def test_reasoning_that_led_to_nothing_is_left_out_since_the_provider_refuses_it() -> None:
    """Recorded: 400, "Item 'rs_...' of type 'reasoning' was provided without its required
    following item", of an item that a message without an id followed."""
    cut = whole(body(THOUGHT, status="incomplete")).message
    call_changed = whole(body(THOUGHT, CALL)).message
    thought, call = call_changed.parts
    call_changed = structs.replace(
        call_changed, parts=(thought, structs.replace(call, arguments='{"a":1}'))
    )
    for answer, kinds in ((cut, []), (call_changed, ["function_call"])):
        turns = (USER, answer, Message.user("Go on"))
        assert [item["type"] for item in items(*turns)[1:-1]] == kinds
        assert encode(*turns).dropped == ("reasoning without what it led to",)


def test_reasoning_in_several_items_goes_back_before_what_it_led_to() -> None:
    output = [THOUGHT, {**THOUGHT, "id": "rs2"}, CALL]
    assert items(USER, whole(body(*output)).message)[1:] == output


def test_what_another_host_has_sealed_is_told_in_words() -> None:
    """Such as Azure after OpenAI: "invalid_encrypted_content", status 400."""
    answer = whole(body(THOUGHT, message(output_text("Hi")), CALL)).message
    elsewhere = Target("azure", "m", "chat", DIALECT.name, "https://mine.azure.example/responses")
    turns = (USER, answer, Message.tool(ToolResult("c", "ok")))

    assert items(*turns, to=elsewhere)[1:] == [
        {"type": "message", "role": "assistant", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "ok"},
    ]
    assert encode(*turns, to=elsewhere).dropped == ("reasoning",)
