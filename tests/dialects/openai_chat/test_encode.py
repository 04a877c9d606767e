"""Requests: options, tools, output, and what happens to what a target lacks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.openai_chat.asking import HI, body, encoded

from fairlead.dialects.openai_chat import OpenAIChatOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.requests import ChatRequest, Options
from fairlead.types.targets import Quirks
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

ADD = Tool("add", "Adds.", {"type": "object", "properties": {}}, strict=True)


class OtherOptions(Options, frozen=True, kw_only=True):
    dialect = "other"


def ask(**options: Any) -> ChatRequest:
    return ChatRequest("m", HI, **options)


def test_a_plain_request_is_these_bytes() -> None:
    found = encoded(ask())
    assert found.body == b'{"model":"model-1","messages":[{"role":"user","content":"Hi"}]}'
    assert found.headers == ()
    assert (found.warnings, found.dropped) == ((), ())


def test_equal_requests_are_equal_bytes_in_a_fixed_order() -> None:
    one = ask(temperature=0.5, max_tokens=9, seed=1, stop=("a",), tools=(ADD,))
    two = ask(tools=(ADD,), stop=("a",), seed=1, max_tokens=9, temperature=0.5)
    assert encoded(one).body == encoded(two).body
    assert list(body(one)) == [
        "model",
        "messages",
        "tools",
        "temperature",
        "max_tokens",
        "stop",
        "seed",
    ]


def test_a_stream_asks_for_its_usage_where_the_target_takes_that() -> None:
    assert body(ask(), stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body(ask(), Quirks(ask_for_usage=False), stream=True)


def test_every_shared_option_is_sent_under_its_name() -> None:
    options = {
        "temperature": 0.0,
        "top_p": 0.9,
        "top_k": 5,
        "max_tokens": 7,
        "seed": 0,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "logprobs": True,
        "top_logprobs": 2,
        "reasoning_effort": "low",
        "user": "u",
    }
    found = body(ask(**options))
    assert {name: found[name] for name in options} == options


def test_quirks_rename_fields() -> None:
    quirks = Quirks(max_tokens="max_completion_tokens", seed="random_seed", forced_tool="any")
    found = body(ask(max_tokens=7, seed=1, tools=(ADD,), tool_choice="required"), quirks)
    assert (found["max_completion_tokens"], found["random_seed"], found["tool_choice"]) == (
        7,
        1,
        "any",
    )
    assert "max_tokens" not in found


def test_tools_and_choices() -> None:
    found = body(
        ask(tools=(ADD, Tool("now")), tool_choice=NamedTool("now"), parallel_tool_calls=False)
    )
    add, now = found["tools"]
    assert add["function"] == {
        "name": "add",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {}},
        "strict": True,
    }
    assert now == {"type": "function", "function": {"name": "now"}}
    assert found["tool_choice"] == {"type": "function", "function": {"name": "now"}}
    assert found["parallel_tool_calls"] is False


def test_the_providers_own_tools_go_to_their_own_dialect_alone() -> None:
    search = {"type": "web_search", "max_uses": 1}
    assert body(ask(tools=(ProviderTool("openai_chat", search),)))["tools"] == [search]
    with pytest.raises(UnsupportedFeature, match="web_search tool of anthropic_messages"):
        encoded(ask(tools=(ProviderTool("anthropic_messages", search),)))


def test_output_as_json_or_by_a_schema() -> None:
    assert body(ask(output="json"))["response_format"] == {"type": "json_object"}
    schema = OutputSchema({"type": "object"}, name="n", description="d", strict=True)
    assert body(ask(output=schema))["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "n",
            "description": "d",
            "schema": {"type": "object"},
            "strict": True,
        },
    }


@pytest.mark.parametrize(
    ("options", "quirks", "feature"),
    [
        ({"top_k": 5}, Quirks(unsupported=("top_k",)), "top_k"),
        ({"seed": 5}, Quirks(unsupported=("seed",)), "seed"),
        ({"output": "json"}, Quirks(json_object=False), 'output="json"'),
        ({"output": OutputSchema({})}, Quirks(output="json_object"), "an output schema"),
        ({"tools": (ADD,)}, Quirks(tool_strict=False), "strict tools"),
        (
            {"tools": (ADD,), "tool_choice": "required"},
            Quirks(forced_tool="unsupported"),
            "a tool choice that forces a tool",
        ),
        ({"options": OpenAIChatOptions(n=2)}, Quirks(unsupported=("n",)), "n"),
    ],
)
def test_what_a_target_lacks_is_an_error_a_warning_or_dropped(
    options: dict[str, Any], quirks: Quirks, feature: str
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        encoded(ask(**options), quirks)
    assert caught.value.feature == feature
    warned = encoded(ask(**options), quirks, unsupported="warn")
    assert warned.dropped == (feature,)
    assert warned.warnings == (f"p/model-1 does not support {feature}; it was left out",)
    dropped = encoded(ask(**options), quirks, unsupported="drop")
    assert (dropped.dropped, dropped.warnings) == ((feature,), ())
    assert dropped.body == warned.body


def test_the_dialects_own_options_are_sent() -> None:
    options = OpenAIChatOptions(
        verbosity="low", n=2, logit_bias={"5": -1}, modalities=("text", "audio")
    )
    found = body(ask(options=options))
    assert found["verbosity"] == "low"
    assert found["modalities"] == ["text", "audio"]
    assert (found["n"], found["logit_bias"]) == (2, {"5": -1})


def test_options_of_another_dialect_are_refused_by_name() -> None:
    with pytest.raises(
        InvalidRequest, match="takes OpenAIChatOptions as options, not OtherOptions"
    ):
        encoded(ask(options=OtherOptions()))


def test_extra_body_is_merged_and_refused_where_it_collides() -> None:
    assert body(ask(extra_body={"top_a": 1}))["top_a"] == 1
    with pytest.raises(InvalidRequest, match="'temperature'"):
        encoded(ask(temperature=0.5, extra_body={"temperature": 1}))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ChatRequest("m", ()), "there are no messages"),
        (ask(tool_choice="auto"), "there are no tools"),
        (ask(tools=(ADD,), tool_choice=NamedTool("sub")), "names 'sub'"),
        (ask(extra_body={"x": object()}), "cannot be written as JSON"),
    ],
)
def test_a_request_that_no_provider_takes_is_refused(request_: ChatRequest, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        encoded(request_)


OFF = OpenAIChatOptions(thinking={"type": "disabled"})


@pytest.mark.parametrize("choice", ["required", NamedTool("f")])
@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({}, False),
        ({"options": OpenAIChatOptions(thinking={"type": "enabled"})}, False),
        ({"reasoning_effort": "low"}, False),
        ({"options": OFF}, True),
        ({"extra_body": {"thinking": {"type": "disabled"}}}, True),
        ({"reasoning_effort": "none"}, True),
    ],
)
def test_a_forced_tool_where_thinking_does_not_go_with_it(
    choice: Any, fields: dict[str, Any], taken: bool
) -> None:
    """Recorded of DeepSeek: 400 with thinking, "Thinking mode does not support this tool_choice",
    and 200 without."""
    quirks = Quirks(forced_tool="unless_thinking", thinking_off="thinking")
    request = ask(tools=(Tool("f"),), tool_choice=choice, **fields)
    assert ("tool_choice" in body(request, quirks, unsupported="drop")) is taken
    assert bool(encoded(request, quirks, unsupported="drop").dropped) is not taken


@pytest.mark.parametrize(
    ("how", "field", "said"),
    [
        ("reasoning_effort", "reasoning_effort", "none"),
        ("thinking", "thinking", {"type": "disabled"}),
        ("enable_thinking", "enable_thinking", False),
    ],
)
def test_no_reasoning_is_asked_for_in_the_targets_own_way(how: Any, field: str, said: Any) -> None:
    found = body(ask(reasoning_effort="none"), Quirks(thinking_off=how))
    assert {name: found[name] for name in found if name not in ("model", "messages")} == {
        field: said
    }
