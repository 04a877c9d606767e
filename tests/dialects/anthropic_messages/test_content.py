"""Parts of messages become content blocks, or are left out and listed."""

from __future__ import annotations

import json

import msgspec
import pytest
from tests.dialects.anthropic_messages.asking import (
    ASK,
    base64_source,
    blocks,
    body,
    encoded,
    own,
)

from fairlead.dialects.anthropic_messages import AnthropicOptions
from fairlead.errors import UnsupportedFeature
from fairlead.types.messages import (
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


def test_images_by_every_source() -> None:
    sent = blocks(
        Message.user(
            Image(url="https://example.org/a.png"),
            Image(url="data:image/png;base64,cG5n"),
            Image(data=b"png", media_type="image/png"),
            Image(file_id="file_1"),
        )
    )
    assert [block["source"] for block in sent] == [
        {"type": "url", "url": "https://example.org/a.png"},
        base64_source("image/png", "cG5n"),
        base64_source("image/png", "cG5n"),
        {"type": "file", "file_id": "file_1"},
    ]


def test_documents_by_every_source() -> None:
    sent = blocks(
        Message.user(
            File(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
            File(data="é".encode(), media_type="text/markdown"),
            File(url="https://example.org/a.pdf"),
            File(file_id="file_1"),
        ),
        options=AnthropicOptions(citations=True),
    )
    assert [block["source"] for block in sent] == [
        base64_source("application/pdf", "JVBERg=="),
        {"type": "text", "media_type": "text/plain", "data": "é"},
        {"type": "url", "url": "https://example.org/a.pdf"},
        {"type": "file", "file_id": "file_1"},
    ]
    assert sent[0]["title"] == "a.pdf"
    assert all(block["citations"] == {"enabled": True} for block in sent)


def test_a_file_type_without_a_document_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="application/zip"):
        encoded((Message.user(File(data=b"PK", media_type="application/zip")),))


def test_a_part_carries_further_fields_in_its_state() -> None:
    cached = own('{"cache_control":{"type":"ephemeral"}}')
    sent = blocks(Message.user(Text("long", provider_state=cached)))
    assert sent == [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}]


@pytest.mark.parametrize(
    "part",
    [
        Reasoning("hm", provider_state=own('{"type":"thinking", "signature":"\\u0041+/="}')),
        Reasoning("", redacted=True, provider_state=own('{"type":"redacted_thinking","data":"x"}')),
        ToolCall("s1", "web_search", by_provider=True, provider_state=own('{"id" : "s1"}')),
        ToolResult("s1", "x", by_provider=True, provider_state=own('{"tool_use_id" : "s1"}')),
        Opaque("compaction", own('{"type":"compaction" }')),
    ],
)
def test_lesson_20_state_goes_back_byte_for_byte(part: Part) -> None:
    sent = encoded((*ASK, Message.assistant(part, "so")))
    state = getattr(part, "provider_state", None)
    assert isinstance(state, ProviderState)
    assert state.data.encode() in sent.body
    assert sent.dropped == ()


@pytest.mark.parametrize(
    "part",
    [
        Reasoning("hm"),
        Reasoning("hm", provider_state=ProviderState("gemini", '"sig"')),
        ToolCall("s1", "web_search", by_provider=True),
        ToolResult("s1", "x", by_provider=True),
        Opaque("item", ProviderState("openai_responses", "{}")),
        ToolCall("t1", "now", '{"a', complete=False),
        Citation(url="https://example.org"),
        Refusal("no", own('{"type":"refusal"}')),
    ],
)
def test_what_cannot_go_to_this_dialect_is_left_out_and_listed(part: Part) -> None:
    sent = encoded((*ASK, Message.assistant("so", part)))
    assert len(sent.dropped) == 1
    assert json.loads(sent.body)["messages"][1] == {"role": "assistant", "content": "so"}


def test_a_foreign_refusal_is_said_as_text() -> None:
    assert blocks(Message.assistant(Refusal("I will not.")), *ASK) == "I will not."


def test_citations_of_this_dialect_go_back_and_others_are_listed() -> None:
    ours = Citation(url="https://a.org", provider_state=own('{"type":"char_location"}'))
    said = Text("so", (ours, Citation(url="https://b.org")))
    sent = encoded((*ASK, Message.assistant(said)))
    (block,) = json.loads(sent.body)["messages"][1]["content"]
    assert block["citations"] == [{"type": "char_location"}]
    assert sent.dropped == ("citation of another provider",)


def test_the_newest_version_takes_no_citations_from_the_user() -> None:
    ours = Citation(provider_state=own('{"type":"char_location"}'))
    message = Message.user(Text("so", (ours,)))
    assert blocks(message)[0]["citations"]
    newest = AnthropicOptions(api_version="2026-10-21")
    assert encoded((message,), options=newest).dropped == ("citation in a user message",)


def test_empty_messages_are_left_out_and_listed() -> None:
    sent = encoded((Message.user("a"), Message.assistant(""), Message.user("b")))
    assert len(json.loads(sent.body)["messages"]) == 1
    assert sent.dropped == ("empty assistant message",)


def test_an_unfinished_turn_goes_on_in_its_container() -> None:
    state = own('{"container":{"id":"container_1","expires_at":"2026"}}')
    said = Message("assistant", (ToolCall("t1", "now"),), provider_state=state)
    result = Message.tool(ToolResult("t1", "noon"))
    assert body((*ASK, said, result))["container"] == "container_1"
    assert "container" not in body((*ASK, said, result, Message.assistant("ok"), *ASK))


def test_a_conversation_of_the_neutral_types_can_be_saved_and_sent_again() -> None:
    said = Message.assistant(Reasoning("hm", provider_state=own('{"type":"thinking"}')), "so")
    saved = msgspec.json.decode(msgspec.json.encode(said), type=Message)
    assert encoded((*ASK, saved)).body == encoded((*ASK, said)).body


@pytest.mark.parametrize("blank", ["\n\n", " "])
def test_text_of_blanks_alone_is_left_out_since_the_provider_refuses_it(blank: str) -> None:
    """Status 400, "text content blocks must contain non-whitespace text": Claude answers so."""
    sent = encoded((*ASK, Message.assistant(blank, ToolCall("t1", "now"))))
    (block,) = json.loads(sent.body)["messages"][1]["content"]
    assert block["type"] == "tool_use"
    assert sent.dropped == ("text of blanks alone",)


@pytest.mark.parametrize("content", ["", " \n", (), (Text(""),)])
def test_a_failed_tool_that_said_nothing_is_told_in_words(
    content: str | tuple[Text, ...],
) -> None:
    """Status 400, "tool_result: content cannot be empty if `is_error` is true"."""
    call = Message.assistant(ToolCall("t1", "now"))
    (block,) = blocks(Message.tool(ToolResult("t1", content, is_error=True)), *ASK, call)
    assert block["content"] == "The tool failed and said nothing."


def test_what_another_service_has_signed_is_left_out() -> None:
    """Status 400, "Invalid `signature` in `thinking` block", after a turn of another provider."""
    state = own('{"type":"thinking","thinking":"hm","signature":"s"}')
    parts = (Reasoning("hm", provider_state=state), Text("so"))
    given = own('{"service":"api.minimax.example"}')
    theirs = Message("assistant", parts, provider_state=given)
    claudes = Message("assistant", parts)

    sent = encoded((*ASK, theirs, *ASK, claudes, *ASK))

    turns = json.loads(sent.body)["messages"]
    assert turns[1]["content"] == "so"
    assert [block["type"] for block in turns[3]["content"]] == ["thinking", "text"]
    assert sent.dropped == ("reasoning of another model",)
