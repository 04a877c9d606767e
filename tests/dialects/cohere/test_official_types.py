"""The official SDK's own request types accept what is sent.

They take whatever comes unless they are asked to be strict, so each message is checked by the type
that its role names, and must hold no field that the type does not.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter
from tests.dialects.cohere.building import ASK, TARGET

from fairlead.dialects.cohere import DIALECT, CohereOptions
from fairlead.types.messages import (
    Citation,
    Document,
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
from fairlead.types.tools import OutputSchema, Tool

cohere = pytest.importorskip("cohere.types", reason="the cohere package is missing")
client = pytest.importorskip("cohere.v2.client", reason="the cohere package is missing")

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CITED = '{"start":0,"end":1,"text":"I","sources":[{"type":"document","id":"a"}]}'
CALL = Message.assistant(
    Reasoning("Hm.", provider_state=ProviderState("cohere", '{"field":"thinking"}')),
    Reasoning("I plan.", provider_state=ProviderState("cohere", '{"field":"tool_plan"}')),
    Text("I look.", (Citation(provider_state=ProviderState("cohere", CITED)),)),
    ToolCall("c1", "at", '{"city":"Oslo"}'),
)
FILE = File(data=b"x", media_type="text/plain", name="f")

REQUESTS = {
    "one message": ChatRequest("m", ASK),
    "settings": ChatRequest(
        "m", (Message.system("Be brief."), *ASK), max_tokens=5, top_k=3, top_p=0.5, stop=("a",)
    ),
    "tools": ChatRequest("m", ASK, tools=(Tool("at", "x", SCHEMA),), tool_choice="required"),
    "documents": ChatRequest("m", ASK, documents=(Document("Green.", "a", "Sky"), Document("b"))),
    "turn": ChatRequest(
        "m", (*ASK, CALL, Message.tool(ToolResult("c1", (Text("noon"), FILE)))), tools=(Tool("at"),)
    ),
    "image": ChatRequest("m", (Message.user("See", Image(url="https://a.example/i.png")),)),
    "schema": ChatRequest("m", ASK, output=OutputSchema(SCHEMA)),
    "options": ChatRequest(
        "m",
        ASK,
        reasoning_effort="low",
        options=CohereOptions(citation_mode="FAST", safety_mode="OFF", priority=1),
    ),
}
MESSAGES = {
    "user": cohere.UserChatMessageV2,
    "assistant": cohere.AssistantChatMessageV2,
    "system": cohere.SystemChatMessageV2,
    "tool": cohere.ToolChatMessageV2,
}
FIELDS: dict[str, Any] = {
    "tools": list[cohere.ToolV2],
    "documents": list[cohere.Document],
    "citation_options": cohere.CitationOptions,
    "thinking": cohere.Thinking,
    "response_format": cohere.JsonObjectResponseFormatV2,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_official_types_accept_the_body(name: str) -> None:
    sent = DIALECT.encode(REQUESTS[name], TARGET, stream=False, unsupported="error")
    assert sent.dropped == ()
    body = json.loads(sent.body)
    assert body.keys() <= inspect.signature(client.V2Client.chat).parameters.keys()
    for message in body["messages"]:
        known(TypeAdapter(MESSAGES[message["role"]]).validate_python(message))
    for field, kind in FIELDS.items():
        if field in body:
            known(TypeAdapter(kind).validate_python(body[field]))


def test_a_body_that_is_wrong_would_be_seen() -> None:
    wrong = {"role": "user", "content": "x", "novel": 1}
    with pytest.raises(AssertionError, match="novel"):
        known(TypeAdapter(MESSAGES["user"]).validate_python(wrong))
    with pytest.raises(ValueError, match="tool_call_id"):
        TypeAdapter(MESSAGES["tool"]).validate_python({"role": "tool", "content": "x"})


def known(value: object) -> None:
    """No model in `value` has kept a field that it does not name."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, value.model_extra
        for name in type(value).model_fields:
            known(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            known(item)
