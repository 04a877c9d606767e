"""The body: keys in their order, options, what each model takes, tools, output schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.bedrock_converse.asking import ASK, TOOL, body, encoded, target

from fairlead.dialects.anthropic_messages import AnthropicOptions
from fairlead.dialects.bedrock_converse import BedrockOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import Message, Text, ToolCall, ToolResult
from fairlead.types.targets import Quirks
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

CALLED = (
    *ASK,
    Message.assistant(ToolCall("t1", "now")),
    Message.tool(ToolResult("t1", "noon")),
)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
SPEC = {"name": "now", "inputSchema": {"json": {"type": "object", "properties": {}}}}


def fields(model: str, **options: Any) -> Any:
    return body(to=target(model), **options).get("additionalModelRequestFields")


def test_the_least_request_has_messages_alone() -> None:
    assert body() == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}


def test_every_option_has_its_place_and_the_keys_their_order() -> None:
    options = BedrockOptions(
        additional={"x": 1},
        additional_response=("/stop_sequence",),
        guardrail={"guardrailIdentifier": "g", "guardrailVersion": "1"},
        latency="optimized",
        service_tier="priority",
        request_metadata={"team": "a"},
        prompt_variables={"name": "b"},
        effort="high",
    )
    sent = body(
        (Message.system("Be brief."), *ASK),
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop=("end",),
        tools=(TOOL,),
        tool_choice="auto",
        output=OutputSchema(SCHEMA, "thing", "A thing."),
        options=options,
        extra_body={"more": True},
    )
    definition = {"schema": json.dumps(SCHEMA, separators=(",", ":")), "name": "thing"}
    assert list(sent.items()) == [
        ("messages", [{"role": "user", "content": [{"text": "hi"}]}]),
        ("system", [{"text": "Be brief."}]),
        (
            "inferenceConfig",
            {"maxTokens": 5, "temperature": 0.5, "topP": 0.9, "stopSequences": ["end"]},
        ),
        ("toolConfig", {"tools": [{"toolSpec": SPEC}], "toolChoice": {"auto": {}}}),
        (
            "outputConfig",
            {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": definition | {"description": "A thing."}},
                },
                "effort": "high",
            },
        ),
        ("additionalModelRequestFields", {"top_k": 3, "x": 1}),
        ("additionalModelResponseFieldPaths", ["/stop_sequence"]),
        ("guardrailConfig", {"guardrailIdentifier": "g", "guardrailVersion": "1"}),
        ("performanceConfig", {"latency": "optimized"}),
        ("serviceTier", {"type": "priority"}),
        ("requestMetadata", {"team": "a"}),
        ("promptVariables", {"name": {"text": "b"}}),
        ("more", True),
    ]


def test_a_stream_differs_by_what_it_accepts_alone() -> None:
    assert encoded(stream=True).body == encoded().body
    assert dict(encoded(stream=True).headers) == {"accept": "application/vnd.amazon.eventstream"}
    assert encoded().headers == ()


@pytest.mark.parametrize(
    "options",
    [{"seed": 1}, {"presence_penalty": 0.1}, {"logprobs": True}, {"user": "u"}, {"output": "json"}],
)
def test_what_the_protocol_lacks_is_an_error_or_told(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(**options)
    sent = encoded(unsupported="warn", **options)
    assert sent.body == encoded().body
    assert len(sent.warnings) == len(sent.dropped) == 1


def test_options_of_another_protocol_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="BedrockOptions"):
        encoded(options=AnthropicOptions())


def test_a_conversation_needs_something_to_answer() -> None:
    with pytest.raises(InvalidRequest, match="no message"):
        encoded((Message.system("Be brief."),))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"top_k": 3}),
        ("us.amazon.nova-micro-v1:0", {"inferenceConfig": {"topK": 3}}),
        ("cohere.command-r-v1:0", {"k": 3}),
        ("mistral.mistral-large-2402-v1:0", {"top_k": 3}),
    ],
)
def test_top_k_stands_where_the_model_has_it(model: str, expected: object) -> None:
    assert fields(model, top_k=3) == expected


def test_top_k_of_a_model_that_is_not_known_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="BedrockOptions"):
        fields("meta.llama3-8b-instruct-v1:0", top_k=3)


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "low",
            {"thinking": {"type": "enabled", "budget_tokens": 2048}},
        ),
        (
            "us.anthropic.claude-sonnet-4-6",
            "high",
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        ("us.anthropic.claude-sonnet-4-6", "none", {"thinking": {"type": "disabled"}}),
        ("anthropic.claude-3-haiku-20240307-v1:0", "none", None),
        (
            "us.amazon.nova-2-lite-v1:0",
            "medium",
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}},
        ),
        ("us.amazon.nova-2-lite-v1:0", "none", {"reasoningConfig": {"type": "disabled"}}),
        ("openai.gpt-oss-120b-1:0", "medium", {"reasoning_effort": "medium"}),
        ("qwen.qwen3-32b-v1:0", "high", {"reasoning_config": "high"}),
    ],
)
def test_reasoning_is_asked_for_in_the_models_words(
    model: str, effort: str, expected: object
) -> None:
    assert fields(model, reasoning_effort=effort) == expected


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "low"),
        ("anthropic.claude-v2:1", "low"),
        ("openai.gpt-oss-120b-1:0", "none"),
        ("meta.llama3-8b-instruct-v1:0", "low"),
        ("amazon.nova-micro-v1:0", "low"),
    ],
)
def test_reasoning_that_a_model_lacks_is_unsupported(model: str, effort: str) -> None:
    with pytest.raises(UnsupportedFeature):
        fields(model, reasoning_effort=effort)


def test_an_effort_that_the_model_does_not_know_becomes_the_nearest_and_is_told() -> None:
    sent = encoded(to=target("openai.gpt-oss-120b-1:0"), reasoning_effort="max")
    assert b'"reasoning_effort":"high"' in bytes(sent.body)
    assert "'max' was sent as 'high'" in sent.warnings[0]


def test_thinking_is_said_once() -> None:
    thinking = BedrockOptions(thinking={"type": "enabled", "budget_tokens": 2000})
    assert fields("anthropic.claude-sonnet-4", options=thinking) == {"thinking": thinking.thinking}
    with pytest.raises(InvalidRequest, match="either"):
        body(reasoning_effort="low", options=thinking)
    twice = BedrockOptions(additional={"top_k": 1})
    with pytest.raises(InvalidRequest, match="top_k"):
        body(top_k=3, options=twice)


def test_sampling_is_unsupported_where_the_model_refuses_it() -> None:
    with pytest.raises(UnsupportedFeature, match="temperature"):
        body(to=target("us.anthropic.claude-opus-4-8"), temperature=0.5)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"auto": {}}),
        ("required", {"any": {}}),
        (NamedTool("now"), {"tool": {"name": "now"}}),
    ],
)
def test_the_choice_of_a_tool(choice: Any, expected: object) -> None:
    assert body(tools=(TOOL,), tool_choice=choice)["toolConfig"]["toolChoice"] == expected


def test_a_choice_of_no_tool_declares_none() -> None:
    assert "toolConfig" not in body(tools=(TOOL,), tool_choice="none")
    with pytest.raises(UnsupportedFeature, match="none"):
        body(CALLED, tools=(TOOL,), tool_choice="none")


def test_a_tool_is_declared_with_all_that_it_has() -> None:
    tool = Tool("add", "Adds.", SCHEMA, strict=True)
    (found,) = body(tools=(tool,))["toolConfig"]["tools"]
    spec = {"name": "add", "description": "Adds.", "inputSchema": {"json": SCHEMA}, "strict": True}
    assert found == {"toolSpec": spec}
    with pytest.raises(UnsupportedFeature, match="strict"):
        body(tools=(tool,), to=target(quirks=Quirks(tool_strict=False)))


def test_tools_of_the_provider_pass_through() -> None:
    tool = ProviderTool("bedrock_converse", {"systemTool": {"name": "nova_grounding"}})
    assert body(tools=(tool,))["toolConfig"] == {"tools": [tool.definition]}
    with pytest.raises(UnsupportedFeature, match="openai_responses"):
        body(tools=(ProviderTool("openai_responses", {"type": "web_search"}),))


def test_tools_that_were_called_are_declared_though_the_request_has_none() -> None:
    sent = encoded(CALLED)
    assert json.loads(sent.body)["toolConfig"] == {"tools": [{"toolSpec": SPEC}]}
    assert "now" in sent.warnings[0]


def test_single_calls_cannot_be_asked_for() -> None:
    with pytest.raises(UnsupportedFeature, match="parallel"):
        body(tools=(TOOL,), parallel_tool_calls=False)
    assert "toolConfig" in body(tools=(TOOL,), parallel_tool_calls=True)


def test_a_choice_without_tools_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="tools to choose from"):
        body(tool_choice="auto")


def test_quirks_are_kept_to() -> None:
    with pytest.raises(UnsupportedFeature, match="schema"):
        body(output=OutputSchema(SCHEMA), to=target(quirks=Quirks(output="json_object")))
    with pytest.raises(UnsupportedFeature, match="forced"):
        quirks = Quirks(forced_tool="unsupported")
        body(tools=(TOOL,), tool_choice="required", to=target(quirks=quirks))


def test_the_cache_point_stands_behind_the_last_turn() -> None:
    for life, point in (("5m", {"type": "default"}), ("1h", {"type": "default", "ttl": "1h"})):
        options = BedrockOptions(cache=life)
        sent = body((*CALLED, Message.user(Text("go on"))), options=options)
        assert sent["messages"][-1]["content"][-1] == {"cachePoint": point}
