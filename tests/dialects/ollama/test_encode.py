"""What `ollama` makes of requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.ollama.building import ASK, TARGET, body, encoded

from fairlead.dialects.cohere import CohereOptions
from fairlead.dialects.ollama import DIALECT, OllamaOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
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
from fairlead.types.tools import OutputSchema, Tool

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def test_it_is_always_said_whether_to_stream() -> None:
    asked = b'{"model":"llama","messages":[{"role":"user","content":"hi"}],"stream":'
    request = ChatRequest("m", ASK)

    assert encoded().body == asked + b"false}"
    stream = DIALECT.encode(request, TARGET, stream=True, unsupported="error")
    assert stream.body == asked + b"true}"
    assert (stream.headers, encoded().headers) == ((("accept", "application/x-ndjson"),), ())


def test_shared_options_are_model_options_here() -> None:
    options = OllamaOptions(num_ctx=8192, min_p=0.1, model_options={"draft_num_predict": 2})

    found = body(max_tokens=5, temperature=0.5, top_k=7, stop=("a",), seed=1, options=options)

    assert list(found["options"].items()) == [
        ("num_predict", 5),
        ("temperature", 0.5),
        ("top_k", 7),
        ("stop", ["a"]),
        ("seed", 1),
        ("num_ctx", 8192),
        ("min_p", 0.1),
        ("draft_num_predict", 2),
    ]


def test_own_options_stand_beside_the_model_options() -> None:
    options = OllamaOptions(keep_alive="5m", truncate=False, shift=True, think="high")

    assert list(body(options=options, logprobs=True, top_logprobs=2).items())[2:] == [
        ("think", "high"),
        ("keep_alive", "5m"),
        ("truncate", False),
        ("shift", True),
        ("logprobs", True),
        ("top_logprobs", 2),
        ("stream", False),
    ]
    with pytest.raises(InvalidRequest, match="takes OllamaOptions"):
        encoded(options=CohereOptions())


@pytest.mark.parametrize("name", ["num_predict", "num_ctx"])
def test_an_option_is_set_in_one_place(name: str) -> None:
    with pytest.raises(InvalidRequest, match=name):
        encoded(options=OllamaOptions(num_ctx=1, model_options={name: 2}))


@pytest.mark.parametrize(
    ("effort", "think", "warns"),
    [("none", False, False), ("high", "high", False), ("max", "max", False), ("xhigh", "high", 1)],
)
def test_an_effort_is_a_level_of_thinking(effort: Any, think: object, warns: bool) -> None:
    sent = encoded(reasoning_effort=effort)

    assert json.loads(sent.body)["think"] == think
    assert bool(sent.warnings) == warns
    with pytest.raises(InvalidRequest, match="not both"):
        encoded(reasoning_effort=effort, options=OllamaOptions(think=True))


def test_output_is_a_format() -> None:
    assert body(output="json")["format"] == "json"
    assert body(output=OutputSchema(SCHEMA))["format"] == SCHEMA


def test_there_is_no_choice_among_tools_but_none() -> None:
    tool = Tool("at", "The time", SCHEMA)
    assert body(tools=(tool,), tool_choice="auto")["tools"] == [
        {
            "type": "function",
            "function": {"name": "at", "description": "The time", "parameters": SCHEMA},
        }
    ]
    left = encoded(tools=(tool,), tool_choice="none")
    assert (b"tools" in left.body, len(left.dropped)) == (False, 1)
    with pytest.raises(UnsupportedFeature, match="forced"):
        encoded(tools=(tool,), tool_choice="required")
    with pytest.raises(UnsupportedFeature, match="strict"):
        encoded(tools=(Tool("at", strict=True),))
    with pytest.raises(InvalidRequest, match="needs tools"):
        encoded(tool_choice="auto")


@pytest.mark.parametrize(("name", "value"), [("user", "ann"), ("parallel_tool_calls", True)])
def test_what_the_protocol_lacks_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encoded(**{name: value})


def test_images_are_base64_beside_the_text() -> None:
    ask = Message.user(
        "See",
        Image(data=b"x", media_type="image/png"),
        "this",
        Image(url="data:image/png;base64,eQ=="),
    )

    assert body((ask,))["messages"] == [
        {"role": "user", "content": "See\nthis", "images": ["eA==", "eQ=="]}
    ]
    with pytest.raises(UnsupportedFeature, match="by URL"):
        encoded((Message.user(Image(url="https://a.example/i.png")),))


@pytest.mark.parametrize(
    "part", [File(data=b"x", media_type="text/plain"), Audio(b"x", "audio/wav")]
)
def test_other_media_are_refused(part: File | Audio) -> None:
    with pytest.raises(UnsupportedFeature, match="parts"):
        encoded((Message.user("See", part),))


def test_a_turn_goes_back_with_thinking_calls_and_results() -> None:
    thought = Reasoning("Hm.", provider_state=ProviderState("ollama", '{"field":"thinking"}'))
    said = Message.assistant(thought, "I look.", ToolCall("c1", "at", '{"b": 1, "a": 2}'))
    image = Image(data=b"x", media_type="image/png")
    results = Message.tool(ToolResult("c1", (Text("noon"), image)))

    sent = encoded((*ASK, said, results))

    assert json.loads(sent.body)["messages"][1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "thinking": "Hm.",
            "tool_calls": [{"id": "c1", "function": {"name": "at", "arguments": {"b": 1, "a": 2}}}],
        },
        {
            "role": "tool",
            "content": "noon",
            "images": ["eA=="],
            "tool_name": "at",
            "tool_call_id": "c1",
        },
    ]
    assert b'{"b": 1, "a": 2}' in sent.body
    assert sent.dropped == ()


def test_arguments_that_are_no_object_are_sent_as_one_and_listed() -> None:
    sent = encoded((*ASK, Message.assistant(ToolCall("c1", "at", "[1"))))

    call = json.loads(sent.body)["messages"][1]["tool_calls"][0]
    assert call["function"]["arguments"] == {"arguments": "[1"}
    assert "no object" in sent.dropped[0]


def test_another_models_reasoning_is_left_out_and_listed() -> None:
    sent = encoded((*ASK, Message.assistant(Reasoning("Hm."), "Yes")))

    assert b"Hm." not in sent.body
    assert sent.dropped == ("reasoning of another model",)
