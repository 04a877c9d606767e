"""Mistral's own library takes what is sent to Mistral: its models are strict about every field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mistralai.client import models
from pydantic import ValidationError

from fairlead.dialects.registry import (
    completion_dialect_named,
    dialect_named,
    operation_named,
)
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.messages import Image, Message, Reasoning, Text, ToolCall, ToolResult
from fairlead.types.operations import CompletionRequest, EmbeddingRequest, SpeechRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, Tool

WEATHER = Tool("weather", "The weather.", {"type": "object", "properties": {}}, strict=True)
ASKED = ToolCall("abcdefghi", "weather", '{"city":"Oslo"}')
CONVERSATION = (
    Message.system("Be brief."),
    Message.user("What is this?", Image(url="https://example.org/x.png")),
    Message.assistant(Text("Let me see."), ASKED),
    Message.tool(ToolResult("abcdefghi", "rain")),
    Message.user("Thanks"),
)
REQUESTS = {
    "a prompt": ChatRequest("m", (Message.user("Hi"),)),
    "a conversation with tools": ChatRequest("m", CONVERSATION, tools=(WEATHER,)),
    "a forced tool": ChatRequest(
        "m", (Message.user("Hi"),), tools=(WEATHER,), tool_choice=NamedTool("weather")
    ),
    "some tool": ChatRequest("m", (Message.user("Hi"),), tools=(WEATHER,), tool_choice="required"),
    "every sampling option": ChatRequest(
        "m",
        (Message.user("Hi"),),
        temperature=0.2,
        top_p=0.9,
        max_tokens=9,
        stop=("a", "b"),
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        parallel_tool_calls=False,
    ),
    "a schema": ChatRequest(
        "m",
        (Message.user("Hi"),),
        output=OutputSchema({"type": "object", "properties": {}}, "answer", strict=True),
    ),
    "any JSON": ChatRequest("m", (Message.user("Hi"),), output="json"),
    "thoughts of before": ChatRequest(
        "m",
        (Message.user("Hi"), Message.assistant(Reasoning("Hm."), "Hello"), Message.user("Go on")),
    ),
}


def target(operation: str) -> Target:
    return Registry(Settings(), environ={}).resolve("mistral/m", operation=operation).target


def accepted(body: Any, kind: Any) -> dict[str, Any]:
    """The body as Mistral's library writes it after reading it; all that was sent must be there."""
    sent = json.loads(body)
    read = kind.model_validate(sent)
    assert sent.keys() <= kind.model_fields.keys() | {
        field.alias for field in kind.model_fields.values()
    }
    written: dict[str, Any] = json.loads(read.model_dump_json(by_alias=True, exclude_none=True))
    return {"sent": sent, "written": written}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", REQUESTS)
def test_chat_requests_are_read_back_as_they_were_sent(name: str, stream: bool) -> None:
    encoded = dialect_named("openai_chat").encode(
        REQUESTS[name], target("chat"), stream=stream, unsupported="error"
    )
    kind = models.ChatCompletionStreamRequest if stream else models.ChatCompletionRequest
    both = accepted(encoded.body, kind)
    for field in ("model", "temperature", "max_tokens", "random_seed", "stop", "stream"):
        assert both["written"].get(field) == both["sent"].get(field, both["written"].get(field))
    assert [m["role"] for m in both["written"]["messages"]] == [
        m["role"] for m in both["sent"]["messages"]
    ]


def test_completions_with_a_gap_are_accepted() -> None:
    asked = CompletionRequest(
        model="m", prompt="def f(", suffix="return 1", max_tokens=9, stop=("\n",), seed=3
    )
    encoded = completion_dialect_named("mistral_fim").encode(
        asked, target("completion"), stream=False, unsupported="error"
    )
    assert accepted(encoded.body, models.FIMCompletionRequest)["written"]["suffix"] == "return 1"


def test_embeddings_of_a_chosen_length_are_accepted() -> None:
    asked = EmbeddingRequest(model="m", inputs=("a", "b"), dimensions=256)
    encoded = operation_named("embeddings", "openai").encode(
        asked, target("embeddings"), unsupported="error"
    )
    written = accepted(encoded.body, models.EmbeddingRequest)["written"]
    assert (written["output_dimension"], written["input"]) == (256, ["a", "b"])


def test_speech_is_accepted() -> None:
    asked = SpeechRequest(model="m", text="Hi", voice="v", format="mp3")
    encoded = operation_named("speech", "mistral").encode(
        asked, target("speech"), unsupported="error"
    )
    assert accepted(encoded.body, models.SpeechRequest)["written"]["input"] == "Hi"


def test_a_body_that_is_none_is_refused_by_the_same_models() -> None:
    with pytest.raises(ValidationError):
        models.ChatCompletionRequest.model_validate({"model": "m", "messages": [{"role": "x"}]})
