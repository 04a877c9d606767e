"""The official package's own types accept what we send, down to the last nested value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai.types.responses import response_create_params as official
from pydantic import TypeAdapter
from tests.dialects.openai_responses.building import body, message, output_text, whole

from fairlead.dialects.openai_responses import DIALECT, OpenAIResponsesOptions
from fairlead.types.messages import File, Image, Message, Refusal, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

TARGET = Target("openai", "gpt-5", "chat", DIALECT.name, "https://api.openai.com/v1/responses")
USER = Message.user("Hi")
ANSWER = whole(
    body(
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm"}]},
        message(output_text("I add."), status="completed", phase="commentary"),
        {"type": "function_call", "id": "fc", "call_id": "c", "name": "add", "arguments": "{}"},
    )
).message
PICTURE = Image(data=b"hi", media_type="image/png")

REQUESTS = {
    "plain": ChatRequest("m", (Message.system("Be brief."), USER), temperature=0.2, top_p=0.5),
    "developer": ChatRequest("m", (USER, Message.system("Be brief."), USER)),
    "parts": ChatRequest(
        "m",
        (
            Message.user(
                "Look",
                PICTURE,
                Image(url="https://a.invalid/i.png", detail="high"),
                File(data=b"hi", media_type="text/plain"),
                File(file_id="file-1"),
                File(url="https://a.invalid/a.pdf"),
            ),
        ),
    ),
    "tools": ChatRequest(
        "m",
        (
            USER,
            Message.assistant("I add.", ToolCall("c1", "add", '{"a":1}'), Refusal("No more.")),
            Message.tool(ToolResult("c1", "2")),
        ),
        tools=(
            Tool("add", "Adds.", {"type": "object"}),
            Tool("now"),
            ProviderTool(DIALECT.name, {"type": "web_search"}),
        ),
        tool_choice=NamedTool("add"),
        parallel_tool_calls=True,
    ),
    "round trip": ChatRequest("m", (USER, ANSWER, Message.tool(ToolResult("c", (PICTURE,))))),
    "settings": ChatRequest(
        "m",
        (USER,),
        output=OutputSchema({"type": "object"}, description="A shape.", strict=True),
        max_tokens=20,
        logprobs=True,
        top_logprobs=3,
        reasoning_effort="high",
        user="u",
        options=OpenAIResponsesOptions(
            store=False,
            include=("reasoning.encrypted_content",),
            previous_response_id="r",
            background=False,
            reasoning_summary="auto",
            reasoning_mode="standard",
            reasoning_context="auto",
            verbosity="low",
            truncation="auto",
            max_tool_calls=3,
            service_tier="flex",
            prompt_cache_key="k",
            prompt_cache_retention="24h",
            safety_identifier="s",
            metadata={"a": "b"},
            prompt={"id": "p"},
            context_management=({"type": "compaction", "compact_threshold": 1000},),
            include_obfuscation=False,
        ),
    ),
    "json": ChatRequest("m", (USER,), output="json", tool_choice="auto"),
}


def walked(value: Any) -> Iterator[Any]:
    """Every value within; the official types check their lists only while they are walked."""
    yield value
    if isinstance(value, dict):
        for inner in value.values():
            yield from walked(inner)
    elif not isinstance(value, str | bytes) and hasattr(value, "__iter__"):
        for inner in value:
            yield from walked(inner)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_official_types_accept_what_we_send(name: str, *, stream: bool) -> None:
    shape: Any = (
        official.ResponseCreateParamsStreaming
        if stream
        else official.ResponseCreateParamsNonStreaming
    )
    encoded = DIALECT.encode(REQUESTS[name], TARGET, stream=stream, unsupported="error")
    sent = json.loads(encoded.body)
    assert set(sent) <= set(shape.__annotations__)
    # The adapter must outlive the walk: its lists are checked while they are walked.
    adapter = TypeAdapter(shape)
    assert sum(1 for _ in walked(adapter.validate_python(sent))) > 4


def test_official_types_do_refuse_what_is_wrong() -> None:
    shape: Any = official.ResponseCreateParamsNonStreaming
    wrong = {"model": "m", "input": [{"type": "function_call", "name": "add"}]}
    adapter = TypeAdapter(shape)
    with pytest.raises(ValueError, match="call_id"):
        list(walked(adapter.validate_python(wrong)))
