"""Turns: who speaks, where results stand, and what a call needs to come back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.dialects.gemini.asking import ASK, body, call, encoded, own, parts, target

from fairlead.dialects.gemini.conversation import NO_SIGNATURE
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import Image, Message, Text, ToolResult

CALLED = Message.assistant(call("c1"), call("c2", "sub"))
PICTURE = Image(data=b"png", media_type="image/png")
INLINE = {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}


def answered(result: ToolResult, **fields: Any) -> Any:
    return parts(Message.tool(result), *ASK, CALLED, **fields)


def test_turns_of_one_role_are_one_turn() -> None:
    found = body((*ASK, Message.user("there"), Message.assistant("a"), Message.assistant("b")))

    assert found["contents"] == [
        {"role": "user", "parts": [{"text": "hi"}, {"text": "there"}]},
        {"role": "model", "parts": [{"text": "a"}, {"text": "b"}]},
    ]


def test_system_messages_are_the_instruction_wherever_they_stand() -> None:
    sent = encoded((Message.system("A"), *ASK, Message.system("B")))

    assert isinstance(sent.body, bytes)
    assert sent.body.startswith(b'{"systemInstruction":{"parts":[{"text":"A"},{"text":"B"}]},')
    assert len(sent.warnings) == 1


def test_results_stand_first_in_the_order_of_their_calls() -> None:
    turn = Message.user(Text("and?"), ToolResult("c2", "two"))

    assert parts(turn, *ASK, CALLED, Message.tool(ToolResult("c1", "one"))) == [
        {"functionResponse": {"name": "add", "response": {"output": "one"}}},
        {"functionResponse": {"name": "sub", "response": {"output": "two"}}},
        {"text": "and?"},
    ]


def test_a_result_has_the_id_that_the_provider_gave_its_call() -> None:
    given = Message.assistant(call("c1", provider_state=own('{"functionCall":{"id":"c1"}}')))

    (part,) = parts(Message.tool(ToolResult("c1", "one")), *ASK, given)

    assert part["functionResponse"]["id"] == "c1"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (ToolResult("c1", "text"), {"output": "text"}),
        (ToolResult("c1", ""), {"output": ""}),
        (ToolResult("c1", ' {"a": [1]}'), {"a": [1]}),
        (ToolResult("c1", "{not json"), {"output": "{not json"}),
        (ToolResult("c1", "no", is_error=True), {"error": "no"}),
        (ToolResult("c1", '{"a":1}', is_error=True), {"error": {"a": 1}}),
        (ToolResult("c1", (Text("a"), Text("b"))), {"output": "a\nb"}),
    ],
)
def test_a_result_is_an_object(result: ToolResult, expected: object) -> None:
    (part,) = answered(result)

    assert part["functionResponse"]["response"] == expected


def test_pictures_of_a_result_stand_inside_it_from_gemini_3_on() -> None:
    result = ToolResult("c1", (Text("a map"), PICTURE))

    (part,) = answered(result, model="gemini-3-flash")
    assert part["functionResponse"]["parts"] == [INLINE]
    first, second = answered(result)
    assert "parts" not in first["functionResponse"]
    assert second == INLINE
    (part,) = answered(ToolResult("c1", (PICTURE,)), model="gemini-3-flash")
    assert part["functionResponse"]["response"] == {}


def test_a_result_without_a_call_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="answers no call"):
        answered(ToolResult("other", "x"))


def test_the_first_call_of_a_turn_has_a_signature_where_the_model_insists() -> None:
    first, second = parts(CALLED, *ASK, model="gemini-3-flash")
    assert first["thoughtSignature"] == NO_SIGNATURE
    assert "thoughtSignature" not in second

    signed = Message.assistant(call("c1", provider_state=own('{"thoughtSignature":"MQ=="}')))
    (part,) = parts(signed, *ASK, model="gemini-3-flash")
    assert part["thoughtSignature"] == "MQ=="

    for part in parts(CALLED, *ASK, model="gemini-2.5-flash"):
        assert "thoughtSignature" not in part


def test_an_empty_message_is_left_out_and_listed() -> None:
    sent = encoded((*ASK, Message.assistant(""), Message.assistant(Text(""))))

    assert sent.dropped == ("empty assistant message",) * 2


def test_speakers_have_no_names() -> None:
    with pytest.raises(UnsupportedFeature, match="message name"):
        encoded((Message("user", (Text("hi"),), name="ann"),))


def test_the_signatures_of_one_service_are_not_sent_to_the_other() -> None:
    signed = own('{"thoughtSignature":"MQ=="}')
    code = own('{"executableCode": {"code": "1"}, "thoughtSignature": "MQ=="}')
    said = Message(
        "assistant",
        (
            Text("", provider_state=signed),
            call("c0", "code_execution", by_provider=True, provider_state=code),
            call("c1", provider_state=signed),
        ),
        provider_state=own('{"service":"vertex_ai"}'),
    )

    sent = encoded((*ASK, said), model="gemini-3-flash")

    assert sent.dropped == ("signature of another service",) * 3
    assert parts(said, *ASK, model="gemini-3-flash") == [
        {"executableCode": {"code": "1"}},
        {"functionCall": {"name": "add", "args": {"a": 1}}, "thoughtSignature": NO_SIGNATURE},
    ]
    url = "https://v.example/v1/projects/p/publishers/google/models/gemini-3-flash:generateContent"
    vertex = msgspec.structs.replace(target("gemini-3-flash"), url=url)
    assert encoded((*ASK, said), to=vertex).dropped == ()
