"""The official SDK's own request type accepts what is sent, and says the same again."""

from __future__ import annotations

import json

import pytest
from tests.dialects.ollama.building import ASK, TARGET

from fairlead.dialects.completion import ollama_generate
from fairlead.dialects.ollama import DIALECT, OllamaOptions
from fairlead.types.messages import Image, Message, ToolCall, ToolResult
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import OutputSchema, Tool

types = pytest.importorskip("ollama._types", reason="the ollama package is missing")

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALL = Message.assistant("I look.", ToolCall("c1", "at", '{"city":"Oslo"}'))
PNG = Image(data=b"\x89PNG\r\n", media_type="image/png")

REQUESTS = {
    "one message": ChatRequest("m", ASK),
    "settings": ChatRequest(
        "m", ASK, max_tokens=5, temperature=0.5, stop=("a",), logprobs=True, top_logprobs=2
    ),
    "tools": ChatRequest("m", ASK, tools=(Tool("at", "The time", SCHEMA), Tool("now"))),
    "tool result": ChatRequest("m", (*ASK, CALL, Message.tool(ToolResult("c1", "noon")))),
    "image": ChatRequest("m", (Message.user("See", PNG),)),
    "schema": ChatRequest("m", ASK, output=OutputSchema(SCHEMA)),
    "json": ChatRequest("m", ASK, output="json"),
    "effort": ChatRequest("m", ASK, reasoning_effort="low"),
    "options": ChatRequest("m", ASK, options=OllamaOptions(num_ctx=1, keep_alive=-1, think=True)),
}
SAID_SINCE = {"tool_call_id", "id"}
"""Fields that newer servers read, and the SDK's types do not name."""


@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_type_accepts_the_body(name: str) -> None:
    sent = DIALECT.encode(REQUESTS[name], TARGET, stream=False, unsupported="error")
    assert sent.dropped == ()
    body = json.loads(sent.body)
    types.ChatRequest.model_validate(body)
    assert body.keys() <= types.ChatRequest.model_fields.keys()
    for message in body["messages"]:
        images = [types.Image(value=image) for image in message.get("images", ())]
        read = types.Message.model_validate(message | ({"images": images} if images else {}))
        assert message.keys() - SAID_SINCE <= types.Message.model_fields.keys()
        assert read.model_dump(include={"images"})["images"] == message.get("images")


@pytest.mark.parametrize("suffix", [None, "return x"])
def test_the_official_type_accepts_a_completion(suffix: str | None) -> None:
    request = CompletionRequest(model="m", prompt="def f(", suffix=suffix, max_tokens=5)
    sent = ollama_generate.DIALECT.encode(request, TARGET, stream=True, unsupported="error")

    body = json.loads(sent.body)

    assert body.keys() <= types.GenerateRequest.model_fields.keys()
    types.GenerateRequest.model_validate(body)


def test_a_body_that_is_wrong_would_be_seen() -> None:
    with pytest.raises(ValueError, match="messages"):
        types.ChatRequest.model_validate({"model": "m", "messages": [{"content": 5}, 7]})
