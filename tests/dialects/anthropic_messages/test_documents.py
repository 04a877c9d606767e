"""Documents go in front, and citations name them by the caller's own ids."""

from __future__ import annotations

import pytest
from tests.dialects.anthropic_messages.asking import blocks, body, encoded, text
from tests.dialects.anthropic_messages.building import (
    START,
    STOP,
    TEXT,
    begin,
    delta,
    end,
    last,
    result,
    sse,
)

from fairlead.dialects.anthropic_messages import DIALECT, AnthropicOptions
from fairlead.errors import InvalidRequest
from fairlead.ports import Limits
from fairlead.types.messages import Document, File, Message, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

SKY = Document("The sky is green.", "doc-sky", "Skies", "https://a.example/sky")
SEA = Document("The sea is red.", "doc-sea")


def document(data: str, **more: str) -> dict[str, object]:
    source = {"type": "text", "media_type": "text/plain", "data": data}
    return {"type": "document", "source": source} | more | {"citations": {"enabled": True}}


def test_documents_stand_before_what_the_user_says_first() -> None:
    found = blocks(Message.user("Which colour?"), documents=(SKY, SEA))

    assert found == [
        document(SKY.text, title="Skies", context="https://a.example/sky"),
        document(SEA.text),
        text("Which colour?"),
    ]


def test_documents_stay_behind_the_results_of_tools() -> None:
    call = Message.assistant(ToolCall("t1", "now"))
    turn = Message.user(ToolResult("t1", "noon"), "And?")

    found = body((call, turn), documents=(SEA,))["messages"][1]["content"]

    assert [block["type"] for block in found] == ["tool_result", "document", "text"]


def test_files_are_cited_where_documents_are() -> None:
    file = File(data=b"x", media_type="text/plain")

    both = blocks(Message.user(file), documents=(SEA,))
    neither = blocks(
        Message.user(file), documents=(SEA,), options=AnthropicOptions(citations=False)
    )

    assert [block["citations"] for block in both] == [{"enabled": True}] * 2
    assert [block["citations"] for block in neither] == [{"enabled": False}] * 2


def test_documents_alone_ask_nothing() -> None:
    with pytest.raises(InvalidRequest, match="no message"):
        encoded((), documents=(SEA,))


def test_a_citation_names_the_document_by_its_id() -> None:
    target = Target("anthropic", "claude-sonnet-4-5", "chat", DIALECT.name, "https://a.example")
    request = ChatRequest("m", (Message.user("hi"),), documents=(SEA, SKY))
    decoding = DIALECT.decoder(request, target, Limits())
    cited = [
        {"type": "char_location", "cited_text": "green", "document_index": 1},
        {"type": "char_location", "cited_text": "a file's", "document_index": 2},
    ]

    events = [delta("citations_delta", citation=citation) for citation in cited]
    decoding.feed(sse(START, begin(TEXT), delta("text_delta", text="Green"), *events, end()))
    decoding.feed(sse(last(), STOP))

    one, two = result(decoding).citations
    assert (one.source, one.url, one.cited_text) == ("doc-sky", "https://a.example/sky", "green")
    assert (two.source, two.url) == ("2", None)
