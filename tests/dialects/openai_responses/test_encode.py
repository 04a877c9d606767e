"""Requests as bodies: every part in every place it can stand, and what is refused or left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs
from tests.dialects.openai_responses.building import body, message, output_text, whole

from fairlead.dialects.openai_responses import DIALECT, OpenAIResponsesOptions
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.ports import Encoded
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
from fairlead.types.requests import ChatRequest, Options, UnsupportedPolicy
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

USER = Message.user("Hi")
FOREIGN = ProviderState("anthropic_messages", '{"signature":"x"}')


class OtherOptions(Options, frozen=True):
    dialect = "other"


def encode(
    *messages: Message,
    policy: UnsupportedPolicy = "error",
    stream: bool = False,
    quirks: Quirks | None = None,
    **fields: Any,
) -> Encoded:
    url = "https://x.invalid/responses"
    target = Target("openai", "m", "chat", DIALECT.name, url, quirks or Quirks())
    asked = ChatRequest("openai/m", messages or (USER,), **fields)
    return DIALECT.encode(asked, target, stream=stream, unsupported=policy)


def sent(*messages: Message, **fields: Any) -> dict[str, Any]:
    return dict(json.loads(encode(*messages, **fields).body))


def items(*messages: Message, **fields: Any) -> list[dict[str, Any]]:
    return list(sent(*messages, **fields)["input"])


def test_a_plain_request_holds_nothing_that_was_not_asked_for() -> None:
    expected = b'{"model":"m","input":[{"type":"message","role":"user","content":"Hi"}]}'
    assert encode().body == expected
    assert encode(stream=True).body == expected[:-1] + b',"stream":true}'


def test_equal_requests_give_identical_bytes() -> None:
    fields: dict[str, Any] = {
        "tools": (Tool("add", "Adds.", {"type": "object"}),),
        "output": OutputSchema({"type": "object"}),
        "options": OpenAIResponsesOptions(verbosity="low", metadata={"a": "b"}),
        "temperature": 0.5,
    }
    assert encode(**fields).body == encode(**fields).body


def test_parameters_have_the_protocol_s_names() -> None:
    found = sent(
        temperature=0.5,
        top_p=0.9,
        max_tokens=10,
        logprobs=True,
        top_logprobs=2,
        reasoning_effort="low",
        user="u",
        parallel_tool_calls=False,
        output=OutputSchema({"type": "object"}, "shape", "A shape.", True),
        options=OpenAIResponsesOptions(reasoning_summary="auto", verbosity="high"),
    )
    del found["input"]
    assert found == {
        "model": "m",
        "parallel_tool_calls": False,
        "text": {
            "format": {
                "type": "json_schema",
                "name": "shape",
                "description": "A shape.",
                "schema": {"type": "object"},
                "strict": True,
            },
            "verbosity": "high",
        },
        "reasoning": {"effort": "low", "summary": "auto"},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 10,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs"],
        "user": "u",
    }


def test_options_are_sent_as_they_are() -> None:
    options = OpenAIResponsesOptions(
        store=False,
        include=("reasoning.encrypted_content",),
        truncation="auto",
        service_tier="flex",
        prompt_cache_key="k",
        preset="low",
        include_obfuscation=False,
        tool_choice={"type": "web_search"},
    )
    found = sent(options=options, stream=True)
    assert found["store"] is False
    assert found["include"] == ["reasoning.encrypted_content"]
    assert found["preset"] == "low"
    assert found["stream_options"] == {"include_obfuscation": False}
    assert found["tool_choice"] == {"type": "web_search"}


def test_leading_system_messages_are_instructions_and_later_ones_are_messages() -> None:
    first, second, late = map(Message.system, ("One.", "Two.", "Three."))
    found = sent(first, second, USER, late)
    assert found["instructions"] == "One.\n\nTwo."
    assert found["input"][1] == {"type": "message", "role": "system", "content": "Three."}
    found = sent(USER, late, quirks=Quirks(system_role="developer"))
    assert found["input"][1]["role"] == "developer"


def test_a_system_message_alone_is_sent_as_a_message() -> None:
    assert sent(Message.system("One.")) == {
        "model": "m",
        "input": [{"type": "message", "role": "system", "content": "One."}],
    }


def test_user_parts() -> None:
    (item,) = items(
        Message.user(
            "Look",
            Image(url="https://a.invalid/i.png", detail="low"),
            Image(data=b"hi", media_type="image/png"),
            Image(file_id="file-1"),
            File(data=b"hi", media_type="application/pdf"),
            File(url="https://a.invalid/a.pdf"),
            File(file_id="file-2"),
        )
    )
    image, file = {"type": "input_image", "detail": "auto"}, {"type": "input_file"}
    assert item["content"] == [
        {"type": "input_text", "text": "Look"},
        {**image, "detail": "low", "image_url": "https://a.invalid/i.png"},
        {**image, "image_url": "data:image/png;base64,aGk="},
        {**image, "file_id": "file-1"},
        {
            **file,
            "filename": "document.pdf",
            "file_data": "data:application/pdf;base64,aGk=",
        },
        {**file, "file_url": "https://a.invalid/a.pdf"},
        {**file, "file_id": "file-2"},
    ]


def test_calls_and_results_pair_by_call_id() -> None:
    call = ToolCall("c1", "add", '{"a":1}')
    rich = (Text("see"), Image(url="https://a.invalid/i.png"))
    found = items(
        USER,
        Message.assistant("I add.", call, ToolCall("c2", "draw")),
        Message.tool(ToolResult("c1", "2"), ToolResult("c2", rich)),
    )
    assert found[1:4] == [
        {"type": "message", "role": "assistant", "content": "I add."},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a":1}'},
        {"type": "function_call", "call_id": "c2", "name": "draw", "arguments": "{}"},
    ]
    assert found[4] == {"type": "function_call_output", "call_id": "c1", "output": "2"}
    assert [piece["type"] for piece in found[5]["output"]] == ["input_text", "input_image"]


def test_rich_results_are_text_where_the_target_takes_no_more() -> None:
    result = Message.tool(ToolResult("c", (Text("a"), Text("b"))))
    turns = (USER, Message.assistant(ToolCall("c", "f")), result)
    assert items(*turns, quirks=Quirks(tool_content="string"))[2]["output"] == "ab"


def test_an_answer_goes_back_byte_for_byte() -> None:
    thought = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "a/b"}
    said = message(output_text("Hi"), phase="commentary", status="completed", other=1)
    call = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": ""}
    search = {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": [{"a": 1}]}
    output = [thought, said, call, search, {"type": "compaction", "id": "cmp"}]
    answer = whole(body(*output)).message
    encoded = encode(USER, answer, Message.tool(ToolResult("c", "ok")))
    assert json.loads(encoded.body)["input"][1:-1] == output
    for part in answer.parts:
        assert part.provider_state is not None
        assert part.provider_state.data.encode() in encoded.body
    assert encoded.dropped == ()


def test_a_changed_answer_is_written_anew_and_keeps_its_id_and_phase() -> None:
    link = {"type": "url_citation", "url": "u"}
    answer = whole(body(message(output_text("Hi", link), phase="commentary"))).message
    changed = structs.replace(answer.parts[0], text="Bye")
    assert items(USER, Message.assistant(changed))[1] == message(
        output_text("Bye", link), phase="commentary"
    )


def test_a_changed_call_is_written_anew() -> None:
    call = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{}"}
    (part,) = whole(body(call)).message.parts
    changed = structs.replace(part, arguments='{"a":1}')
    assert items(USER, Message.assistant(changed))[1] == {
        "type": "function_call",
        "call_id": "c",
        "name": "f",
        "arguments": '{"a":1}',
    }


def test_a_custom_tool_is_answered_in_its_own_way() -> None:
    call = {"type": "custom_tool_call", "id": "i", "call_id": "c", "name": "sql", "input": "x"}
    answer = whole(body(call)).message
    found = items(USER, answer, Message.tool(ToolResult("c", "ok")))
    assert found[1:] == [call, {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"}]


def test_an_opaque_item_of_this_protocol_is_sent_from_any_role() -> None:
    state = ProviderState(DIALECT.name, '{"type":"mcp_approval_response","approve":true}')
    found = items(Message.user(Opaque("mcp_approval_response", state), "Go on"))
    assert [item["type"] for item in found] == ["mcp_approval_response", "message"]


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (Reasoning("Hm", provider_state=FOREIGN), "reasoning"),
        (Reasoning("Hm"), "reasoning"),
        (Opaque("redacted_thinking", FOREIGN), "redacted_thinking"),
        (ToolCall("c", "search", by_provider=True, provider_state=FOREIGN), "tool_call"),
        (ToolResult("c", "found", by_provider=True, provider_state=FOREIGN), "tool_result"),
        (Citation("https://a.invalid"), "citation"),
    ],
)
def test_what_only_another_provider_can_use_is_left_out_and_listed(part: Part, word: str) -> None:
    encoded = encode(USER, Message.assistant(part, "Hi"))
    assert encoded.dropped == (word,)
    assert len(json.loads(encoded.body)["input"]) == 2


def test_foreign_citations_and_error_flags_are_listed() -> None:
    encoded = encode(
        USER,
        Message.assistant(Text("Hi", (Citation("u"),)), Refusal("No"), ToolCall("c", "f")),
        Message.tool(ToolResult("c", "failed", is_error=True)),
    )
    assert encoded.dropped == ("citations", "tool_result.is_error")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", 3),
        ("stop", ("x",)),
        ("seed", 1),
        ("presence_penalty", 0.0),
        ("frequency_penalty", 0.1),
    ],
)
def test_what_the_protocol_lacks_is_refused_or_listed(name: str, value: object) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        encode(**{name: value})
    warned = encode(policy="warn", **{name: value})
    assert (warned.dropped, len(warned.warnings)) == ((name,), 1)
    dropped = encode(policy="drop", **{name: value})
    assert (dropped.dropped, dropped.warnings) == ((name,), ())
    assert warned.body == dropped.body == encode().body


def test_what_the_target_lacks_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="temperature"):
        encode(temperature=0.0, quirks=Quirks(unsupported=("temperature",)))
    with pytest.raises(UnsupportedFeature, match="output"):
        encode(output="json", quirks=Quirks(json_object=False))
    with pytest.raises(UnsupportedFeature, match="output"):
        encode(output=OutputSchema({}), quirks=Quirks(output="json_object"))
    with pytest.raises(UnsupportedFeature, match="tool_choice"):
        encode(tool_choice="required", quirks=Quirks(forced_tool="unsupported"))
    with pytest.raises(UnsupportedFeature, match="strict"):
        encode(tools=(Tool("f", strict=True),), quirks=Quirks(tool_strict=False))
    with pytest.raises(UnsupportedFeature, match="audio input"):
        encode(Message.user(Audio(b"x", "audio/wav")))
    with pytest.raises(UnsupportedFeature, match="image in an assistant message"):
        encode(USER, Message.assistant(Image(url="https://a.invalid/i.png")))
    with pytest.raises(UnsupportedFeature, match=r"messages\.name"):
        encode(Message("user", (Text("Hi"),), "Ann"))
    with pytest.raises(UnsupportedFeature, match="tools"):
        encode(tools=(ProviderTool("anthropic_messages", {"type": "bash"}),))


def test_tools_are_flat_and_say_whether_they_are_strict() -> None:
    search = ProviderTool(DIALECT.name, {"type": "web_search"})
    found = sent(tools=(Tool("now"), Tool("add", "Adds.", {"type": "object"}, True), search))
    assert found["tools"] == [
        {
            "type": "function",
            "name": "now",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {
            "type": "function",
            "name": "add",
            "description": "Adds.",
            "parameters": {"type": "object"},
            "strict": True,
        },
        {"type": "web_search"},
    ]


def test_tool_choices() -> None:
    assert sent(tool_choice="required")["tool_choice"] == "required"
    assert sent(tool_choice=NamedTool("f"))["tool_choice"] == {"type": "function", "name": "f"}
    with pytest.raises(InvalidRequest, match="twice"):
        encode(tool_choice="auto", options=OpenAIResponsesOptions(tool_choice={"type": "mcp"}))


def test_a_stored_turn_lets_results_and_empty_input_stand_alone() -> None:
    options = OpenAIResponsesOptions(previous_response_id="r1")
    (item,) = items(Message.tool(ToolResult("c", "ok")), options=options)
    assert item["call_id"] == "c"
    with pytest.raises(InvalidRequest, match="not both"):
        encode(options=OpenAIResponsesOptions(previous_response_id="r", conversation="c"))


@pytest.mark.parametrize(
    "turns",
    [
        (Message.user(),),
        (USER, Message.tool(ToolResult("nobody", "ok"))),
        (Message("tool", (Text("Hi"),)),),
        (Message.user(ToolCall("c", "f")),),
        (Message("system", (Image(url="https://a.invalid/i.png"),)),),
        (Message.user(Image()),),
        (Message.user(File()),),
        (Message.user(Image(data=b"x")),),
        (USER, Message.assistant(Reasoning("", True, ProviderState(DIALECT.name, "{broken")))),
        (Message.user("\ud800"),),
    ],
)
def test_messages_that_make_no_sense_are_refused(turns: tuple[Message, ...]) -> None:
    with pytest.raises(InvalidRequest):
        encode(*turns)


def test_no_messages_at_all_are_refused() -> None:
    target = Target("openai", "m", "chat", DIALECT.name, "https://x.invalid/responses")
    with pytest.raises(InvalidRequest, match="at least one message"):
        DIALECT.encode(ChatRequest("m", ()), target, stream=False, unsupported="error")


def test_options_of_another_protocol_are_refused_by_name() -> None:
    with pytest.raises(InvalidRequest, match="OpenAIResponsesOptions"):
        encode(options=OtherOptions())


def test_extra_body_is_merged_and_refused_where_it_collides() -> None:
    assert sent(extra_body={"new": {"a": 1}})["new"] == {"a": 1}
    with pytest.raises(InvalidRequest, match="'model'"):
        encode(extra_body={"model": "other"})
    with pytest.raises(InvalidRequest, match="JSON"):
        encode(extra_body={"new": object()})
