"""How output items become parts, streamed and whole."""

from __future__ import annotations

import json

import pytest
from tests.dialects.openai_responses.building import (
    CREATED,
    Json,
    added,
    answer,
    body,
    completed,
    decoder,
    done,
    message,
    output_text,
    sse,
    streamed,
    text_delta,
    whole,
)

from fairlead.types.events import (
    CitationEvent,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
)
from fairlead.types.messages import (
    Citation,
    Image,
    Opaque,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)


def test_the_raw_item_is_kept_byte_for_byte() -> None:
    raw = '{"type": "reasoning",  "id":"rs_1", "summary":[], "encrypted_content":"a\\/b"}'
    data = f'data: {{"type":"response.output_item.done","output_index":0,"item":{raw}}}\n\n'
    one = decoder()
    one.feed(data.encode() + sse(completed()))
    (part,) = answer(one).message.parts
    assert isinstance(part, Reasoning)
    assert part.redacted
    assert part.provider_state is not None
    assert part.provider_state.data == raw


def test_lesson_14_arguments_that_only_the_end_holds_are_told() -> None:
    item: Json = {"type": "function_call", "id": "fc", "call_id": "c", "name": "add"}
    events, response = streamed(
        added(0, **item, arguments=""),
        {
            "type": "response.function_call_arguments.done",
            "output_index": 0,
            "arguments": '{"a":1}',
        },
        done(0, **item, arguments='{"a":1}'),
        completed([{**item, "arguments": '{"a":1}'}]),
    )
    assert [e.arguments for e in events if isinstance(e, ToolCallDelta)] == ['{"a":1}']
    assert response.tool_calls[0].arguments == '{"a":1}'
    assert response.finish_reason == "tool_call"
    assert response.raw_finish_reason == "completed"


def test_lesson_14_arguments_are_told_as_soon_as_any_event_holds_them() -> None:
    item: Json = {"type": "function_call", "id": "fc", "call_id": "c", "name": "add"}
    kind, told = "response.function_call_arguments.done", {"output_index": 0, "arguments": "{}"}
    one = decoder()
    one.feed(sse(CREATED, added(0, **item)))
    events = one.feed(sse({"type": kind, **told}))
    assert [e.arguments for e in events if isinstance(e, ToolCallDelta)] == ["{}"]
    one.close()
    (call,) = one.partial()[0].parts
    assert isinstance(call, ToolCall)
    assert (call.arguments, call.complete) == ("{}", False)


def test_lesson_6_an_empty_argument_delta_is_legal() -> None:
    item: Json = {"type": "function_call", "id": "fc", "call_id": "c", "name": "add"}
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": ""}
    _, response = streamed(added(0, **item), delta, done(0, **item, arguments="{}"), completed())
    assert response.tool_calls[0].arguments == "{}"


@pytest.mark.parametrize("arguments", ["", None])
def test_lesson_18_a_call_without_arguments_has_an_empty_object(arguments: str | None) -> None:
    item = {"type": "function_call", "call_id": "c", "name": "now", "arguments": arguments}
    assert whole(body(item)).tool_calls[0].parse() == {}


def test_arguments_that_came_as_an_object_are_its_text() -> None:
    item = {"type": "function_call", "call_id": "c", "name": "add", "arguments": {"a": 1}}
    assert whole(body(item)).tool_calls[0].parse() == {"a": 1}


def test_a_missing_call_id_is_made_up_from_what_there_is() -> None:
    first = {"type": "function_call", "id": "fc_1", "name": "add", "arguments": "{}"}
    second = {"type": "function_call", "name": "add", "arguments": "{}"}
    assert [call.id for call in whole(body(first, second)).tool_calls] == ["fc_1", "call_1"]


