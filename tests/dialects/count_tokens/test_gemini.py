"""Google's token counts: what `generateContent` would be sent, whole or in part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.dialects.count_tokens.gemini import DIALECT
from fairlead.dialects.gemini import GeminiOptions
from fairlead.errors import DecodeError, NotFoundError
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

API = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:countTokens"
VERTEX = (
    "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/"
    "gemini-2.5-flash:countTokens"
)
ASK = ChatRequest(
    "m",
    (Message.system("Be brief."), Message.user("hi")),
    tools=(Tool("now"),),
    tool_choice="auto",
    temperature=0.5,
    user="ann",
    options=GeminiOptions(safety_settings={"a": "b"}),
)


def body(url: str, request: ChatRequest = ASK) -> Any:
    sent = DIALECT.encode(request, target(url), unsupported="error").body
    assert isinstance(sent, bytes)
    return json.loads(sent)


def target(url: str = API) -> Target:
    return Target("gemini", "gemini-2.5-flash", "count_tokens", "gemini", url)


def test_the_gemini_api_takes_the_whole_request() -> None:
    assert body(API) == {
        "generateContentRequest": {
            "model": "models/gemini-2.5-flash",
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "tools": [{"functionDeclarations": [{"name": "now"}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "safetySettings": [{"category": "a", "threshold": "b"}],
        }
    }


def test_vertex_takes_what_is_read_of_it() -> None:
    assert body(VERTEX).keys() == {"systemInstruction", "contents", "tools"}
    more = ChatRequest("m", (Message.user("hi"),), extra_body={"newField": 1})
    assert body(VERTEX, more).keys() == {"contents", "newField"}


def test_the_total_is_the_count() -> None:
    assert DIALECT.decode(b'{"totalTokens": 12}', ASK, target()).tokens == 12
    for sent in (b"{}", b'{"totalTokens": "x"}', b"[]"):
        with pytest.raises(DecodeError):
            DIALECT.decode(sent, ASK, target())


def test_a_refusal_is_an_error() -> None:
    error = DIALECT.decode_error(404, Headers(()), b'{"error":{"message":"no"}}', target())

    assert isinstance(error, NotFoundError)
