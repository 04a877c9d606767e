"""Bodies against AWS's own model of the service, as its client library checks them."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator
from tests.dialects.bedrock_converse.asking import ASK, TOOL, encoded, own, target
from tests.dialects.bedrock_converse.building import answered

from fairlead.dialects.bedrock_converse import BedrockOptions
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    Opaque,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

PNG = Image(data=b"x", media_type="image/png")
DOCUMENT = File(data=b"x", media_type="application/pdf", name="a.pdf")
THOUGHT = own('{"reasoningContent":{"reasoningText":{"text":"hm","signature":"Zm9v"}}}')
REDACTED = own('{"reasoningContent":{"redactedContent":"Zm9v"}}')
POINT = Opaque("cachePoint", own('{"cachePoint":{"type":"default","ttl":"1h"}}'))
GUARDED = Opaque("guardContent", own('{"guardContent":{"text":{"text":"secret"}}}'))
CITED = {
    "citationsContent": {
        "content": [{"text": "a"}],
        "citations": [{"title": "t", "location": {"web": {"url": "https://a.example/"}}}],
    }
}
CALL = Message.assistant(
    Reasoning("hm", provider_state=THOUGHT),
    Reasoning("", redacted=True, provider_state=REDACTED),
    Text("I add."),
    ToolCall("call 1/x", "add", '{"a":[1,{"b":null}]}'),
    ToolCall("t2", "add"),
)
RESULTS = Message.tool(
    ToolResult("call 1/x", (Text("see"), PNG, DOCUMENT)), ToolResult("t2", "bad", is_error=True)
)

REQUESTS: dict[str, dict[str, Any]] = {
    "least": {},
    "media": {
        "messages": (
            Message.user(
                "look",
                PNG,
                Image(url="s3://bucket/a.png"),
                DOCUMENT,
                Audio(b"x", "audio/mpeg"),
                File(data=b"x", media_type="video/mp4"),
                POINT,
                GUARDED,
            ),
        ),
        "options": BedrockOptions(citations=True, cache="1h"),
    },
    "tools": {
        "messages": (Message.system("Be brief."), *ASK, CALL, RESULTS),
        "tools": (
            TOOL,
            Tool("add", "Adds.", {"type": "object"}, strict=True),
            ProviderTool("bedrock_converse", {"systemTool": {"name": "nova_grounding"}}),
            ProviderTool("bedrock_converse", {"cachePoint": {"type": "default"}}),
        ),
        "tool_choice": NamedTool("add"),
    },
    "forced": {"tools": (TOOL,), "tool_choice": "required"},
    "undeclared": {"messages": (*ASK, CALL, RESULTS)},
    "settings": {
        "temperature": 1.0,
        "top_p": 0.95,
        "stop": ("a", "b"),
        "output": OutputSchema({"type": "object"}, description="A thing."),
        "reasoning_effort": "low",
        "options": BedrockOptions(
            additional={"x": [1]},
            additional_response=("/a",),
            guardrail={"guardrailIdentifier": "g", "guardrailVersion": "DRAFT", "trace": "enabled"},
            latency="standard",
            service_tier="flex",
            request_metadata={"a": "b"},
            prompt_variables={"a": "b"},
        ),
        "max_tokens": 4000,
    },
}


@cache
def service() -> ServiceModel:
    description = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(description, "bedrock-runtime")


def problems(body: bytes) -> str:
    shape = service().operation_model("Converse").input_shape
    assert shape is not None
    given = unpacked(json.loads(body) | {"modelId": "m"}, shape)
    return str(ParamValidator().validate(given, shape).generate_report())


def unpacked(value: Any, shape: Shape) -> Any:
    """The value as the library takes it: blobs are bytes, where JSON has base64."""
    kind = shape.type_name
    if kind == "blob":
        return base64.b64decode(value, validate=True)
    if kind == "structure" and not getattr(shape, "is_document_type", False):
        members: Any = shape.members
        return {n: unpacked(v, members[n]) if n in members else v for n, v in value.items()}
    if kind == "list":
        return [unpacked(item, shape.member) for item in value]
    if kind == "map":
        return {n: unpacked(v, shape.value) for n, v in value.items()}
    return value


@pytest.mark.parametrize("name", REQUESTS)
def test_the_library_finds_nothing_wrong_with_a_body(name: str) -> None:
    given = dict(REQUESTS[name])
    sent = encoded(given.pop("messages", ASK), to=target(), **given)
    assert problems(bytes(sent.body)) == ""


def test_the_library_finds_nothing_wrong_with_an_answer_that_goes_back() -> None:
    run = answered(CITED, {"text": "b"}, {"toolUse": {"toolUseId": "t", "name": "n", "input": {}}})
    assert run.response is not None
    assert problems(bytes(encoded((*ASK, run.response.message)).body)) == ""


def test_the_library_would_find_what_is_wrong() -> None:
    wrong = b'{"messages":[{"role":"user","content":[{"text":1,"image":{}}]}],"extra":1}'
    assert "Unknown parameter" in problems(wrong)
    assert "Invalid type" in problems(wrong)
