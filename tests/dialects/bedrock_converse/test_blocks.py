"""Each kind of content as a part, the same streamed and whole, and what of it goes back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.conformance.runs import Run
from tests.dialects.bedrock_converse.asking import ASK, body
from tests.dialects.bedrock_converse.building import (
    START,
    answered,
    begin,
    delta,
    end,
    said,
    streamed,
)

from fairlead.errors import DecodeError, StreamInterrupted
from fairlead.types.messages import (
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)

PNG = base64.b64encode(b"\x89PNG not really").decode()
CALL = {"toolUseId": "t1", "name": "add"}
CITATION = {
    "title": "sample",
    "sourceContent": [{"text": "Fun "}, {"text": "fun."}],
    "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}},
}


def parts(run: Run) -> tuple[Part, ...]:
    assert run.response is not None, run.failure
    return run.response.message.parts


def back(run: Run) -> Any:
    """The blocks in which the answer goes back, ahead of what it led to."""
    said = Message("assistant", (*parts(run), Text("So.")))
    *blocks, last = body((*ASK, said))["messages"][1]["content"]
    assert last == {"text": "So."}
    return blocks


def test_texts_of_different_blocks_are_different_parts() -> None:
    run = said(delta(0, {"text": "a"}), end(0), delta(1, {"text": "b"}), end(1))
    assert parts(run) == (Text("a"), Text("b"))
    assert parts(answered({"text": "a"}, {"text": "b"})) == parts(run)


def test_a_call_comes_in_fragments_or_whole() -> None:
    split = said(
        begin(0, {"toolUse": CALL}),
        delta(0, {"toolUse": {"input": '{"a"'}}),
        delta(0, {"toolUse": {"input": ":1}"}}),
        end(0),
    )
    one = answered({"toolUse": CALL | {"input": {"a": 1}}})
    assert parts(split) == (ToolCall("t1", "add", '{"a":1}'),)
    (call,) = parts(one)
    assert isinstance(call, ToolCall)
    assert call.parse() == {"a": 1}
    assert back(split) == back(one) == [{"toolUse": CALL | {"input": {"a": 1}}}]


def test_arguments_may_come_as_an_object_in_a_stream_too() -> None:
    run = said(begin(0, {"toolUse": CALL}), delta(0, {"toolUse": {"input": {"a": 1}}}), end(0))
    assert back(run) == [{"toolUse": CALL | {"input": {"a": 1}}}]


def test_a_call_without_arguments_has_none() -> None:
    expected = (ToolCall("t1", "add", "{}"),)
    assert parts(said(begin(0, {"toolUse": CALL}), end(0))) == expected
    assert parts(answered({"toolUse": CALL | {"input": {}}})) == expected


def test_a_call_without_an_id_gets_one() -> None:
    (call,) = parts(answered({"toolUse": {"name": "add", "input": {}}}))
    assert isinstance(call, ToolCall)
    assert call.id == "call_0"


def test_a_tool_of_the_provider_is_nothing_to_answer_and_goes_back_as_it_came() -> None:
    used = {"name": "nova_grounding", "toolUseId": "t", "type": "server_tool_use"}
    result = {"toolUseId": "t", "status": "success", "type": "nova_grounding_result"}
    content = [{"text": "found"}, {"json": {"n": 1}}]
    split = said(
        begin(0, {"toolUse": used}),
        delta(0, {"toolUse": {"input": '{"query":"x"}'}}),
        end(0),
        begin(1, {"toolResult": result}),
        delta(1, {"toolResult": [{"text": "fou"}]}),
        delta(1, {"toolResult": [{"text": "nd"}, {"json": {"n": 1}}]}),
        end(1),
    )
    call = {"toolUse": used | {"input": {"query": "x"}}}
    one = answered(call, {"toolResult": result | {"content": content}})
    for run in (split, one):
        assert run.response is not None
        assert run.response.tool_calls == ()
        assert run.response.finish_reason == "stop"
        found = parts(run)[1]
        assert isinstance(found, ToolResult)
        assert json.loads(str(found.content)) == content
        assert (found.by_provider, found.is_error) == (True, False)
        assert back(run) == [call, {"toolResult": result | {"content": content}}]


def test_reasoning_goes_back_with_its_signature_byte_for_byte() -> None:
    block = {"reasoningContent": {"reasoningText": {"text": "2+2", "signature": "Zm9v/+="}}}
    split = said(
        delta(0, {"reasoningContent": {"text": "2"}}),
        delta(0, {"reasoningContent": {"text": "+2"}}),
        delta(0, {"reasoningContent": {"signature": "Zm9v/+="}}),
        end(0),
        delta(1, {"text": "4"}),
    )
    one = answered(block, {"text": "4"})
    for run in (split, one):
        assert run.response is not None
        assert run.response.reasoning == "2+2"
        assert back(run) == [block, {"text": "4"}]


def test_a_signature_without_text_goes_back() -> None:
    block = {"reasoningContent": {"reasoningText": {"text": "", "signature": "Zm9v"}}}
    run = said(delta(0, {"reasoningContent": {"signature": "Zm9v"}}), end(0))
    assert back(run) == back(answered(block)) == [block]


def test_redacted_reasoning_goes_back_though_it_comes_in_pieces() -> None:
    first, second = base64.b64encode(b"sec").decode(), base64.b64encode(b"ret!").decode()
    whole = base64.b64encode(b"secret!").decode()
    split = said(
        delta(0, {"reasoningContent": {"redactedContent": first}}),
        delta(0, {"reasoningContent": {"redactedContent": second}}),
    )
    block = {"reasoningContent": {"redactedContent": whole}}
    for run in (split, answered(block)):
        (part,) = parts(run)
        assert isinstance(part, Reasoning)
        assert part.redacted
        assert back(run) == [block]


def test_citations_belong_to_their_text_and_go_back_with_it() -> None:
    block = {"citationsContent": {"content": [{"text": "It is fun"}], "citations": [CITATION]}}
    split = said(delta(0, {"text": "It is fun"}), delta(0, {"citation": CITATION}), end(0))
    for run in (split, answered(block)):
        (text,) = parts(run)
        assert isinstance(text, Text)
        (cited,) = text.citations
        assert (text.text, cited.title, cited.cited_text) == ("It is fun", "sample", "Fun fun.")
        assert cited.source == "0"
        assert back(run) == [block]


def test_a_citation_of_the_web_has_its_address() -> None:
    web = {"location": {"web": {"url": "https://a.example/", "domain": "a.example"}}}
    (text,) = parts(answered({"citationsContent": {"citations": [web]}}))
    assert isinstance(text, Text)
    assert (text.text, text.citations[0].url) == ("", "https://a.example/")
    assert text.citations[0].source == "a.example"


def test_a_picture_comes_in_pieces_or_whole() -> None:
    data = base64.b64decode(PNG)
    halves = [base64.b64encode(piece).decode() for piece in (data[:4], data[4:])]
    split = said(
        begin(0, {"image": {"format": "png"}}),
        *[delta(0, {"image": {"source": {"bytes": half}}}) for half in halves],
        end(0),
    )
    block = {"image": {"format": "png", "source": {"bytes": PNG}}}
    for run in (split, answered(block)):
        (image,) = parts(run)
        assert isinstance(image, Image)
        assert (image.data, image.media_type) == (data, "image/png")
        assert back(run) == [block]


def test_a_kind_that_is_not_known_is_kept_whole() -> None:
    block = {"hologram": {"depth": 3, "text": "ab"}}
    split = said(
        begin(0, {"hologram": {"depth": 3}}),
        delta(0, {"hologram": {"text": "a"}}),
        delta(0, {"hologram": {"text": "b"}}),
        end(0),
    )
    for run in (split, answered(block)):
        (part,) = parts(run)
        assert isinstance(part, Opaque)
        assert part.kind == "hologram"
        assert back(run) == [block]


def test_a_block_that_was_never_closed_ends_with_the_answer() -> None:
    assert parts(said(delta(0, {"text": "a"}), begin(1, {"toolUse": CALL}))) == (
        Text("a"),
        ToolCall("t1", "add", "{}"),
    )


def test_empty_content_is_an_empty_answer() -> None:
    run = answered({"text": ""}, {})
    assert run.response is not None
    assert run.response.empty


def test_half_a_call_is_marked_as_such_in_what_is_left_of_a_cut_stream() -> None:
    run = streamed(START, begin(0, {"toolUse": CALL}), delta(0, {"toolUse": {"input": '{"a'}}))
    assert isinstance(run.failure, StreamInterrupted)
    assert run.failure.partial is not None
    assert run.failure.partial.parts == (ToolCall("t1", "add", '{"a', complete=False),)


@pytest.mark.parametrize(
    "frames",
    [
        (delta(0, {"toolUse": {"input": "{}"}}),),
        (begin(0, {"toolUse": CALL}), delta(0, {"text": "a"})),
        (begin(0, {"toolUse": CALL}), delta(0, {"reasoningContent": {"text": "a"}})),
        (delta(0, {"text": "a"}), delta(0, {"hologram": {"text": "a"}})),
        (begin(0, {"toolUse": {"toolUseId": "t"}}),),
        (delta(0, {"reasoningContent": {"redactedContent": "*"}}),),
    ],
)
def test_a_change_that_fits_nothing_is_a_decode_error(frames: tuple[bytes, ...]) -> None:
    assert type(said(*frames).failure) is DecodeError
