"""Parts of messages as content blocks: who may say what, in which form, and what is left out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.dialects.bedrock_converse.asking import ASK, blocks, body, encoded, own, target

from fairlead.dialects.bedrock_converse import BedrockOptions
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
from fairlead.types.targets import Quirks

DATA = b"bytes"
B64 = base64.b64encode(DATA).decode()
HERE = {"bytes": B64}
OTHER = ProviderState("openai_chat", "{}")


def user(*parts: Part) -> Any:
    return blocks(Message.user(*parts))


def said(*parts: Part) -> Any:
    return blocks(Message.assistant(*parts), *ASK)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Image(data=DATA, media_type="image/png"), {"image": {"format": "png", "source": HERE}}),
        (Image(data=DATA, media_type="image/jpg"), {"image": {"format": "jpeg", "source": HERE}}),
        (
            Image(url=f"data:image/webp;base64,{B64}"),
            {"image": {"format": "webp", "source": HERE}},
        ),
        (
            Image(url="s3://bucket/a.gif"),
            {"image": {"format": "gif", "source": {"s3Location": {"uri": "s3://bucket/a.gif"}}}},
        ),
        (Audio(DATA, "audio/x-wav"), {"audio": {"format": "wav", "source": HERE}}),
        (
            File(data=DATA, media_type="video/quicktime", name="a.mov"),
            {"video": {"format": "mov", "source": HERE}},
        ),
        (
            File(data=DATA, media_type="image/png"),
            {"image": {"format": "png", "source": HERE}},
        ),
        (
            File(data=DATA, media_type="application/pdf", name="A report_2.pdf"),
            {"document": {"format": "pdf", "name": "A report-2", "source": HERE}},
        ),
        (
            File(data=DATA, media_type="text/plain; charset=utf-8"),
            {"document": {"format": "txt", "name": "document", "source": HERE}},
        ),
        (
            File(url="s3://bucket/a.docx", name="a"),
            {
                "document": {
                    "format": "docx",
                    "name": "a",
                    "source": {"s3Location": {"uri": "s3://bucket/a.docx"}},
                }
            },
        ),
    ],
)
def test_media_have_a_format_and_a_source(part: Part, expected: object) -> None:
    assert user(part) == [expected]


@pytest.mark.parametrize(
    "part",
    [
        Image(url="https://a.example/x.png"),
        Image(file_id="f1"),
        Image(data=DATA, media_type="image/tiff"),
        Image(data=DATA, media_type="image/png", detail="low"),
        File(data=DATA, media_type="application/zip"),
        File(url="s3://bucket/nothing"),
    ],
)
def test_media_that_the_protocol_lacks_are_unsupported(part: Part) -> None:
    with pytest.raises(UnsupportedFeature):
        user(part)


@pytest.mark.parametrize(
    ("part", "name"),
    [(Image(data=DATA, media_type="image/png"), "image"), (Audio(DATA, "audio/wav"), "audio")],
)
def test_media_that_the_target_lacks_are_unsupported(part: Part, name: str) -> None:
    with pytest.raises(UnsupportedFeature, match=name):
        body((Message.user(part),), to=target(quirks=Quirks(unsupported=(name,))))


def test_an_image_without_a_source_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="exactly one"):
        user(Image())


def test_documents_have_names_of_their_own() -> None:
    same = File(data=DATA, media_type="text/csv", name="../a:b.csv")
    names = [block["document"]["name"] for block in user(same, same, same)]
    assert names == ["a-b", "a-b (2)", "a-b (3)"]
    (long,) = user(File(data=DATA, media_type="text/csv", name="x" * 500))
    assert len(long["document"]["name"]) <= 200


def test_documents_are_cited_where_that_is_asked_for() -> None:
    document = File(data=DATA, media_type="text/html")
    (found,) = blocks(Message.user(document), options=BedrockOptions(citations=True))
    assert found["document"]["citations"] == {"enabled": True}


def test_blocks_of_ones_own_stand_anywhere() -> None:
    point = Opaque("cachePoint", own('{"cachePoint":{"type":"default"}}'))
    sent = body((Message("system", (Text("Be brief."), point)), Message.user("hi", point)))
    assert sent["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]
    assert sent["messages"][0]["content"][1] == {"cachePoint": {"type": "default"}}


def test_what_another_model_thought_is_left_out_and_told() -> None:
    answer = Message.assistant(Reasoning("hm", provider_state=OTHER), Text("yes"))
    sent = encoded((*ASK, answer))
    assert json.loads(sent.body)["messages"][1]["content"] == [{"text": "yes"}]
    assert sent.dropped == ("reasoning of another model",)


def test_a_refusal_is_text() -> None:
    assert said(Refusal("No.")) == [{"text": "No."}]


def test_citations_of_another_provider_are_left_out() -> None:
    sent = encoded((*ASK, Message.assistant(Text("a", (Citation(url="https://a.example/"),)))))
    assert json.loads(sent.body)["messages"][1]["content"] == [{"text": "a"}]
    assert sent.dropped == ("citation of another provider",)


def test_pictures_of_the_caller_have_no_place_in_an_answer() -> None:
    with pytest.raises(UnsupportedFeature, match="assistant"):
        said(Image(data=DATA, media_type="image/png"))


def test_a_spoken_answer_of_another_model_is_its_transcript() -> None:
    assert said(Audio(DATA, "audio/wav", "Hello", OTHER)) == [{"text": "Hello"}]


def test_results_come_first_in_the_users_turn() -> None:
    call = Message.assistant(ToolCall("t1", "add", '{"a":1}'), ToolCall("t2", "add"))
    sent = body(
        (
            *ASK,
            call,
            Message.user("and?"),
            Message.tool(ToolResult("t1", "1"), ToolResult("t2", "bad", is_error=True)),
        )
    )
    assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "user"]
    assert sent["messages"][1]["content"] == [
        {"toolUse": {"toolUseId": "t1", "name": "add", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "t2", "name": "add", "input": {}}},
    ]
    assert sent["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "t1", "content": [{"text": "1"}]}},
        {"toolResult": {"toolUseId": "t2", "content": [{"text": "bad"}], "status": "error"}},
        {"text": "and?"},
    ]


def test_a_result_may_hold_pictures_and_documents() -> None:
    content = (Text("see"), Image(data=DATA, media_type="image/png"))
    found = blocks(
        Message.tool(ToolResult("t1", content)), *ASK, Message.assistant(ToolCall("t1", "add"))
    )
    image = {"image": {"format": "png", "source": HERE}}
    assert found == [{"toolResult": {"toolUseId": "t1", "content": [{"text": "see"}, image]}}]


def test_ids_of_other_providers_are_rewritten_calls_and_results_alike() -> None:
    for given in ("call/1|fc 2", "x" * 100, "é" * 30):
        sent = body(
            (*ASK, Message.assistant(ToolCall(given, "add")), Message.tool(ToolResult(given, "1")))
        )
        (call,), (result,) = (turn["content"] for turn in sent["messages"][1:])
        assert call["toolUse"]["toolUseId"] == result["toolResult"]["toolUseId"]
        assert len(call["toolUse"]["toolUseId"]) <= 64
        assert call["toolUse"]["toolUseId"].isascii()


def test_arguments_that_are_no_object_go_along_and_are_told() -> None:
    sent = encoded((*ASK, Message.assistant(ToolCall("t1", "add", "[1"))))
    (call,) = json.loads(sent.body)["messages"][1]["content"]
    assert call["toolUse"]["input"] == {"INVALID_JSON": "[1"}
    assert len(sent.dropped) == 1


def test_an_unfinished_call_is_left_out() -> None:
    sent = encoded((*ASK, Message.assistant(ToolCall("t1", "add", '{"a', complete=False))))
    assert sent.dropped == ("unfinished call of add",)


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="answers no call"):
        body((*ASK, Message.tool(ToolResult("t1", "1"))))


@pytest.mark.parametrize(
    "message",
    [
        Message("system", (Image(data=DATA, media_type="image/png"),)),
        Message("tool", (Text("a"),)),
        Message.user(ToolCall("t1", "add")),
        Message.user(Reasoning("hm")),
        Message.assistant(ToolResult("t1", "1")),
    ],
)
def test_a_part_in_the_wrong_message_is_refused(message: Message) -> None:
    with pytest.raises(InvalidRequest):
        body((*ASK, message))


def test_an_empty_message_is_left_out_and_told() -> None:
    assert encoded((*ASK, Message.assistant(""))).dropped == ("empty assistant message",)


def test_a_system_message_inside_the_conversation_moves_to_its_head_and_is_told() -> None:
    sent = encoded((*ASK, Message.system("Be brief.")))
    assert json.loads(sent.body)["system"] == [{"text": "Be brief."}]
    assert "moved to its head" in sent.warnings[0]


def test_names_of_speakers_are_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="name"):
        body((Message("user", (Text("hi"),), name="Ann"),))


def test_text_of_blanks_alone_is_left_out_since_the_provider_refuses_it() -> None:
    """Status 400, "The text field in the ContentBlock object at messages.0.content.0 is blank"."""
    sent = encoded((*ASK, Message.assistant("\n\n", ToolCall("t1", "add"))))
    (block,) = json.loads(sent.body)["messages"][1]["content"]
    assert list(block) == ["toolUse"]
    assert sent.dropped == ("text of blanks alone",)


def test_a_failed_tool_that_said_nothing_is_told_in_words() -> None:
    """Status 400, "toolResult cannot be empty when status value is error"."""
    call = Message.assistant(ToolCall("t1", "add"))
    for content in ("", " \n", ()):
        failed = Message.tool(ToolResult("t1", content, is_error=True))
        (block,) = blocks(failed, *ASK, call)
        assert block["toolResult"]["content"] == [{"text": "The tool failed and said nothing."}]


@pytest.mark.parametrize(
    ("model", "kept"),
    [("us.anthropic.claude-sonnet-4-5-20250929-v1:0", False), ("us.deepseek.r1-v1:0", True)],
)
def test_a_thought_ends_no_answer_of_claude_though_others_end_in_one(
    model: str, kept: bool
) -> None:
    block = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    thought = Reasoning("hm", provider_state=own(json.dumps(block)))
    said = (*ASK, Message("assistant", (Text("So."), thought)), Message.user("Go on"))
    sent = encoded(said, to=target(model))
    found = json.loads(sent.body)["messages"][1]["content"]
    assert found == ([{"text": "So."}, block] if kept else [{"text": "So."}])
    assert sent.dropped == (() if kept else ("reasoning without what it led to",))
