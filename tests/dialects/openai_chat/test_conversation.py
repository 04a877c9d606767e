"""Messages on their way out: every part in every role, and what came back before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.openai_chat.answering import Answered, body as answer
from tests.dialects.openai_chat.asking import encoded, sent

from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks

CALL = ToolCall("a", "f", '{"x":1}')


def own(value: object) -> ProviderState:
    return ProviderState("openai_chat", json.dumps(value))


def said(*parts: Part, echo: Any = "") -> dict[str, Any]:
    (message,) = sent(Message("assistant", parts), quirks=Quirks(reasoning_echo=echo))
    return message


def test_system_messages_take_the_role_that_the_target_knows() -> None:
    (message,) = sent(Message.system("Be brief"))
    assert message == {"role": "system", "content": "Be brief"}
    (message,) = sent(Message.system("Be brief"), quirks=Quirks(system_role="developer"))
    assert message["role"] == "developer"


def test_user_parts_become_the_dialects_parts() -> None:
    (message,) = sent(
        Message.user(
            "Look",
            Image(url="https://a/b.png", detail="low"),
            Image(data=b"\0\1", media_type="image/png"),
            Audio(b"\0", "audio/mpeg"),
            File(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
            File(file_id="file-1"),
        )
    )
    assert message["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://a/b.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAE="}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        },
        {"type": "file", "file": {"file_id": "file-1"}},
    ]


def test_a_speakers_name_is_sent() -> None:
    (message,) = sent(Message("user", (Text("Hi"),), name="Ada"))
    assert message == {"role": "user", "content": "Hi", "name": "Ada"}


def test_an_assistant_turn_with_calls_and_their_results() -> None:
    turn, result = sent(Message.assistant(CALL), Message.tool(ToolResult("a", "3")))
    function = {"name": "f", "arguments": '{"x":1}'}
    assert turn == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "a", "type": "function", "function": function}],
    }
    assert result == {"role": "tool", "tool_call_id": "a", "content": "3"}


def test_results_in_a_user_message_come_before_its_words() -> None:
    wire = sent(Message.assistant(CALL), Message.user("And?", ToolResult("a", "3")))
    assert [message["role"] for message in wire] == ["assistant", "tool", "user"]


def test_several_results_become_several_messages_and_parts_stay_parts() -> None:
    calls = Message.assistant(CALL, ToolCall("b", "g"))
    results = Message.tool(ToolResult("a", "1"), ToolResult("b", (Text("2"), Text("3"))))
    _, one, two = sent(calls, results)
    assert one["content"] == "1"
    assert two["content"] == [{"type": "text", "text": "2"}, {"type": "text", "text": "3"}]
    _, _, two = sent(calls, results, quirks=Quirks(tool_content="string"))
    assert two["content"] == "23"


def test_a_refusal_goes_back_as_one() -> None:
    assert said(Refusal("No")) == {"role": "assistant", "content": None, "refusal": "No"}


@pytest.mark.parametrize(
    ("came_in", "echo", "field"),
    [
        ("reasoning_content", "reasoning_content", "reasoning_content"),
        ("reasoning", "reasoning", "reasoning"),
        ("reasoning", "reasoning_content", "reasoning_content"),
        ("reasoning_content", "reasoning_details", "reasoning_content"),
    ],
)
def test_reasoning_goes_back_in_the_field_that_the_target_reads(
    came_in: str, echo: str, field: str
) -> None:
    message = said(Reasoning("Hm", provider_state=own({"field": came_in})), Text("Yes"), echo=echo)
    assert message == {"role": "assistant", "content": "Yes", field: "Hm"}


def test_reasoning_of_the_callers_own_is_sent_where_the_target_takes_any() -> None:
    assert said(Reasoning("Hm"), CALL, echo="reasoning_content")["reasoning_content"] == "Hm"


def test_20_reasoning_details_go_back_unchanged() -> None:
    details = [{"type": "reasoning.encrypted", "data": "a+/=", "index": 0}]
    message = (
        Answered().whole(answer({"content": "x", "reasoning_details": details})).response.message
    )
    (wire,) = sent(message, quirks=Quirks(reasoning_echo="reasoning_details"))
    assert wire["reasoning_details"] == details


def test_thinking_chunks_and_think_tags_go_back_in_the_content() -> None:
    part = Reasoning("Hm", provider_state=own({"field": "content", "chunk": {"signature": "s"}}))
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "signature": "s"}
    assert said(part, Text("x"), echo="content")["content"] == [
        thinking,
        {"type": "text", "text": "x"},
    ]
    assert said(part, Text("x"), echo="think_tags")["content"] == "<think>Hm</think>\n\nx"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Reasoning("Hm", provider_state=ProviderState("anthropic_messages", "{}")), "reasoning"),
        (Reasoning("Hm"), "reasoning"),
        (Opaque("x", ProviderState("gemini", "{}")), "x of gemini"),
        (ToolCall("s", "search", by_provider=True), "a call of search that a provider ran"),
        (ToolResult("s", "r", by_provider=True), "the result of a tool that a provider ran"),
        (Text("x", (Citation(url="https://a"),)), "citations"),
    ],
)
def test_what_means_nothing_to_the_target_is_left_out_and_listed(part: Part, name: str) -> None:
    made = encoded(ChatRequest("m", (Message.assistant("So", part),)))
    assert made.dropped == (f"messages[0]: {name}",)


def test_20_a_signature_on_a_call_goes_back_with_it() -> None:
    extra = {"extra_content": {"google": {"thought_signature": "a+/="}}}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, **extra}
    message = Answered().whole(answer({"content": None, "tool_calls": [call]})).response.message
    (wire,) = sent(message)
    assert wire["tool_calls"] == [call]


def test_20_a_signature_on_a_message_goes_back_with_it() -> None:
    extra = {"extra_content": {"google": {"thought_signature": "a+/="}}}
    message = Answered().whole(answer({"content": "x", **extra})).response.message
    assert sent(message) == [{"role": "assistant", "content": "x", **extra}]


def test_a_custom_call_goes_back_as_it_came() -> None:
    call = {"id": "a", "type": "custom", "custom": {"name": "run", "input": 'x "y"'}}
    message = Answered().whole(answer({"content": None, "tool_calls": [call]})).response.message
    assert sent(message)[0]["tool_calls"] == [call]


def test_sound_of_the_model_goes_back_by_its_id() -> None:
    audio = {"id": "audio_1", "data": "UklG", "transcript": "Hey"}
    message = Answered().whole(answer({"content": None, "audio": audio})).response.message
    assert sent(message)[0]["audio"] == {"id": "audio_1"}


def test_an_unknown_chunk_of_content_goes_back_as_it_came() -> None:
    item = {"type": "reference", "reference_ids": [1]}
    content = [item, {"type": "text", "text": "x"}]
    message = Answered().whole(answer({"content": content})).response.message
    assert sent(message)[0]["content"] == content


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((Message.tool(ToolResult("a", "3")),), "answers no tool call"),
        ((Message("tool", (Text("3"),)),), "a tool message holds tool results alone"),
        ((Message("user", ()),), "the user message is empty"),
        ((Message("tool", ()),), "the tool message is empty"),
        ((Message("system", (Image(url="https://a"),)),), "a system message holds text alone"),
        ((Message.user("a", CALL),), "a user message cannot hold ToolCall"),
        ((Message.assistant(File(file_id="f")),), "an assistant message cannot hold File"),
        ((Message.user("a", Image(data=b"x")),), "needs its media_type"),
    ],
)
def test_a_conversation_that_no_provider_takes_is_refused(
    messages: tuple[Message, ...], words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        sent(*messages)


@pytest.mark.parametrize(
    ("message", "feature"),
    [
        (Message.user("a", Image(file_id="f")), "images by file id"),
        (Message.user("a", File(url="https://a")), "files by URL"),
        (Message.assistant(Image(url="https://a")), "image in an assistant message"),
        (Message.assistant(Audio(b"", "audio/wav")), "audio in an assistant message"),
    ],
)
def test_a_part_that_the_dialect_lacks_is_named(message: Message, feature: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        sent(message)
    assert caught.value.feature == feature


def test_a_part_that_the_target_lacks_is_named() -> None:
    with pytest.raises(UnsupportedFeature, match="image"):
        sent(Message.user("a", Image(url="https://a")), quirks=Quirks(unsupported=("image",)))


def test_an_error_mark_on_a_result_is_lost_and_listed() -> None:
    messages = (Message.assistant(CALL), Message.tool(ToolResult("a", "3", is_error=True)))
    (loss,) = encoded(ChatRequest("m", messages)).dropped
    assert "is an error" in loss


def test_a_call_of_another_model_gets_a_blank_where_reasoning_is_required() -> None:
    """Status 400, "thinking is enabled but reasoning_content is missing in assistant tool call
    message", of Moonshot for an empty one too."""
    quirks = Quirks(reasoning_echo="reasoning_content", reasoning_required=True)
    theirs = Message.assistant(Reasoning("", provider_state=ProviderState("gemini", "{}")), CALL)
    own_one = Message.assistant(Reasoning("Hm", provider_state=own({})), CALL)
    wires = sent(theirs, own_one, Message.assistant("Hi"), quirks=quirks)
    assert [wire.get("reasoning_content") for wire in wires] == [" ", "Hm", None]


def test_a_refusal_is_text_where_the_target_knows_no_field_for_it() -> None:
    (wire,) = sent(Message.assistant(Refusal("No.")), quirks=Quirks(unsupported=("refusal",)))
    assert wire == {"role": "assistant", "content": "No."}


@pytest.mark.parametrize("parts", [(), (Text(""),), (Reasoning("Hm", provider_state=own({})),)])
def test_an_answer_of_neither_words_nor_calls_is_left_out(parts: tuple[Part, ...]) -> None:
    """Status 400 of Mistral, "Assistant message must have either content or tool_calls, but not
    none", and of DeepSeek: such as an answer that was cut while the model thought."""
    messages = (Message.user("Hi"), Message("assistant", parts), Message.user("Go on"))
    for quirks in (Quirks(), Quirks(reasoning_echo="reasoning_content")):
        assert [wire["role"] for wire in sent(*messages, quirks=quirks)] == ["user", "user"]
    assert "without words or calls" in encoded(ChatRequest("m", messages)).dropped[-1]
    with pytest.raises(InvalidRequest, match="no message to answer"):
        sent(Message("assistant", parts))
