"""Tools for targets that have none: what is asked for, and what answers mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from fairlead.dialects.emulated_output import BY_PROMPT
from fairlead.dialects.emulated_tools import TRANSLATED, EmulatingDialect, tooled, without_tools
from fairlead.dialects.registry import dialect_named
from fairlead.errors import InvalidRequest
from fairlead.ports import Limits
from fairlead.types.events import Finish, TextDelta, ToolCallEnd, ToolCallStart
from fairlead.types.messages import Message, Text, ToolCall, ToolResult
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

WEATHER = Tool(
    "get_weather",
    "The weather in a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
CLOCK = Tool("get_time")
TARGET = Target("local", "tiny", "chat", "openai_chat", "http://127.0.0.1/v1/chat/completions")
REQUEST = ChatRequest("tiny", (Message.user("Weather in Oslo?"),), tools=(WEATHER, CLOCK))


def body_of(request: ChatRequest, target: Target = TARGET) -> dict:
    encoded = EmulatingDialect(dialect_named("openai_chat")).encode(
        request, target, stream=False, unsupported="error"
    )
    assert TRANSLATED in encoded.dropped
    assert isinstance(encoded.body, bytes)
    return json.loads(encoded.body)


def ways(body: dict) -> list[dict]:
    schema = body["response_format"]["json_schema"]["schema"]
    return schema.get("anyOf", [schema])


def test_every_tool_is_a_way_to_answer_and_words_are_another() -> None:
    body = body_of(REQUEST)
    named = [way["properties"].get("tool", {}).get("const") for way in ways(body)]
    assert named == ["get_weather", "get_time", None]
    assert ways(body)[2]["required"] == ["answer"]
    assert "tools" not in body
    assert "tool_choice" not in body
    assert body["messages"][0]["role"] == "system"
    assert '"get_weather"' in body["messages"][0]["content"]


def test_the_tools_stand_behind_what_the_system_is_told() -> None:
    told = replace(REQUEST, messages=(Message.system("Be brief."), *REQUEST.messages))
    messages = without_tools(told).messages
    assert [message.role for message in messages] == ["system", "user"]
    assert messages[0].text.startswith("Be brief.\n\nYou can call")


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("required", ["get_weather", "get_time"]),
        (NamedTool("get_time"), ["get_time"]),
        ("auto", ["get_weather", "get_time", None]),
    ],
)
def test_a_choice_leaves_so_many_ways(choice, left) -> None:
    found = ways(body_of(replace(REQUEST, tool_choice=choice)))
    assert [way["properties"].get("tool", {}).get("const") for way in found] == left


def test_no_tool_may_be_called_where_the_choice_is_none() -> None:
    body = body_of(replace(REQUEST, tool_choice="none"))
    assert "response_format" not in body
    assert [message["role"] for message in body["messages"]] == ["user"]


def test_calls_and_results_of_earlier_turns_are_words() -> None:
    call = ToolCall("call_1", "get_weather", '{"city":"Oslo"}')
    messages = (
        *REQUEST.messages,
        Message.assistant(call),
        Message.tool(ToolResult("call_1", "rain", name="get_weather")),
        Message.tool(ToolResult("call_2", "broken", is_error=True, name="get_time")),
    )
    found = body_of(replace(REQUEST, messages=messages))["messages"]
    assert found[2] == {"role": "assistant", "content": 'get_weather({"city":"Oslo"})'}
    assert {message["role"] for message in found[3:]} == {"user"}
    said = [text_of(message) for message in found[3:]]
    hint = "If you need nothing more, answer my question."
    assert said == [
        f'get_weather({{"city":"Oslo"}}) returned: rain\n{hint}',
        f"get_time failed: broken\n{hint}",
    ]


def text_of(message: dict) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def test_definitions_of_several_tools_do_not_meet() -> None:
    def tool(name: str, kind: str) -> Tool:
        place = {"$ref": "#/$defs/Place"}
        return Tool(
            name,
            None,
            {
                "type": "object",
                "properties": {"at": place, "near": {"type": "array", "items": place}},
                "$defs": {"Place": {"type": kind}, "Far": {"anyOf": [place]}},
            },
        )

    body = body_of(replace(REQUEST, tools=(tool("a", "string"), tool("b", "integer"))))
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["$defs"]["a.Place"] == {"type": "string"}
    assert schema["$defs"]["b.Place"] == {"type": "integer"}
    assert schema["$defs"]["b.Far"] == {"anyOf": [{"$ref": "#/$defs/b.Place"}]}
    arguments = schema["anyOf"][1]["properties"]["arguments"]
    assert arguments["properties"]["near"]["items"] == {"$ref": "#/$defs/b.Place"}
    assert "$defs" not in arguments


def test_a_target_without_schemas_is_asked_in_words_alone() -> None:
    target = replace(TARGET, quirks=Quirks(unsupported=("tools", "output")))
    body = body_of(REQUEST, target)
    assert "response_format" not in body
    assert "with JSON alone" in body["messages"][0]["content"]


def test_a_tool_of_the_provider_cannot_be_emulated() -> None:
    tools = (ProviderTool("openai_chat", {"type": "web_search"}),)
    with pytest.raises(InvalidRequest, match="cannot be emulated"):
        body_of(replace(REQUEST, tools=tools))


@pytest.mark.parametrize(
    ("lacks", "choice", "wraps"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_tools_are_emulated_by_choice_or_where_there_are_none(lacks, choice, wraps) -> None:
    target = replace(TARGET, quirks=Quirks(unsupported=("tools",) if lacks else ()))
    dialect = tooled(dialect_named("openai_chat"), REQUEST, target, choice)
    assert isinstance(dialect, EmulatingDialect) is wraps


# -- answers -------------------------------------------------------------------------------------


def chunk(text: str | None, reason: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'id': 'x', 'model': 'm', 'choices': [choice]})}\n\n".encode()


def streamed(pieces: list[str], request: ChatRequest = REQUEST, reason: str = "stop"):
    decoder = EmulatingDialect(dialect_named("openai_chat")).decoder(request, TARGET, Limits())
    events = [event for piece in pieces for event in decoder.feed(chunk(piece))]
    events += decoder.feed(chunk(None, reason) + b"data: [DONE]\n\n")
    events += decoder.close()
    assert decoder.failure is None
    raw = RawResponse(200, ())
    return events, decoder.result(receipt=Receipt("chat", "x"), raw=raw, warnings=())


def whole(text: str, request: ChatRequest = REQUEST):
    decoder = EmulatingDialect(dialect_named("openai_chat")).decoder(request, TARGET, Limits())
    message = {"role": "assistant", "content": text}
    body = {"id": "x", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    decoder.whole(json.dumps(body).encode())
    assert decoder.failure is None
    return decoder.result(receipt=Receipt("chat", "x"), raw=RawResponse(200, ()), warnings=())


CALL = '{"tool": "get_weather", "arguments": {"city": "Oslo"}}'


def test_a_call_in_json_is_a_tool_call() -> None:
    events, answer = streamed([CALL[:12], CALL[12:40], CALL[40:]])
    call = ToolCall("call_1", "get_weather", '{"city":"Oslo"}')
    assert answer.message.parts == (call,)
    assert answer.finish_reason == "tool_call"
    kinds = [type(event) for event in events]
    assert kinds.index(ToolCallStart) < kinds.index(ToolCallEnd)
    assert TextDelta not in kinds
    assert events[-1] == Finish("tool_call", "stop")


def test_ids_count_on_from_the_calls_before() -> None:
    before = Message.assistant(ToolCall("call_1", "get_time"))
    asked = replace(REQUEST, messages=(*REQUEST.messages, before))
    assert streamed([CALL], asked)[1].tool_calls[0].id == "call_2"


@given(st.text(), st.integers(1, 9))
def test_words_are_told_while_they_come_and_agree_with_the_whole(text: str, size: int) -> None:
    said = json.dumps({"answer": text})
    pieces = [said[at : at + size] for at in range(0, len(said), size)]
    events, answer = streamed(pieces)
    told = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert told == answer.text == whole(said).text
    assert answer.finish_reason == "stop"


def test_the_first_words_come_before_the_last() -> None:
    events, _ = streamed(['{"answer": "It ra', "ins in Oslo", '."}'])
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    assert deltas == ["It ra", "ins in Oslo", "."]


def test_an_answer_that_has_a_schema_is_its_json() -> None:
    asked = replace(REQUEST, output=OutputSchema({"type": "object"}))
    assert streamed(['{"answer": {"rain": tr', "ue}}"], asked)[1].text == '{"rain":true}'


@pytest.mark.parametrize("said", ["It rains.", '{"weather": 3}', "[1]", '{"tool": 3}', "{"])
def test_what_does_not_keep_to_the_form_stays_as_it_is(said: str) -> None:
    assert streamed([said])[1].text == said
    assert whole(said).message.parts == (Text(said),)


def test_an_answer_cut_by_its_length_keeps_what_was_told() -> None:
    events, answer = streamed(['{"answer": "It ra'], reason="length")
    assert answer.text == "It ra"
    assert answer.finish_reason == "length"
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "It ra"


def test_a_call_cut_by_its_length_is_no_call() -> None:
    events, answer = streamed([CALL[:-4]], reason="length")
    assert answer.tool_calls == ()
    assert answer.finish_reason == "length"
    # It was told of, so it is told to its end, with what there is of its arguments.
    (begun,) = answer.message.parts
    assert isinstance(begun, ToolCall)
    assert (begun.complete, begun.arguments) == (False, '{"city": "Osl')
    assert [event for event in events if isinstance(event, ToolCallEnd)] == [ToolCallEnd(0, begun)]


def test_how_the_answer_is_asked_for_may_be_chosen() -> None:
    asked = tooled(dialect_named("openai_chat"), REQUEST, TARGET, True, "prompt")
    encoded = asked.encode(REQUEST, TARGET, stream=True, unsupported="error")
    assert BY_PROMPT in encoded.dropped
    assert b"json_schema" not in encoded.body
