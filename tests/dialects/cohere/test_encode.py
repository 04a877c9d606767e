"""What `cohere` makes of requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.cohere.building import ASK, TARGET, body, encoded

from fairlead.dialects.anthropic_messages import AnthropicOptions
from fairlead.dialects.cohere import DIALECT, CohereOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
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
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = Tool("now")


def own(data: str) -> ProviderState:
    return ProviderState(DIALECT.name, data)


def test_unset_options_are_absent_and_keys_have_a_fixed_order() -> None:
    assert encoded().body == (b'{"model":"command","messages":[{"role":"user","content":"hi"}]}')
    request = ChatRequest("m", ASK)
    stream = DIALECT.encode(request, TARGET, stream=True, unsupported="error")
    assert json.loads(stream.body)["stream"] is True


def test_shared_options_get_the_providers_names() -> None:
    found = body(
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        max_tokens=5,
        stop=("a",),
        seed=1,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
    )

    assert list(found.items())[2:] == [
        ("max_tokens", 5),
        ("stop_sequences", ["a"]),
        ("temperature", 0.5),
        ("p", 0.9),
        ("k", 7),
        ("seed", 1),
        ("frequency_penalty", 0.1),
        ("presence_penalty", 0.2),
        ("logprobs", True),
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("parallel_tool_calls", True), ("top_logprobs", 2), ("user", "ann")]
)
def test_what_the_protocol_lacks_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encoded(**{name: value})
    assert encoded(unsupported="drop", **{name: value}).dropped == (name,)


def test_documents_are_sent_with_their_ids() -> None:
    given = (Document("Green.", "a", "Sky", "https://a.example"), Document("Red."))

    assert body(documents=given)["documents"] == [
        {"id": "a", "data": {"text": "Green.", "title": "Sky", "url": "https://a.example"}},
        {"data": {"text": "Red."}},
    ]


def test_tools_need_parameters_and_know_no_choice_of_one() -> None:
    found = body(tools=(TOOL, Tool("at", "The time", SCHEMA)), tool_choice="required")
    assert found["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert found["tool_choice"] == "REQUIRED"
    assert body(tools=(TOOL,), tool_choice="none")["tool_choice"] == "NONE"
    assert "tool_choice" not in body(tools=(TOOL,), tool_choice="auto")
    with pytest.raises(UnsupportedFeature, match="names a tool"):
        encoded(tools=(TOOL,), tool_choice=NamedTool("now"))
    with pytest.raises(InvalidRequest, match="needs tools"):
        encoded(tool_choice="none")


def test_strict_is_one_switch_for_all_tools() -> None:
    strict = Tool("at", strict=True)

    assert body(tools=(strict,))["strict_tools"] is True
    assert "strict_tools" not in body(tools=(TOOL,))
    assert body(tools=(TOOL,), options=CohereOptions(strict_tools=True))["strict_tools"] is True
    with pytest.raises(UnsupportedFeature, match="strict for some"):
        encoded(tools=(strict, TOOL))


def test_a_providers_tool_goes_to_its_own_dialect_only() -> None:
    assert body(tools=(ProviderTool("cohere", {"type": "x"}),))["tools"] == [{"type": "x"}]
    with pytest.raises(UnsupportedFeature, match="tool of gemini"):
        encoded(tools=(ProviderTool("gemini", {"type": "x"}),))


def test_output_is_json_with_or_without_a_schema() -> None:
    assert body(output="json")["response_format"] == {"type": "json_object"}
    described = OutputSchema(SCHEMA, description="Where")
    assert body(output=described)["response_format"] == {
        "type": "json_object",
        "json_schema": SCHEMA | {"description": "Where"},
    }


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        ("none", {"type": "disabled"}),
        ("low", {"type": "enabled", "token_budget": 2048}),
        ("max", {"type": "enabled"}),
    ],
)
def test_an_effort_is_a_budget(effort: Any, thinking: dict[str, object]) -> None:
    assert body(reasoning_effort=effort)["thinking"] == thinking
    with pytest.raises(InvalidRequest, match="not both"):
        encoded(reasoning_effort=effort, options=CohereOptions(thinking=thinking))


def test_own_options_are_sent_and_those_of_others_refused() -> None:
    options = CohereOptions(citation_mode="OFF", safety_mode="STRICT", priority=3)
    assert list(body(options=options).items())[2:] == [
        ("citation_options", {"mode": "OFF"}),
        ("safety_mode", "STRICT"),
        ("priority", 3),
    ]
    with pytest.raises(InvalidRequest, match="takes CohereOptions"):
        encoded(options=AnthropicOptions())


def test_an_agents_turn_goes_back_as_plan_thinking_calls_and_citations() -> None:
    cited = own('{"start":0,"end":5}')
    said = Message.assistant(
        Reasoning("First I look.", provider_state=own('{"field":"tool_plan"}')),
        Reasoning("Hm.", provider_state=own('{"field":"thinking"}')),
        Text("Green", (Citation(source="a", provider_state=cited),) * 2),
        ToolCall("c1", "now"),
    )
    results = Message.tool(
        ToolResult("c1", (Text("noon"), File(data=b"x", media_type="text/plain", name="f")), True)
    )

    sent = encoded((*ASK, said, results))

    assistant, tool = json.loads(sent.body)["messages"][1:]
    assert assistant == {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Green"}],
        "tool_plan": "First I look.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
        ],
        "citations": [{"start": 0, "end": 5}],
    }
    document = {"data": {"text": "x", "title": "f"}, "id": "f"}
    assert tool == {
        "role": "tool",
        "tool_call_id": "c1",
        "content": [
            {"type": "text", "text": "noon"},
            {"type": "document", "document": document},
        ],
    }
    assert sent.dropped == ("the mark that a tool result is an error",)


def test_images_go_by_url_or_as_data() -> None:
    ask = Message.user("See", Image(data=b"x", media_type="image/png", detail="low"))

    assert body((ask,))["messages"][0]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,eA==", "detail": "low"},
    }
    with pytest.raises(UnsupportedFeature, match="by file id"):
        encoded((Message.user(Image(file_id="f")),))


def test_a_result_answers_a_call_that_was_made() -> None:
    with pytest.raises(InvalidRequest, match="answers no call"):
        encoded((*ASK, Message.tool(ToolResult("c9", "x"))))


def test_an_empty_message_is_left_out_and_listed() -> None:
    sent = encoded((*ASK, Message.assistant("")))

    assert sent.dropped == ("empty assistant message",)
    with pytest.raises(InvalidRequest, match="no message"):
        encoded((Message.user(""),))