def test_lesson_12_calls_are_told_apart_by_index() -> None:
    def call(index: int) -> Json:
        return {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": "f"}

    def delta(index: int, text: str) -> Json:
        kind = "response.function_call_arguments.delta"
        return {"type": kind, "output_index": index, "delta": text}

    _, response = streamed(
        added(0, **call(0)),
        added(1, **call(1)),
        delta(0, '{"a":'),
        delta(1, '{"b":'),
        delta(0, "1}"),
        delta(1, "2}"),
        completed(),
    )
    assert [(c.id, c.arguments) for c in response.tool_calls] == [
        ("c0", '{"a":1}'),
        ("c1", '{"b":2}'),
    ]


def test_items_without_an_index_are_known_by_their_id() -> None:
    # llama.cpp's server names the item and no place.
    item = message(output_text("Hello"))
    thought: Json = {"type": "reasoning", "id": "rs_1", "summary": []}
    _, response = streamed(
        CREATED,
        {"type": "response.output_item.added", "item": thought},
        {"type": "response.reasoning_text.delta", "item_id": "rs_1", "delta": "Hm"},
        {"type": "response.output_item.added", "item": message()},
        {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hello"},
        {"type": "response.output_item.done", "item": thought},
        {"type": "response.output_item.done", "item": item},
        completed([thought, item]),
    )
    assert (response.reasoning, response.text) == ("Hm", "Hello")
    assert [type(part) for part in response.message.parts] == [Reasoning, Text]


def test_sections_of_reasoning_are_parted_by_a_blank_line_in_both_ways() -> None:
    def delta(section: int, text: str) -> Json:
        kind = "response.reasoning_summary_text.delta"
        return {"type": kind, "output_index": 0, "summary_index": section, "delta": text}

    pieces = [{"type": "summary_text", "text": text} for text in ("One", "Two")]
    item: Json = {"type": "reasoning", "id": "rs_1", "summary": pieces}
    events, response = streamed(
        added(0, type="reasoning", id="rs_1", summary=[]),
        delta(0, "One"),
        delta(1, "Two"),
        done(0, **item),
        completed([item]),
    )
    told = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert told == response.reasoning == whole(body(item)).reasoning == "One\n\nTwo"


def test_a_refusal_is_a_part_of_its_own() -> None:
    item = message({"type": "refusal", "refusal": "I cannot"})
    events, response = streamed(
        {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "I "},
        done(0, **item),
        completed([item]),
    )
    assert response.refusal == "I cannot"
    assert isinstance(response.message.parts[0], Refusal)
    assert response.finish_reason == "stop"
    assert sum(type(event).__name__ == "RefusalDelta" for event in events) == 2


def test_annotations_become_citations_once() -> None:
    link = {"type": "url_citation", "url": "https://a.invalid", "title": "A"}
    link |= {"start_index": 0, "end_index": 2}
    file = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 2}
    item = message(output_text("Hi", link, file))
    kind = "response.output_text.annotation.added"
    events, response = streamed(
        text_delta("Hi"),
        {"type": kind, "output_index": 0, "content_index": 0, "annotation": link},
        done(0, **item),
        completed([item]),
    )
    bare = [(c.url, c.title, c.source, c.start, c.end) for c in response.citations]
    assert bare == [
        ("https://a.invalid", "A", None, 0, 2),
        (None, "a.txt", "file-1", 2, None),
    ]
    assert sum(isinstance(event, CitationEvent) for event in events) == 2


def test_perplexity_search_results_are_citations_of_their_own() -> None:
    result = {"id": 1, "url": "https://a.invalid", "title": "A", "snippet": "So it is."}
    response = whole(body({"type": "search_results", "results": [result]}))
    (citation,) = response.citations
    assert isinstance(citation, Citation)
    assert (citation.url, citation.cited_text) == ("https://a.invalid", "So it is.")


def test_log_probabilities_come_along_with_their_text() -> None:
    one = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}
    chance = {**one, "top_logprobs": [one]}
    item = message({**output_text("Hi"), "logprobs": [chance]})
    events, response = streamed(
        text_delta("Hi", logprobs=[chance]), done(0, **item), completed([item])
    )
    assert response.logprobs is not None
    assert len(response.logprobs) == 1
    assert response.logprobs[0].top[0].bytes == (72, 105)
    assert response.logprobs == whole(body(item)).logprobs
    (delta,) = [event for event in events if isinstance(event, TextDelta)]
    assert delta.logprobs == response.logprobs


def test_tools_that_the_provider_ran_need_no_answer() -> None:
    search = {"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "q"}}
    remote = {"type": "mcp_call", "id": "mcp", "name": "roll", "arguments": "{}", "output": "6"}
    response = whole(body(search, remote))
    assert response.tool_calls == ()
    assert response.finish_reason == "stop"
    call, mcp_call, result = response.message.parts
    assert isinstance(call, ToolCall)
    assert (call.name, call.by_provider) == ("web_search", True)
    assert call.parse() == {"type": "search", "query": "q"}
    assert isinstance(mcp_call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (result.tool_call_id, result.content, result.by_provider) == ("mcp", "6", True)


def test_a_failed_remote_tool_is_an_error_result() -> None:
    error = {"type": "mcp_tool_execution_error", "content": "no"}
    item = {"type": "mcp_call", "id": "mcp", "name": "roll", "arguments": "{}", "error": error}
    result = whole(body(item)).message.parts[1]
    assert isinstance(result, ToolResult)
    assert result.is_error


@pytest.mark.parametrize(
    ("kind", "field", "name", "by_provider"),
    [
        ("custom_tool_call_input", "input", "write_sql", False),
        ("code_interpreter_call_code", "code", "code_interpreter", True),
    ],
)
def test_plain_text_arguments_stream_as_a_json_object(
    kind: str, field: str, name: str, *, by_provider: bool
) -> None:
    item = {"type": kind.removesuffix(f"_{field}"), "id": "i", "call_id": "c", "name": name}
    events, response = streamed(
        added(0, **item),
        {"type": f"response.{kind}.delta", "output_index": 0, "delta": 'say "'},
        {"type": f"response.{kind}.delta", "output_index": 0, "delta": 'hé"\n'},
        done(0, **item, **{field: 'say "hé"\n'}),
        completed(),
    )
    (call,) = response.message.parts
    assert isinstance(call, ToolCall)
    assert call.parse() == {field: 'say "hé"\n'}
    assert call.by_provider is by_provider
    assert "".join(e.arguments for e in events if isinstance(e, ToolCallDelta)) == call.arguments
    assert sum(isinstance(event, ToolCallStart) for event in events) == 1


def test_a_generated_image_is_an_image() -> None:
    item = {"type": "image_generation_call", "id": "ig", "result": "aGk=", "output_format": "webp"}
    (part,) = whole(body(item)).message.parts
    assert isinstance(part, Image)
    assert (part.data, part.media_type) == (b"hi", "image/webp")


def test_what_only_this_protocol_knows_is_kept_opaque() -> None:
    item = {"type": "computer_call", "id": "cu", "call_id": "c", "action": {"type": "wait"}}
    (part,) = whole(body(item)).message.parts
    assert isinstance(part, Opaque)
    assert part.kind == "computer_call"
    assert json.loads(part.provider_state.data) == item
