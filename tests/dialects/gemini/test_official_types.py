"""The official SDK's own request types accept what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types

from fairlead.dialects.gemini import DIALECT, GeminiOptions
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

URL = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash:generateContent"
TARGET = Target("gemini", "gemini-3-flash", "chat", DIALECT.name, URL)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather of a city", SCHEMA, strict=True)
ASK = (Message.user("How is it in Oslo?"),)
SIGNED = ProviderState(
    DIALECT.name, '{"functionCall":{"id":"abc"},"thoughtSignature":"c2lnbmF0dXJl"}'
)
CALL = Message.assistant(
    Reasoning("Hm", provider_state=ProviderState(DIALECT.name, '{"thought":true}')),
    Text(
        "I shall look.", provider_state=ProviderState(DIALECT.name, '{"thoughtSignature":"QQ=="}')
    ),
    ToolCall("abc", "get_weather", '{"city":"Oslo"}', provider_state=SIGNED),
    ToolCall("def", "get_weather", '{"city":"Rome"}'),
)
FOREIGN = Message.assistant(ToolCall("toolu_1", "get_weather", '{"city":"Oslo"}'))
PNG = Image(data=b"png", media_type="image/png", detail="low")

REQUESTS = {
    "one message": ChatRequest("m", ASK),
    "system": ChatRequest("m", (Message.system("Be brief."), *ASK)),
    "settings": ChatRequest(
        "m",
        ASK,
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        max_tokens=99,
        stop=("END",),
        seed=1,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=3,
    ),
    "tools": ChatRequest("m", ASK, tools=(WEATHER, Tool("now"))),
    "tool choice": ChatRequest("m", ASK, tools=(WEATHER,), tool_choice=NamedTool("get_weather")),
    "any tool": ChatRequest("m", ASK, tools=(WEATHER,), tool_choice="required"),
    "provider tools": ChatRequest(
        "m",
        ASK,
        tools=(
            ProviderTool(DIALECT.name, {"googleSearch": {}}),
            ProviderTool(DIALECT.name, {"codeExecution": {}}),
            WEATHER,
        ),
        options=GeminiOptions(tool_config={"includeServerSideToolInvocations": True}),
    ),
    "tool results": ChatRequest(
        "m",
        (
            *ASK,
            CALL,
            Message.tool(
                ToolResult("def", '{"degrees":20}'),
                ToolResult("abc", (Text("a map"), Image(data=b"png", media_type="image/png"))),
            ),
        ),
    ),
    "a failed call of another model": ChatRequest(
        "m", (*ASK, FOREIGN, Message.tool(ToolResult("toolu_1", "no such city", is_error=True)))
    ),
    "media": ChatRequest(
        "m",
        (
            Message.user(
                PNG,
                Image(url="https://example.org/a.png"),
                Image(url="gs://bucket/a.jpg"),
                File(url="https://www.youtube.com/watch?v=abc"),
                File(data=b"%PDF", media_type="application/pdf"),
                File(file_id="files/abc", media_type="text/csv"),
                Audio(b"wav", "audio/wav"),
            ),
        ),
    ),
    "schema": ChatRequest("m", ASK, output=OutputSchema(SCHEMA, description="Where")),
    "json": ChatRequest("m", ASK, output="json"),
    "effort": ChatRequest("m", ASK, reasoning_effort="low"),
    "options": ChatRequest(
        "m",
        ASK,
        options=GeminiOptions(
            thinking_level="minimal",
            include_thoughts=True,
            safety_settings={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"},
            cached_content="cachedContents/abc",
            candidate_count=2,
            response_modalities=("TEXT", "IMAGE"),
            media_resolution="high",
            speech_config={"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
            image_config={"aspectRatio": "16:9"},
            generation_config={"audioTimestamp": True},
            labels={"team": "a"},
            model_armor_config={"promptTemplateName": "p"},
            service_tier="flex",
            store=False,
        ),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_types_accept_the_body(name: str) -> None:
    encoded = DIALECT.encode(REQUESTS[name], TARGET, stream=False, unsupported="error")
    assert isinstance(encoded.body, bytes)
    check(json.loads(encoded.body))
    assert encoded.dropped == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"contents": [{"role": "user", "parts": [{"txt": "hi"}]}]},
        {"contents": [], "generationConfig": {"maxTokens": 1}},
        {"contents": [], "tools": [{"functions": []}]},
        {"contents": [], "toolConfig": {"mode": "AUTO"}},
    ],
)
def test_a_body_that_is_wrong_would_be_seen(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        check(wrong)


def check(body: dict[str, Any]) -> None:
    """Validated as JSON, which is how bytes are checked to be base64."""
    for content in body.pop("contents"):
        types.Content.model_validate_json(json.dumps(content))
    for tool in body.pop("tools", []):
        types.Tool.model_validate_json(json.dumps(tool))
    config = body.pop("generationConfig", {}) | body
    types.GenerateContentConfig.model_validate_json(json.dumps(config))
