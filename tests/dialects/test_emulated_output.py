"""A schema for the answer at targets that take it, and at those that do not."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from fairlead.dialects.emulated_output import (
    BY_PROMPT,
    BY_TOOL,
    OutputDialect,
    checked_mode,
    mode_of,
)
from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.dialects.sketches import sketch_of
from fairlead.dialects.told_output import TALK
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.ports import Limits
from fairlead.types.events import Finish, PartEnd, TextDelta
from fairlead.types.messages import Message, Text
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import OutputSchema, Tool

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "size": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
MAP = {"type": "object", "additionalProperties": {"type": "integer"}}
PLAIN = Target("p", "m", "chat", "openai_chat", "http://127.0.0.1/")
STRICT = replace(PLAIN, quirks=Quirks(strict_schemas="openai"))
NO_SCHEMA = replace(PLAIN, quirks=Quirks(unsupported=("output",)))
JSON_ONLY = replace(PLAIN, quirks=Quirks(output="json_object", forced_tool="unsupported"))
NEITHER = replace(PLAIN, quirks=Quirks(unsupported=("output", "tools", "tool_choice")))


def request_for(schema=SCHEMA, **changes) -> ChatRequest:
    asked = ChatRequest("m", (Message.user("Oslo?"),), output=OutputSchema(schema, "city"))
    return replace(asked, **changes)


def encoded(target: Target, mode="auto", request=None, lacks=(), unsupported="error"):
    dialect = OutputDialect(dialect_named(target.dialect), mode, lacks)
    made = dialect.encode(request or request_for(), target, stream=True, unsupported=unsupported)
    return dialect, made, json.loads(made.body)


@pytest.mark.parametrize(
    ("target", "lacks", "mode"),
    [
        (PLAIN, (), "native"),
        (STRICT, (), "native"),
        (NO_SCHEMA, (), "tool"),
        (PLAIN, ("output",), "tool"),
        (PLAIN, ("output", "tools"), "prompt"),
        (JSON_ONLY, (), "prompt"),
        (NEITHER, (), "prompt"),
    ],
)
def test_the_firmest_way_that_the_target_has_is_taken(target, lacks, mode) -> None:
    _, made, body = encoded(target, lacks=lacks)

    assert mode_of(made.dropped) == mode
    assert ("tools" in body, made.dropped) == {
        "native": (False, ()),
        "tool": (True, (BY_TOOL,)),
        "prompt": (False, (BY_PROMPT,)),
    }[mode]


def test_a_schema_that_fits_is_strict_where_the_target_says_what_that_means() -> None:
    strict = encoded(STRICT)[2]["response_format"]["json_schema"]
    loose = encoded(STRICT, request=request_for(MAP))[2]["response_format"]["json_schema"]
    unknown = encoded(PLAIN)[2]["response_format"]["json_schema"]

    assert strict["strict"] is True
    assert strict["schema"]["required"] == ["city", "size"]
    assert loose == {"name": "city", "schema": MAP}
    assert "strict" not in unknown


def test_one_tool_is_forced_and_its_arguments_are_the_schema() -> None:
    body = encoded(NO_SCHEMA)[2]

    (tool,) = body["tools"]
    assert tool["function"]["name"] == "city"
    assert tool["function"]["parameters"] == SCHEMA
    assert body["tool_choice"] == {"type": "function", "function": {"name": "city"}}
    assert "response_format" not in body


def test_the_prompt_has_the_schema_and_a_form_behind_what_the_system_is_told() -> None:
    asked = request_for(messages=(Message.system("Be brief."), Message.user("Oslo?")))
    body = encoded(JSON_ONLY, request=asked)[2]

    said = body["messages"][0]["content"]
    assert said.startswith("Be brief.\n\nAnswer with JSON alone")
    assert json.dumps(SCHEMA, separators=(",", ":")) in said
    assert said.endswith('{"city":"...","size":0}')
    assert body["response_format"] == {"type": "json_object"}
    assert "response_format" not in encoded(NEITHER)[2]


@pytest.mark.parametrize(("target", "mode"), [(NO_SCHEMA, "native"), (JSON_ONLY, "tool")])
def test_one_way_and_no_other_is_refused_where_the_target_lacks_it(target, mode) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(target, mode)


def test_what_else_is_unsupported_decides_nothing() -> None:
    target = replace(PLAIN, quirks=Quirks(unsupported=("top_k",)))
    asked = request_for(top_k=3)

    with pytest.raises(UnsupportedFeature, match="top_k"):
        encoded(target, request=asked)
    made = encoded(target, request=asked, unsupported="drop")[1]
    assert made.dropped == ("top_k",)


def test_a_request_with_tools_of_its_own_cannot_force_one_more() -> None:
    asked = request_for(tools=(Tool("look"),))

    assert mode_of(encoded(NO_SCHEMA, request=asked)[1].dropped) == "prompt"
    with pytest.raises(InvalidRequest, match="cannot force one more"):
        encoded(NO_SCHEMA, "tool", request=asked)


@pytest.mark.parametrize("name", [n for n in CHAT_DIALECTS if n != "ag_ui"])
@pytest.mark.parametrize("mode", ["native", "prompt"])
def test_every_dialect_has_these_ways(name, mode) -> None:
    made = encoded(replace(PLAIN, dialect=name), mode)[1]

    assert mode_of(made.dropped) == mode


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="auto, native, tool, prompt"):
        checked_mode("magic")


# -- answers ---------------------------------------------------------------------------------------


def sse(*deltas: dict, finish: str = "stop") -> bytes:
    pieces = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    pieces.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    lines = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces)
    return f"{lines}data: [DONE]\n\n".encode()


def call(arguments: str, name: str | None = None) -> dict:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"tool_calls": [{"index": 0, "id": "c", "function": function}]}


def answered(target: Target, body: bytes, size: int = 1 << 20, mode="auto"):
    dialect, _, _ = encoded(target, mode)
    decoder = dialect.decoder(request_for(), target, Limits())
    events = []
    for place in range(0, len(body), size):
        events += decoder.feed(body[place : place + size])
    events += decoder.close()
    assert decoder.failure is None
    made = decoder.result(receipt=Receipt("chat", "p/m"), raw=RawResponse(200, ()), warnings=())
    return events, made


BY_ARGUMENTS = sse(
    {"content": "Let me see."},
    call("", "city"),
    call('{"city": '),
    call('"Oslo"}'),
    finish="tool_calls",
)
FENCED = sse({"content": 'Sure:\n```json\n{"city": "Os'}, {"content": 'lo"}\n```\nThere.'})


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(("target", "body"), [(NO_SCHEMA, BY_ARGUMENTS), (NEITHER, FENCED)])
def test_the_answer_is_its_json_and_words_around_it_are_told_of(target, body, size) -> None:
    events, made = answered(target, body, size)

    assert made.text == '{"city": "Oslo"}'
    assert made.message.parts == (Text('{"city": "Oslo"}'),)
    assert made.finish_reason == "stop"
    assert made.warnings == (TALK,)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == made.text
    assert [e.part for e in events if isinstance(e, PartEnd)] == [Text(made.text)]
    assert [e.finish_reason for e in events if isinstance(e, Finish)] == ["stop"]


@pytest.mark.parametrize("target", [NO_SCHEMA, NEITHER])
def test_an_answer_without_json_stays_the_words_that_it_is(target) -> None:
    events, made = answered(target, sse({"content": "I do "}, {"content": "not know."}))

    assert made.text == "I do not know."
    assert made.warnings == ()
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == made.text


def test_what_a_cut_answer_had_is_the_json_so_far() -> None:
    dialect, _, _ = encoded(NO_SCHEMA)
    decoder = dialect.decoder(request_for(), NO_SCHEMA, Limits())
    decoder.feed(sse(call("", "city"), call('{"city": "O'))[: -len(sse())])

    message, _ = decoder.partial()
    assert message.text == '{"city": "O'


@pytest.mark.parametrize("written", ["", '{"city": "O'])
def test_an_answer_that_its_length_cut_is_no_json_that_nobody_wrote(written) -> None:
    cut = sse(call("", "city"), call(written), finish="length")
    events, made = answered(NO_SCHEMA, cut)

    assert (made.text, made.finish_reason) == (written, "length")
    assert [e.part for e in events if isinstance(e, PartEnd)] == [Text(written)]


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ({"type": "array", "items": {"type": "number"}}, [0]),
        ({"enum": ["a", "b"]}, "a"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, False),
        ({"type": ["string", "null"]}, "..."),
        ({"prefixItems": [{"const": 1}, {}], "type": "array"}, [1, None]),
        ({"type": "object"}, {}),
    ],
)
def test_a_sketch_shows_the_form(schema, form) -> None:
    assert sketch_of(schema) == form


def test_a_sketch_of_what_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    assert "null" in json.dumps(sketch_of({"$ref": "#/$defs/Node", "$defs": {"Node": node}}))


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (
            replace(PLAIN, dialect="anthropic_messages", model="claude-3-7-sonnet-latest"),
            {"reasoning_effort": "low"},
        ),
        (replace(PLAIN, quirks=Quirks(output="json_object", forced_tool="unless_thinking")), {}),
        (replace(PLAIN, dialect="gemini", model="gemini-2.5-pro"), {"tools": (Tool("f"),)}),
    ],
    ids=["Claude with a budget", "DeepSeek", "Gemini 2.5 with tools"],
)
def test_a_way_that_is_refused_beside_the_rest_of_the_request_is_passed_over(
    target: Target, fields
) -> None:
    lacks = ("output",) if target.dialect == "anthropic_messages" else ()

    _, made, body = encoded(target, lacks=lacks, request=request_for(**fields))

    assert mode_of(made.dropped) == "prompt"
    assert "tool_choice" not in body
    assert "responseMimeType" not in body.get("generationConfig", {})
