"""The body as a whole: settings, options, headers, and what the target lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.anthropic_messages.asking import ASK, TOOL, body, encoded, target

from fairlead.dialects.anthropic_messages import DIALECT, AnthropicOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    Text,
)
from fairlead.types.requests import ChatRequest, Options
from fairlead.types.targets import Quirks
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool


def test_a_plain_question_is_small_and_always_the_same_bytes() -> None:
    expected = (
        b'{"model":"claude-sonnet-4-5","max_tokens":8192,'
        b'"messages":[{"role":"user","content":"hi"}],"stream":true}'
    )
    assert encoded(stream=True).body == expected
    assert encoded(stream=True).body == expected


def test_unset_options_are_absent() -> None:
    assert set(body()) == {"model", "max_tokens", "messages"}
    assert set(body(options=AnthropicOptions())) == {"model", "max_tokens", "messages"}


def test_settings_have_their_names() -> None:
    sent = body(temperature=0.5, top_p=0.9, top_k=4, stop=("a", "b"), max_tokens=7, user="u")
    assert sent["temperature"] == 0.5
    assert (sent["top_p"], sent["top_k"], sent["max_tokens"]) == (0.9, 4, 7)
    assert sent["stop_sequences"] == ["a", "b"]
    assert sent["metadata"] == {"user_id": "u"}


def test_every_option_has_its_place() -> None:
    options = AnthropicOptions(
        thinking={"type": "enabled", "budget_tokens": 2048},
        effort="high",
        cache="1h",
        metadata={"user_id": "u"},
        service_tier="standard_only",
        container="c1",
        context_management={"edits": []},
        mcp_servers=({"type": "url", "name": "n", "url": "https://example.org"},),
        inference_geo="us",
        speed="fast",
    )
    sent = body(options=options)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert sent["output_config"] == {"effort": "high"}
    assert sent["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert sent["metadata"] == {"user_id": "u"}
    assert sent["service_tier"] == "standard_only"
    assert sent["container"] == "c1"
    assert sent["context_management"] == {"edits": []}
    assert sent["mcp_servers"] == [{"type": "url", "name": "n", "url": "https://example.org"}]
    assert (sent["inference_geo"], sent["speed"]) == ("us", "fast")


def test_an_option_repr_shows_no_token() -> None:
    server = {"name": "wiki", "authorization_token": "canary"}
    shown = repr(ChatRequest("m", ASK, options=AnthropicOptions(mcp_servers=(server,))))
    assert "wiki" in shown
    assert "canary" not in shown


def test_extra_body_joins_at_the_top_level() -> None:
    assert body(extra_body={"diagnostics": {"a": 1}})["diagnostics"] == {"a": 1}


def test_extra_body_must_not_replace_what_is_sent() -> None:
    with pytest.raises(InvalidRequest, match="max_tokens"):
        encoded(extra_body={"max_tokens": 1})


class OtherOptions(Options, frozen=True):
    dialect = "other"


def test_options_of_another_dialect_name_the_right_class() -> None:
    with pytest.raises(InvalidRequest, match=r"OtherOptions.*AnthropicOptions"):
        encoded(options=OtherOptions())


def test_text_that_is_no_unicode_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        encoded((Message.user("\ud800"),))


def test_two_users_are_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="two users"):
        encoded(user="a", options=AnthropicOptions(metadata={"user_id": "b"}))


def test_the_version_comes_from_the_targets_headers() -> None:
    given = (("anthropic-version", "2023-06-01"),)
    assert encoded(to=target(headers=given)).headers == ()
    assert encoded().headers == (("anthropic-version", "2023-06-01"),)


def test_options_set_the_version_and_add_betas() -> None:
    given = (("anthropic-version", "2023-06-01"), ("anthropic-beta", "a"))
    options = AnthropicOptions(api_version="2026-10-21", betas=("b", "a"))
    assert encoded(to=target(headers=given), options=options).headers == (
        ("anthropic-version", "2026-10-21"),
        ("anthropic-beta", "a,b"),
    )


def test_uploaded_files_bring_the_beta_header_that_they_need() -> None:
    message = Message.user(File(file_id="file_1"))
    assert ("anthropic-beta", "files-api-2025-04-14") in encoded((message,)).headers
    newer = AnthropicOptions(api_version="2026-10-21")
    assert "anthropic-beta" not in dict(encoded((message,), options=newer).headers)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", 1),
        ("presence_penalty", 0.1),
        ("frequency_penalty", 0.1),
        ("logprobs", True),
        ("top_logprobs", 2),
    ],
)
def test_a_parameter_that_the_protocol_lacks_is_an_error_unless_allowed(
    field: str, value: object
) -> None:
    with pytest.raises(UnsupportedFeature, match=field):
        encoded(**{field: value})
    dropped = encoded(unsupported="drop", **{field: value})
    assert (dropped.dropped, dropped.warnings) == ((field,), ())
    warned = encoded(unsupported="warn", **{field: value})
    assert warned.dropped == (field,)
    assert field in warned.warnings[0]
    assert warned.body == dropped.body == encoded().body


def test_logprobs_switched_off_are_nothing_to_refuse() -> None:
    assert encoded(logprobs=False).dropped == ()


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k"])
def test_sampling_is_refused_where_version_or_model_refuses_it(field: str) -> None:
    newest = AnthropicOptions(api_version="2026-10-21")
    for fields in ({"options": newest}, {"to": target("claude-opus-4-7")}):
        with pytest.raises(UnsupportedFeature, match=field):
            encoded(**{field: 1}, **fields)
        assert field not in body(unsupported="drop", **{field: 1}, **fields)
    assert field in body(**{field: 1})


def test_quirks_name_further_parameters_and_parts() -> None:
    to = target("deepseek-chat", quirks=Quirks(unsupported=("stop", "image")))
    with pytest.raises(UnsupportedFeature, match="stop"):
        encoded(to=to, stop=("a",))
    image = Message.user("look", Image(url="https://example.org/a.png"))
    sent = encoded((image,), to=to, unsupported="drop")
    assert sent.dropped == ("image",)
    assert json.loads(sent.body)["messages"] == [{"role": "user", "content": "look"}]


def test_audio_and_names_are_unsupported() -> None:
    sound = Message.user("hear", Audio(b"x", "audio/wav"))
    with pytest.raises(UnsupportedFeature, match="audio"):
        encoded((sound,))
    with pytest.raises(UnsupportedFeature, match="name"):
        encoded((Message("user", (Text("hi"),), name="Ann"),))


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        ("claude-opus-4-8", {"type": "adaptive"}, "high"),
        ("claude-sonnet-4-6", {"type": "adaptive"}, "high"),
        ("anthropic/claude-4.6-opus", {"type": "adaptive"}, "high"),
        ("claude-mythos-preview", {"type": "adaptive"}, "high"),
        ("claude-sonnet-4-5-20250929", {"type": "enabled", "budget_tokens": 16384}, None),
        ("claude-sonnet-4-20250514", {"type": "enabled", "budget_tokens": 16384}, None),
        ("claude-3-7-sonnet-latest", {"type": "enabled", "budget_tokens": 16384}, None),
        ("deepseek-reasoner", {"type": "enabled", "budget_tokens": 16384}, None),
    ],
)
def test_effort_is_asked_for_in_the_models_own_form(
    model: str, thinking: dict[str, object], effort: str | None
) -> None:
    sent = body(to=target(model), reasoning_effort="high")
    assert sent["thinking"] == thinking
    assert sent.get("output_config", {}).get("effort") == effort


def test_a_model_that_cannot_think_refuses_effort() -> None:
    old = target("claude-3-5-haiku-latest")
    with pytest.raises(UnsupportedFeature, match="reasoning_effort"):
        encoded(to=old, reasoning_effort="low")
    assert "thinking" not in body(to=old, reasoning_effort="none")


def test_effort_none_switches_thinking_off() -> None:
    assert body(reasoning_effort="none")["thinking"] == {"type": "disabled"}


def test_minimal_effort_is_sent_as_low_and_said() -> None:
    sent = encoded(to=target("claude-opus-5"), reasoning_effort="minimal")
    assert json.loads(sent.body)["output_config"] == {"effort": "low"}
    assert "minimal" in sent.warnings[0]


def test_the_default_limit_leaves_room_for_thinking_and_answer() -> None:
    assert body()["max_tokens"] == 8192
    assert body(to=target("claude-3-haiku-20240307"))["max_tokens"] == 4096
    assert body(reasoning_effort="low")["max_tokens"] == 2048 + 8192
    assert body(reasoning_effort="max")["max_tokens"] == 32_000
    assert body(to=target("claude-opus-5"), reasoning_effort="low")["max_tokens"] == 16384


def test_a_budget_stays_below_max_tokens() -> None:
    assert body(reasoning_effort="high", max_tokens=4000)["thinking"]["budget_tokens"] == 2000
    with pytest.raises(InvalidRequest, match="raise max_tokens"):
        encoded(reasoning_effort="high", max_tokens=1024)


def test_effort_in_two_places_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="either"):
        encoded(reasoning_effort="low", options=AnthropicOptions(effort="high"))


def test_a_schema_is_sent_with_its_description() -> None:
    sent = body(output=OutputSchema({"type": "object"}, description="A city"))
    expected = {"type": "object", "description": "A city"}
    assert sent["output_config"] == {"format": {"type": "json_schema", "schema": expected}}


def test_json_without_a_schema_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="give a schema"):
        encoded(output="json")
    with pytest.raises(UnsupportedFeature, match="schema"):
        encoded(output=OutputSchema({}), to=target(quirks=Quirks(output="json_object")))


def test_tools_and_their_defaults() -> None:
    tool = Tool("get", "Gets", {"type": "object"}, strict=True)
    provided = ProviderTool(DIALECT.name, {"type": "web_search_20250305", "name": "web_search"})
    assert body(tools=(TOOL, tool, provided))["tools"] == [
        {"name": "now", "input_schema": {"type": "object", "properties": {}}},
        {
            "name": "get",
            "description": "Gets",
            "input_schema": {"type": "object"},
            "strict": True,
        },
        {"type": "web_search_20250305", "name": "web_search"},
    ]


def test_a_tool_of_another_dialect_is_unsupported() -> None:
    foreign = ProviderTool("openai_responses", {"type": "web_search"})
    with pytest.raises(UnsupportedFeature, match="openai_responses"):
        encoded(tools=(foreign,))


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("auto", None, {"type": "auto"}),
        ("none", False, {"type": "none"}),
        ("required", None, {"type": "any"}),
        (NamedTool("now"), None, {"type": "tool", "name": "now"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
    ],
)
def test_tool_choices(choice: Any, parallel: bool | None, expected: dict[str, object]) -> None:
    sent = body(tools=(TOOL,), tool_choice=choice, parallel_tool_calls=parallel)
    assert sent["tool_choice"] == expected


def test_parallel_calls_are_the_default_and_not_sent() -> None:
    assert "tool_choice" not in body(tools=(TOOL,), parallel_tool_calls=True)


def test_a_choice_without_tools_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="tools"):
        encoded(tool_choice="auto")


def test_a_target_without_forced_choice_says_so() -> None:
    to = target(quirks=Quirks(forced_tool="unsupported"))
    with pytest.raises(UnsupportedFeature, match="forced"):
        encoded(to=to, tools=(TOOL,), tool_choice="required")
