"""Settings, tools and options in this protocol's words."""

from __future__ import annotations

import json

import pytest
from tests.dialects.gemini.asking import ASK, TOOL, body, config, encoded, target

from fairlead.dialects.anthropic_messages import AnthropicOptions
from fairlead.dialects.gemini import GeminiOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import Message
from fairlead.types.targets import Quirks
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

SCHEMA = {"type": "object"}


def test_what_is_not_set_is_not_sent() -> None:
    assert encoded().body == b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'


def test_settings_have_googles_names() -> None:
    found = config(
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        max_tokens=9,
        stop=("a",),
        seed=1,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
    )

    assert found == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "maxOutputTokens": 9,
        "stopSequences": ["a"],
        "seed": 1,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 2,
    }


def test_a_user_is_not_taken() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(user="ann")
    assert encoded(user="ann", unsupported="drop").dropped == ("user",)


def test_functions_stand_in_one_list_and_the_providers_tools_beside_it() -> None:
    search = ProviderTool("gemini", {"googleSearch": {}})
    add = Tool("add", "Adds.", SCHEMA, strict=False)

    assert body(tools=(search, add, TOOL))["tools"] == [
        {"googleSearch": {}},
        {
            "functionDeclarations": [
                {"name": "add", "description": "Adds.", "parametersJsonSchema": SCHEMA},
                {"name": "now"},
            ]
        },
    ]


def test_a_tool_of_another_provider_is_not_taken() -> None:
    foreign = ProviderTool("openai_chat", {"type": "web_search"})

    with pytest.raises(UnsupportedFeature, match="openai_chat"):
        encoded(tools=(foreign,))
    left = encoded(tools=(foreign,), unsupported="drop")
    assert isinstance(left.body, bytes)
    assert "tools" not in json.loads(left.body)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (NamedTool("now"), {"mode": "ANY", "allowedFunctionNames": ["now"]}),
    ],
)
def test_a_choice_is_a_mode(choice: object, expected: object) -> None:
    found = body(tools=(TOOL,), tool_choice=choice)["toolConfig"]

    assert found == {"functionCallingConfig": expected}


def test_strict_functions_are_validated() -> None:
    strict = Tool("add", strict=True)

    for choice in (None, "auto"):
        found = body(tools=(strict,), tool_choice=choice)["toolConfig"]
        assert found == {"functionCallingConfig": {"mode": "VALIDATED"}}
    found = body(tools=(strict,), tool_choice="required")["toolConfig"]
    assert found == {"functionCallingConfig": {"mode": "ANY"}}
    with pytest.raises(UnsupportedFeature, match="strict"):
        encoded(tools=(strict,), to=target(quirks=Quirks(tool_strict=False)))


def test_a_choice_needs_tools_and_a_target_that_takes_it() -> None:
    with pytest.raises(InvalidRequest, match="tools to choose from"):
        encoded(tool_choice="required")
    quirks = Quirks(forced_tool="unsupported")
    with pytest.raises(UnsupportedFeature, match="forced"):
        encoded(tools=(TOOL,), tool_choice="required", to=target(quirks=quirks))


def test_single_calls_cannot_be_asked_for() -> None:
    with pytest.raises(UnsupportedFeature, match="parallel_tool_calls=False"):
        encoded(tools=(TOOL,), parallel_tool_calls=False)
    assert encoded(tools=(TOOL,), parallel_tool_calls=True).body == encoded(tools=(TOOL,)).body


def test_json_is_asked_for_with_a_schema_or_without() -> None:
    assert config(output="json") == {"responseMimeType": "application/json"}
    assert config(output=OutputSchema(SCHEMA, description="An answer")) == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "description": "An answer"},
    }
    for output, quirks in (
        ("json", Quirks(json_object=False)),
        (OutputSchema(SCHEMA), Quirks(output="json_object")),
    ):
        with pytest.raises(UnsupportedFeature, match=r"JSON|schema"):
            encoded(output=output, to=target(quirks=quirks))


def test_options_go_where_they_belong() -> None:
    options = GeminiOptions(
        safety_settings={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"},
        cached_content="cachedContents/a",
        candidate_count=2,
        response_modalities=("IMAGE",),
        media_resolution="low",
        speech_config={"a": 1},
        image_config={"b": 2},
        tool_config={"retrievalConfig": {}},
        generation_config={"audioTimestamp": True},
        labels={"team": "x"},
        model_armor_config={"c": 3},
        service_tier="flex",
        store=False,
    )

    assert body(options=options) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "toolConfig": {"retrievalConfig": {}},
        "generationConfig": {
            "candidateCount": 2,
            "responseModalities": ["IMAGE"],
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
            "speechConfig": {"a": 1},
            "imageConfig": {"b": 2},
            "audioTimestamp": True,
        },
        "safetySettings": [
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
        ],
        "cachedContent": "cachedContents/a",
        "labels": {"team": "x"},
        "modelArmorConfig": {"c": 3},
        "serviceTier": "flex",
        "store": False,
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"options": GeminiOptions(generation_config={"topK": 1}), "top_k": 2}, "topK"),
        (
            {
                "options": GeminiOptions(tool_config={"functionCallingConfig": {}}),
                "tools": (TOOL,),
                "tool_choice": "auto",
            },
            "functionCallingConfig",
        ),
        ({"extra_body": {"contents": []}}, "contents"),
        ({"options": AnthropicOptions()}, "GeminiOptions"),
    ],
)
def test_a_thing_that_is_set_twice_or_is_anothers_is_refused(
    fields: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        encoded(**fields)  # type: ignore[arg-type]


def test_extra_fields_join_the_body() -> None:
    assert body(extra_body={"newField": 1})["newField"] == 1


def test_a_request_without_a_message_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no message"):
        encoded((Message.system("Be brief."),))


def test_equal_requests_have_equal_bytes() -> None:
    fields = {"tools": (TOOL,), "temperature": 1.0, "output": OutputSchema(SCHEMA)}
    made = [encoded(ASK, model="gemini-3-flash", **fields).body for _ in range(2)]

    assert made[0] == made[1]


@pytest.mark.parametrize("output", ["json", OutputSchema(SCHEMA)])
def test_older_models_refuse_json_beside_tools(output: OutputSchema | str) -> None:
    """Status 400, "Function calling with a response mime type: 'application/json' is
    unsupported"; recorded of Gemini 3, it is taken."""
    with pytest.raises(UnsupportedFeature, match="JSON output beside tools"):
        config(tools=(TOOL,), output=output)
    newer = config(tools=(TOOL,), output=output, model="gemini-3-flash-preview")
    assert newer["responseMimeType"] == "application/json"
