"""Requests that carry the beginning of their answer."""

from __future__ import annotations

import json

import pytest

from fairlead.dialects.openai_chat.encode import encode
from fairlead.dialects.openai_chat.options import OpenAIChatOptions
from fairlead.dialects.prefill import hindrance, prefilled, repeats, takes_prefill
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.messages import Document, Message, ToolCall
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

ASK = ChatRequest("m", (Message.user("Hi"),))


def target(prefill: str, model: str = "m", dialect: str = "openai_chat") -> Target:
    return Target("p", model, "chat", dialect, "https://p/v1", Quirks(prefill=prefill))


def body(request: ChatRequest, prefill: str) -> dict[str, object]:
    encoded = encode(request, target(prefill), stream=True, unsupported="error")
    found: dict[str, object] = json.loads(encoded.body)
    return found


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        ("claude-sonnet-4-5-20250929", True),
        ("claude-3-opus-latest", True),
        ("claude-opus-4-6", False),
        ("claude-sonnet-5", False),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("amazon.nova-pro-v1:0", False),
    ],
)
def test_only_older_models_of_the_family_take_it(model, takes) -> None:
    assert takes_prefill(target("claude", model, "bedrock_converse")) is takes
    assert takes_prefill(target("claude", model, "anthropic_messages")) is takes


def test_a_flag_of_one_protocol_says_nothing_of_another() -> None:
    assert takes_prefill(target("partial"))
    assert not takes_prefill(target("partial", dialect="openai_responses"))
    assert not takes_prefill(target(""))


@pytest.mark.parametrize("flag", ["prefix", "partial"])
def test_the_last_message_carries_the_flag(flag) -> None:
    messages = body(prefilled(ASK, "So "), flag)["messages"]
    assert messages == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "So", flag: True},
    ]


def test_the_body_carries_the_flags_where_they_stand_there() -> None:
    found = body(prefilled(ASK, "So"), "continue_final_message")
    assert found["continue_final_message"] is True
    assert found["add_generation_prompt"] is False


def test_other_requests_carry_no_flag() -> None:
    call = Message.assistant(ToolCall("c", "look"))
    for request in (ASK, ChatRequest("m", (*ASK.messages, call))):
        for how in ("prefix", "partial", "continue_final_message"):
            text = json.dumps(body(request, how))
            assert how not in text


def test_the_bound_is_lowered_and_never_to_nothing() -> None:
    request = ChatRequest("m", ASK.messages, max_tokens=10)
    assert prefilled(request, "x" * 20).max_tokens == 5
    assert prefilled(request, "x" * 400).max_tokens == 1
    assert prefilled(ASK, "x" * 20).max_tokens is None


def test_nothing_but_blanks_is_no_beginning() -> None:
    assert prefilled(ASK, " \n").messages == ASK.messages


@pytest.mark.parametrize(
    "more",
    [
        {"output": "json"},
        {"reasoning_effort": "high"},
        {"logprobs": True},
        {"documents": (Document("a"),)},
        {"options": OpenAIChatOptions(n=2)},
        {"extra_body": {"n": 3}},
    ],
)
def test_what_is_more_than_text_is_not_continued(more) -> None:
    assert hindrance(ChatRequest("m", ASK.messages, **more))


def test_plain_requests_are() -> None:
    assert not hindrance(ChatRequest("m", ASK.messages, reasoning_effort="none", temperature=1))


@pytest.mark.parametrize(
    ("model", "takes", "again"),
    [
        ("mistral/mistral-large-latest", True, True),
        ("moonshot/kimi-k2", True, False),
        ("qianwen/qwen-plus", True, False),
        ("llamacpp/any", True, False),
        ("vllm/any", True, False),
        ("local/smollm2", True, False),
        ("anthropic/claude-haiku-4-5", True, False),
        ("openai/gpt-5", False, False),
        ("deepseek/deepseek-chat", False, False),
    ],
)
def test_the_providers_that_take_it_say_so(model, takes, again) -> None:
    found = Registry(Settings()).resolve(model).target
    assert (takes_prefill(found), repeats(found)) == (takes, again)
