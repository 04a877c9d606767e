"""Bedrock's token counts: the body of Converse without what counting does not take."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.dialects.operating import decoded

from fairlead.dialects.bedrock_converse import BedrockOptions
from fairlead.dialects.count_tokens.bedrock import DIALECT
from fairlead.errors import BadRequestError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import Tool

HI = (Message.system("Be brief."), Message.user("Hi"))
REQUEST = ChatRequest(
    "m",
    HI,
    tools=(Tool("now"),),
    max_tokens=5,
    temperature=0.5,
    stop=("a",),
    seed=1,
    options=BedrockOptions(latency="standard", additional={"x": 1}),
)


def asked(request: ChatRequest, host: str = "") -> Any:
    quirks = Quirks(anthropic_host=host)
    aim = Target("bedrock", "claude-sonnet-4-5", "count_tokens", "bedrock", "https://b/", quirks)
    return json.loads(DIALECT.encode(request, aim, unsupported="error").body)["input"]


def test_the_body_of_converse_is_counted_without_what_steers_the_answer() -> None:
    spec = {"name": "now", "inputSchema": {"json": {"type": "object", "properties": {}}}}
    assert asked(REQUEST) == {
        "converse": {
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
            "system": [{"text": "Be brief."}],
            "toolConfig": {"tools": [{"toolSpec": spec}]},
            "additionalModelRequestFields": {"x": 1},
        }
    }


def test_the_callers_own_fields_stay() -> None:
    assert asked(ChatRequest("m", HI, extra_body={"more": 1}))["converse"]["more"] == 1


def test_the_body_of_messages_is_counted_in_base64() -> None:
    sent = asked(ChatRequest("m", HI), "bedrock")["invokeModel"]["body"]
    inner = json.loads(base64.b64decode(sent))
    assert inner["anthropic_version"] == "bedrock-2023-05-31"
    assert inner["messages"] == [{"role": "user", "content": "Hi"}]


def test_the_count_is_read() -> None:
    assert decoded(DIALECT, {"inputTokens": 7}, REQUEST).tokens == 7
    with pytest.raises(DecodeError):
        decoded(DIALECT, {"inputTokens": -7}, REQUEST)


def test_refusals_are_those_of_aws() -> None:
    headers = Headers([("x-amzn-ErrorType", "ValidationException")])
    aim = Target("bedrock", "m", "count_tokens", "bedrock", "https://b/")
    error = DIALECT.decode_error(400, headers, b'{"message":"no"}', aim)
    assert type(error) is BadRequestError
