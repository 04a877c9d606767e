"""Strict schemas go out as the target takes them, and the caller is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.dialects.encoding import HI

from fairlead.dialects.registry import dialect_named
from fairlead.errors import UnsupportedFeature
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import OutputSchema, Tool

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
MAP = {
    "type": "object",
    "properties": {"m": {"type": "object", "additionalProperties": {"type": "string"}}},
    "required": ["m"],
}
TAKES = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "bedrock_converse": "anthropic",
}
EACH = pytest.mark.parametrize("dialect", TAKES)


def encode(
    dialect: str, *, strict: str = "", unsupported: UnsupportedPolicy = "error", **options: Any
) -> Encoded:
    quirks = Quirks(strict_schemas=strict or TAKES[dialect])  # type: ignore[arg-type]
    target = Target("p", "claude-sonnet-4-5", "chat", dialect, "https://p.example/", quirks)
    request = ChatRequest("m", (HI,), **options)
    return dialect_named(dialect).encode(request, target, stream=False, unsupported=unsupported)


def sent(encoded: Encoded, dialect: str) -> dict[str, Any]:
    """The schema of the one tool, or of the output."""
    body = msgspec.json.decode(encoded.body)
    match dialect:
        case "openai_chat" if "tools" in body:
            return body["tools"][0]["function"]["parameters"]
        case "openai_chat":
            return body["response_format"]["json_schema"]["schema"]
        case "openai_responses" if "tools" in body:
            return body["tools"][0]["parameters"]
        case "openai_responses":
            return body["text"]["format"]["schema"]
        case "anthropic_messages" if "tools" in body:
            return body["tools"][0]["input_schema"]
        case "anthropic_messages":
            return body["output_config"]["format"]["schema"]
        case "bedrock_converse" if "toolConfig" in body:
            return body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"]
    text = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
    return msgspec.json.decode(text)


@EACH
def test_a_strict_tool_fits_its_target_and_changes_are_told(dialect: str) -> None:
    encoded = encode(dialect, tools=(Tool("count", None, SCHEMA, strict=True),))
    schema = sent(encoded, dialect)

    assert schema["additionalProperties"] is False
    assert len(encoded.warnings) == 1
    assert "the schema of the tool 'count' was adapted to" in encoded.warnings[0]
    changed = "null stands for absent" if TAKES[dialect] == "openai" else "n.minimum: not supported"
    assert changed in encoded.warnings[0]


@EACH
def test_a_strict_output_fits_its_target(dialect: str) -> None:
    strict = True if TAKES[dialect] == "openai" else None
    encoded = encode(dialect, output=OutputSchema(SCHEMA, strict=strict))

    assert sent(encoded, dialect)["additionalProperties"] is False
    assert "the schema of the output was adapted" in encoded.warnings[0]


@EACH
@pytest.mark.parametrize("strict", [None, False])
def test_a_tool_that_is_not_strict_goes_as_it_is(dialect: str, strict: bool | None) -> None:
    encoded = encode(dialect, tools=(Tool("count", None, SCHEMA, strict),))

    assert sent(encoded, dialect) == SCHEMA
    assert encoded.warnings == ()


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
def test_an_output_that_is_not_strict_goes_as_it_is(dialect: str) -> None:
    assert sent(encode(dialect, output=OutputSchema(SCHEMA)), dialect) == SCHEMA


@EACH
def test_a_target_that_takes_any_schema_gets_it_as_it_is(dialect: str) -> None:
    encoded = encode(dialect, strict="any", tools=(Tool("count", None, SCHEMA, strict=True),))

    assert sent(encoded, dialect) == SCHEMA


@EACH
def test_what_cannot_be_said_is_refused_unless_it_may_be_lost(dialect: str) -> None:
    tools = (Tool("map", None, MAP, strict=True),)
    with pytest.raises(UnsupportedFeature, match=r"schema of the tool 'map' at m; fields of any"):
        encode(dialect, tools=tools)

    warned = encode(dialect, tools=tools, unsupported="warn")
    dropped = encode(dialect, tools=tools, unsupported="drop")

    assert "the schema of the tool 'map' at m" in warned.warnings[0]
    assert dropped.dropped == ("the schema of the tool 'map' at m",)
    assert sent(dropped, dialect)["properties"]["m"]["additionalProperties"] is False


def test_gemini_gets_words_that_it_knows() -> None:
    schema = {"type": "object", "properties": {"a": {"const": "x"}}, "$schema": "urn:x"}
    target = Target("p", "gemini-3", "chat", "gemini", "https://p.example/")
    request = ChatRequest("m", (HI,), tools=(Tool("t", None, schema),))
    request = replace(request, output=OutputSchema(schema))
    encoded = dialect_named("gemini").encode(request, target, stream=False, unsupported="error")
    body = msgspec.json.decode(encoded.body)
    told = body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]

    assert told == {"type": "object", "properties": {"a": {"enum": ["x"]}}}
    assert body["generationConfig"]["responseJsonSchema"] == told
    assert encoded.warnings == ()
