"""The official client's own types accept what we send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import completion_create_params as params
from pydantic import TypeAdapter
from tests.dialects.openai_chat.asking import HI, encoded

from fairlead.dialects.openai_chat import OpenAIChatOptions
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    ProviderState,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks
from fairlead.types.tools import NamedTool, OutputSchema, Tool

ADD = Tool("add", "Adds.", {"type": "object", "properties": {}}, strict=True)
OPENAI = Quirks(max_tokens="max_completion_tokens", system_role="developer", unsupported=("top_k",))

REQUESTS = {
    "plain": ChatRequest("m", HI),
    "options": ChatRequest(
        "m",
        HI,
        temperature=0.5,
        top_p=0.9,
        max_tokens=5,
        stop=("a", "b"),
        seed=1,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        logprobs=True,
        top_logprobs=2,
        reasoning_effort="low",
        user="u",
    ),
    "tools": ChatRequest(
        "m", HI, tools=(ADD,), tool_choice=NamedTool("add"), parallel_tool_calls=False
    ),
    "schema": ChatRequest("m", HI, output=OutputSchema({"type": "object"}, strict=True)),
    "json": ChatRequest("m", HI, output="json"),
    "parts": ChatRequest(
        "m",
        (
            Message.system("a"),
            Message.user(
                "b",
                Image(url="https://a", detail="low"),
                Image(data=b"x", media_type="image/png"),
                Audio(b"x", "audio/wav"),
                File(data=b"x", media_type="application/pdf", name="a.pdf"),
                File(file_id="f"),
            ),
        ),
    ),
    "turns": ChatRequest(
        "m",
        (
            Message.user("a"),
            Message.assistant("b", ToolCall("a", "f", "{}")),
            Message.tool(ToolResult("a", (Text("c"), Text("d")))),
            Message.assistant(Refusal("no")),
            Message.assistant(
                ToolCall(
                    "c",
                    "run",
                    '{"input":"ls"}',
                    provider_state=ProviderState("openai_chat", '{"type":"custom"}'),
                )
            ),
            Message.tool(ToolResult("c", "x")),
            Message.assistant(
                Audio(b"", "audio/wav", provider_state=ProviderState("openai_chat", '{"id":"x"}'))
            ),
            Message("user", (Text("e"),), name="Ada"),
        ),
    ),
    "own options": ChatRequest(
        "m",
        HI,
        options=OpenAIChatOptions(
            n=2,
            verbosity="low",
            service_tier="flex",
            prompt_cache_key="k",
            safety_identifier="s",
            logit_bias={"1": 5},
            metadata={"a": "b"},
            store=True,
            modalities=("text", "audio"),
            audio={"voice": "alloy", "format": "mp3"},
            prediction={"type": "content", "content": "x"},
            web_search_options={"search_context_size": "low"},
        ),
    ),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_types_accept_it(name: str, stream: bool) -> None:
    kind: Any = (
        params.CompletionCreateParamsStreaming
        if stream
        else params.CompletionCreateParamsNonStreaming
    )
    sent = json.loads(encoded(REQUESTS[name], OPENAI, stream=stream).body)
    adapter: Any = TypeAdapter(kind)
    validated = adapter.validate_python(sent)
    for message in validated["messages"]:  # arrays are checked only as they are read
        for value in message.values():
            if not isinstance(value, str | dict | None):
                list(value)
    assert set(sent) <= set(kind.__required_keys__ | kind.__optional_keys__)


def test_the_official_types_refuse_what_is_wrong() -> None:
    sent = json.loads(encoded(REQUESTS["plain"], OPENAI).body)
    sent["messages"][0]["role"] = "nobody"
    kind: Any = params.CompletionCreateParamsNonStreaming
    adapter: Any = TypeAdapter(kind)
    with pytest.raises(ValueError, match="role"):
        list(adapter.validate_python(sent)["messages"])
