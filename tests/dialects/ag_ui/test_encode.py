"""What `ag_ui` makes of requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.ag_ui.building import ASK, MINE, TARGET, body, calls, encoded, event, streamed

from fairlead.dialects.ag_ui import DIALECT, AgUiOptions
from fairlead.dialects.cohere import CohereOptions
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
from fairlead.types.tools import Tool


def test_what_every_server_requires_is_there_and_equal_requests_are_equal() -> None:
    found = body()

    assert list(found) == [
        "threadId",
        "runId",
        "protocolVersion",
        "state",
        "messages",
        "tools",
        "context",
        "forwardedProps",
    ]
    assert (found["state"], found["tools"], found["context"]) == ({}, [], [])
    assert encoded().body == encoded().body
    other = body((Message.user("ho"),))
    assert found["threadId"] != other["threadId"]
    assert len({found["threadId"], found["runId"], found["messages"][0]["id"]}) == 3


def test_an_answer_is_asked_for_as_a_stream_either_way() -> None:
    request = ChatRequest("m", ASK)
    stream = DIALECT.encode(request, TARGET, stream=True, unsupported="error")

    assert stream == encoded()
    assert stream.headers == (("accept", "text/event-stream"),)


def test_options_name_the_run_and_what_goes_with_it() -> None:
    options = AgUiOptions(
        thread_id="t",
        run_id="r",
        parent_run_id="p",
        state=[1],
        context=({"description": "page", "value": "home"},),
        forwarded_props={"a": 1},
        resume=({"interruptId": "i", "status": "cancelled"},),
        protocol_version=None,
    )

    found = body(options=options)

    del found["messages"]
    assert found == {
        "threadId": "t",
        "runId": "r",
        "parentRunId": "p",
        "state": [1],
        "tools": [],
        "context": [{"description": "page", "value": "home"}],
        "forwardedProps": {"a": 1},
        "resume": [{"interruptId": "i", "status": "cancelled"}],
    }
    with pytest.raises(InvalidRequest, match="takes AgUiOptions"):
        encoded(options=CohereOptions())


def test_tools_are_those_of_the_caller() -> None:
    described = Tool("at", "The time", {"type": "object"})
    assert body(tools=(MINE, described))["tools"] == [
        {
            "name": "mine",
            "description": "",
            "parameters": {"type": "object", "properties": {}},
        },
        {"name": "at", "description": "The time", "parameters": {"type": "object"}},
    ]
    with pytest.raises(UnsupportedFeature, match="tool choice"):
        encoded(tools=(MINE,), tool_choice="required")


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("max_tokens", 1)])
def test_what_is_the_agents_own_matter_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encoded(**{name: value})


def test_media_go_by_their_source() -> None:
    ask = Message.user(
        "See",
        Image(url="https://a.example/i.png"),
        Audio(b"x", "audio/wav"),
        File(data=b"x", media_type="application/pdf", name="a.pdf"),
        File(data=b"x", media_type="video/mp4"),
        File(file_id="f1"),
    )

    parts = body((ask,))["messages"][0]["content"]

    data = {"type": "data", "value": "eA=="}
    assert parts[1:] == [
        {"type": "image", "source": {"type": "url", "value": "https://a.example/i.png"}},
        {"type": "audio", "source": data | {"mimeType": "audio/wav"}},
        {
            "type": "document",
            "source": data | {"mimeType": "application/pdf"},
            "metadata": {"filename": "a.pdf"},
        },
        {"type": "video", "source": data | {"mimeType": "video/mp4"}},
        {"type": "document", "source": {"type": "file", "value": "f1"}},
    ]


def test_a_run_goes_back_as_the_messages_that_it_was() -> None:
    answer = streamed(
        event("TEXT_MESSAGE_START", messageId="m0", name="Ann", subagentRunId="s1"),
        event("TEXT_MESSAGE_CONTENT", messageId="m0", delta="I look."),
        *calls("c1", "own", '{"a":1}'),
        event("TOOL_CALL_RESULT", messageId="r1", toolCallId="c1", content="7"),
        event("REASONING_ENCRYPTED_VALUE", subtype="message", entityId="r1", encryptedValue="x"),
        event("REASONING_ENCRYPTED_VALUE", subtype="tool-call", entityId="c1", encryptedValue="y"),
        event("TEXT_MESSAGE_CONTENT", messageId="m9", delta="Seven."),
    )

    sent = encoded((*ASK, answer.message, Message.user("And?")))

    assert json.loads(sent.body)["messages"][1:-1] == [
        {
            "id": "m0",
            "role": "assistant",
            "content": "I look.",
            "name": "Ann",
            "subagentRunId": "s1",
            "toolCalls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "own", "arguments": '{"a":1}'},
                    "encryptedValue": "y",
                }
            ],
        },
        {"id": "r1", "role": "tool", "toolCallId": "c1", "content": "7", "encryptedValue": "x"},
        {"id": "m9", "role": "assistant", "content": "Seven."},
    ]
    assert json.loads(sent.body)["threadId"] == "t1"
    assert sent.dropped == ()


def test_another_models_turn_is_one_message_with_its_calls() -> None:
    foreign = ProviderState("another", "{}")
    said = Message.assistant(
        Reasoning("Hm.", provider_state=foreign),
        "I look.",
        ToolCall("c0", "search", by_provider=True, provider_state=foreign),
        ToolCall("c1", "mine"),
    )
    results = Message.tool(ToolResult("c1", (Text("no"),), is_error=True))

    sent = encoded((*ASK, said, results))

    assistant, tool = json.loads(sent.body)["messages"][1:]
    assert (assistant["content"], [c["id"] for c in assistant["toolCalls"]]) == ("I look.", ["c1"])
    assert (tool["content"], tool["error"]) == ("no", "no")
    assert assistant["id"] != tool["id"] != ""
    assert sent.dropped == (
        "reasoning of another model",
        "call of the provider's tool search",
    )


def test_system_messages_are_text_and_speakers_keep_their_names() -> None:
    system = Message("system", (Text("Be brief."), Text("Be kind.")))
    user = Message("user", (Text("hi"),), name="ann")

    one, two = body((system, user))["messages"]

    assert (one["role"], one["content"]) == ("system", "Be brief.\nBe kind.")
    assert (two["role"], two["name"]) == ("user", "ann")


def test_a_result_answers_a_call_that_was_made() -> None:
    with pytest.raises(InvalidRequest, match="answers no call"):
        encoded((*ASK, Message.tool(ToolResult("c9", "x"))))
    with pytest.raises(InvalidRequest, match="no message"):
        encoded((Message.user(""),))
