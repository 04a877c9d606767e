"""The official SDK's own request types accept what is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from anthropic.types.beta.message_create_params import (
    MessageCreateParamsNonStreaming as BetaParams,
)
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from pydantic import TypeAdapter

from fairlead.dialects.anthropic_messages import DIALECT, AnthropicOptions
from fairlead.types.messages import File, Image, Message, Text, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather of a city", SCHEMA, strict=True)
ASK = (Message.user("How is it in Oslo?"),)
CALL = Message.assistant("I shall look.", ToolCall("toolu_1", "get_weather", '{"city":"Oslo"}'))
TARGET = Target("anthropic", "claude-opus-5", "chat", DIALECT.name, "https://api.anthropic.com")

REQUESTS = {
    "one message": ChatRequest("m", ASK),
    "settings": ChatRequest("m", ASK, max_tokens=99, stop=("END",), user="u1"),
    "system": ChatRequest("m", (Message.system("Be brief."), *ASK)),
    "system inside": ChatRequest("m", (*ASK, Message.system("Be brief."))),
    "tools": ChatRequest("m", ASK, tools=(WEATHER, Tool("now"))),
    "tool choice": ChatRequest(
        "m", ASK, tools=(WEATHER,), tool_choice=NamedTool("get_weather"), parallel_tool_calls=False
    ),
    "any tool": ChatRequest("m", ASK, tools=(WEATHER,), tool_choice="required"),
    "provider tool": ChatRequest(
        "m",
        ASK,
        tools=(ProviderTool(DIALECT.name, {"type": "web_search_20250305", "name": "web_search"}),),
    ),
    "tool result": ChatRequest(
        "m", (*ASK, CALL, Message.tool(ToolResult("toolu_1", "7 degrees")), *ASK)
    ),
    "tool result parts": ChatRequest(
        "m",
        (
            *ASK,
            CALL,
            Message.tool(
                ToolResult(
                    "toolu_1", (Text("a map"), Image(data=b"png", media_type="image/png")), True
                )
            ),
        ),
    ),
    "images": ChatRequest(
        "m",
        (
            Message.user(
                Image(url="https://example.org/a.png"),
                Image(data=b"png", media_type="image/png"),
                Image(file_id="file_1"),
            ),
        ),
    ),
    "documents": ChatRequest(
        "m",
        (
            Message.user(
                File(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
                File(data=b"plain", media_type="text/plain"),
                File(url="https://example.org/a.pdf"),
                File(file_id="file_1"),
            ),
        ),
        options=AnthropicOptions(citations=True),
    ),
    "schema": ChatRequest("m", ASK, output=OutputSchema(SCHEMA, description="Where")),
    "effort": ChatRequest("m", ASK, reasoning_effort="xhigh"),
    "no thinking": ChatRequest("m", ASK, reasoning_effort="none"),
    "options": ChatRequest(
        "m",
        ASK,
        options=AnthropicOptions(
            thinking={"type": "adaptive", "display": "summarized"},
            effort="high",
            cache="1h",
            metadata={"user_id": "u"},
            service_tier="auto",
            inference_geo="us",
            speed="fast",
        ),
    ),
}
BETA_ONLY = {
    "container": ChatRequest("m", ASK, options=AnthropicOptions(container="container_1")),
    "mcp": ChatRequest(
        "m",
        ASK,
        options=AnthropicOptions(
            mcp_servers=({"type": "url", "name": "wiki", "url": "https://example.org/mcp"},)
        ),
    ),
    "context management": ChatRequest(
        "m",
        ASK,
        options=AnthropicOptions(
            context_management={"edits": [{"type": "clear_tool_uses_20250919"}]}
        ),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_types_accept_the_body(name: str) -> None:
    check(REQUESTS[name], MessageCreateParamsNonStreaming)
    check(REQUESTS[name], BetaParams)


@pytest.mark.parametrize("name", BETA_ONLY)
def test_the_official_beta_types_accept_the_body(name: str) -> None:
    check(BETA_ONLY[name], BetaParams)


def test_a_body_that_is_wrong_would_be_seen() -> None:
    wrong = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"a": 1}]}]}
    with pytest.raises(ValueError, match="content"):
        exhaust(adapter(MessageCreateParamsNonStreaming).validate_python(wrong))


def check(request: ChatRequest, params: Any) -> None:
    encoded = DIALECT.encode(request, TARGET, stream=False, unsupported="error")
    body = json.loads(encoded.body)
    assert body.keys() <= params.__annotations__.keys()
    assert encoded.dropped == ()
    exhaust(adapter(params).validate_python(body))


@cache
def adapter(params: Any) -> TypeAdapter[Any]:
    """Kept: pydantic's lazy iterators outlive nothing that made them."""
    return TypeAdapter(params)


def exhaust(value: object) -> None:
    """Pydantic checks an iterable's items only when they are read."""
    if isinstance(value, dict):
        for item in value.values():
            exhaust(item)
    elif isinstance(value, list | tuple) or (
        isinstance(value, Iterator) or type(value).__name__ == "ValidatorIterator"
    ):
        for item in value:  # type: ignore[union-attr]
            exhaust(item)
