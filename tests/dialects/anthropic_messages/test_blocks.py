"""Content blocks become parts, streamed or whole."""

from __future__ import annotations

import json

import pytest
from tests.dialects.anthropic_messages.building import (
    CALL,
    START,
    STOP,
    TEXT,
    THINKING,
    begin,
    decoder,
    delta,
    end,
    failed,
    last,
    result,
    sse,
    streamed,
    unstreamed,
)

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.errors import (
    DecodeError,
    MalformedToolArguments,
)
from fairlead.types.events import ToolCallDelta
from fairlead.types.messages import (
    Citation,
    Opaque,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)


def test_streamed_and_unstreamed_give_the_same_answer() -> None:
    thinking = {"type": "thinking", "thinking": "2+2", "signature": "Zm9v"}
    usage = {"input_tokens": 12, "output_tokens": 25}
    one = streamed(
        begin(THINKING),
        delta("thinking_delta", thinking="2+2"),
        delta("signature_delta", signature="Zm9v"),
        end(),
        begin(TEXT, 1),
        delta("text_delta", 1, text="four"),
        end(1),
        begin(CALL, 2),
        delta("input_json_delta", 2, partial_json='{"a": 1}'),
        end(2),
        last("tool_use", **usage),
    )
    other = unstreamed(
        thinking,
        {"type": "text", "text": "four"},
        CALL | {"input": {"a": 1}},
        stop_reason="tool_use",
        usage=usage,
    )
    assert one.message.parts[1:] == other.message.parts[1:]
    assert one.reasoning == other.reasoning == "2+2"
    assert (one.finish_reason, one.raw_finish_reason) == ("tool_call", "tool_use")
    assert (one.id, one.model, one.finish_reason) == (other.id, other.model, other.finish_reason)
    assert one.usage is not None
    assert other.usage is not None
    assert one.usage.total_tokens == other.usage.total_tokens == 37


def test_lesson_20_a_signature_without_visible_thinking_is_kept() -> None:
    answer = streamed(begin(THINKING), delta("signature_delta", signature="Zm9v+/="), end(), last())
    (part,) = answer.message.parts
    assert isinstance(part, Reasoning)
    assert part.provider_state is not None
    assert json.loads(part.provider_state.data) == THINKING | {"signature": "Zm9v+/="}


def test_lesson_20_a_whole_thinking_block_keeps_its_bytes() -> None:
    block = '{"type" :"thinking","thinking":"\\u0068m","signature":"\\/x","new":[1 ]}'
    decoding = decoder()
    decoding.whole(f'{{"type":"message","content":[{block}]}}'.encode())
    (part,) = result(decoding).message.parts
    assert part == Reasoning("hm", provider_state=ProviderState(DIALECT.name, block))


def test_redacted_thinking_has_state_and_no_text() -> None:
    block = {"type": "redacted_thinking", "data": "enc"}
    for answer in (streamed(begin(block), end(), last()), unstreamed(block)):
        (part,) = answer.message.parts
        assert isinstance(part, Reasoning)
        assert (part.text, part.redacted) == ("", True)
        assert part.provider_state is not None
        assert json.loads(part.provider_state.data) == block


def test_an_empty_text_block_is_no_part() -> None:
    assert streamed(begin(TEXT), end(), last()).empty
    assert unstreamed(TEXT).empty


def test_text_that_comes_with_the_start_of_a_block_counts() -> None:
    whole = {"type": "text", "text": "Hel"}
    assert streamed(begin(whole), delta("text_delta", text="lo"), end(), last()).text == "Hello"


def test_a_message_start_may_hold_the_whole_message() -> None:
    message = START["message"] | {
        "content": [CALL | {"input": {"a": 1}}],
        "stop_reason": "tool_use",
    }
    decoding = decoder()
    decoding.feed(sse(START | {"message": message}, STOP))
    answer = result(decoding)
    assert answer.tool_calls == (ToolCall("toolu_1", "add", '{"a": 1}'),)
    assert answer.finish_reason == "tool_call"


def test_citations_belong_to_their_text_and_are_kept_whole() -> None:
    web = {
        "type": "web_search_result_location",
        "url": "https://a.org",
        "title": "A",
        "cited_text": "a",
        "encrypted_index": "x",
    }
    place = {
        "type": "char_location",
        "document_index": 1,
        "document_title": "D",
        "cited_text": "d",
        "start_char_index": 3,
        "end_char_index": 4,
    }
    one = streamed(
        begin(TEXT),
        delta("text_delta", text="so"),
        delta("citations_delta", citation=web),
        delta("citations_delta", citation=place),
        end(),
        last(),
    )
    other = unstreamed({"type": "text", "text": "so", "citations": [web, place]})
    for answer in (one, other):
        first, second = answer.citations
        assert (first.url, first.title, first.cited_text) == ("https://a.org", "A", "a")
        assert (second.title, second.source, second.start) == ("D", "1", None)
        assert json.loads((second.provider_state or ProviderState("", "")).data) == place


def test_a_citation_of_an_unknown_shape_is_kept() -> None:
    answer = unstreamed({"type": "text", "text": "so", "citations": [{"type": 1, "url": []}]})
    state = ProviderState(DIALECT.name, '{"type": 1, "url": []}')
    assert answer.citations == (Citation(provider_state=state),)


def test_provider_run_tools_are_calls_and_results_by_the_provider() -> None:
    use = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "s1",
        "content": [{"type": "web_search_result", "url": "https://a.org"}],
    }
    answer = streamed(
        begin(use),
        delta("input_json_delta", partial_json='{"query": '),
        delta("input_json_delta", partial_json='"x"}'),
        end(),
        begin(found, 1),
        end(1),
        last(),
    )
    call, results = answer.message.parts
    assert isinstance(call, ToolCall)
    assert isinstance(results, ToolResult)
    assert (call.by_provider, call.arguments) == (True, '{"query": "x"}')
    assert json.loads((call.provider_state or ProviderState("", "")).data) == use | {
        "input": {"query": "x"}
    }
    assert (results.by_provider, results.tool_call_id, results.is_error) == (True, "s1", False)
    assert json.loads((results.provider_state or ProviderState("", "")).data) == found
    assert answer.tool_calls == ()
    assert answer.finish_reason == "stop"


def test_results_of_provider_run_tools_say_text_and_errors() -> None:
    mcp = {"tool_use_id": "m", "content": [{"type": "text", "text": "hi"}], "is_error": True}
    broken = {"tool_use_id": "w", "content": {"type": "web_search_tool_result_error"}}
    answer = unstreamed(
        {"type": "mcp_tool_result"} | mcp, {"type": "web_search_tool_result"} | broken
    )
    first, second = answer.message.parts
    assert isinstance(first, ToolResult)
    assert isinstance(second, ToolResult)
    assert (first.content, first.is_error) == ((Text("hi"),), True)
    assert (second.content, second.is_error) == (json.dumps(broken["content"]), True)


def test_unknown_blocks_are_kept_whole_with_what_their_deltas_bring() -> None:
    block = {"type": "compaction", "content": None}
    answer = streamed(
        begin(block),
        delta("compaction_delta", content="short"),
        delta("compaction_delta", content="er", encrypted_content="e"),
        end(),
        last("compaction"),
    )
    (part,) = answer.message.parts
    assert isinstance(part, Opaque)
    assert json.loads(part.provider_state.data) == {
        "type": "compaction",
        "content": "shorter",
        "encrypted_content": "e",
    }
    assert (answer.finish_reason, answer.raw_finish_reason) == ("stop", "compaction")


def test_a_block_of_an_unknown_kind_may_have_any_shape() -> None:
    block = {"type": "hologram", "text": {"x": 1}, "name": 5}
    for answer in (streamed(begin(block), end(), last()), unstreamed(block)):
        (part,) = answer.message.parts
        assert isinstance(part, Opaque)
        assert part.kind == "hologram"


def test_unknown_events_and_deltas_of_any_shape_are_ignored() -> None:
    answer = streamed(
        {"type": "ping"},
        {"type": "weather", "index": "x", "delta": 5},
        begin(TEXT),
        delta("hue_delta", text={"a": 1}),
        delta("text_delta", text="ok"),
        end(),
        last(),
    )
    assert answer.text == "ok"


def test_lesson_18_a_call_without_arguments_is_an_empty_object() -> None:
    for empty in ((), (delta("input_json_delta", partial_json=""),)):
        answer = streamed(begin(CALL), *empty, end(), last("tool_use"))
        assert answer.tool_calls == (ToolCall("toolu_1", "add", "{}"),)
    for given_input in ({}, None, ""):
        assert unstreamed(CALL | {"input": given_input}).tool_calls[0].arguments == "{}"


def test_lesson_14_arguments_that_come_with_the_start_are_told() -> None:
    decoding = decoder()
    block = CALL | {"input": {"player": 1}}
    events = decoding.feed(sse(START, begin(block), end(), last("tool_use"), STOP))
    assert ToolCallDelta('{"player": 1}', 0) in events
    assert result(decoding).tool_calls[0].parse() == {"player": 1}


def test_arguments_may_be_json_text_in_a_string() -> None:
    assert unstreamed(CALL | {"input": '{"a":1}'}).tool_calls[0].arguments == '{"a":1}'


def test_what_a_call_carries_beside_its_arguments_goes_back() -> None:
    caller = {"type": "code_execution_20250825", "tool_id": "s1"}
    for answer in (
        streamed(begin(CALL | {"caller": caller}), end(), last("tool_use")),
        unstreamed(CALL | {"caller": caller}),
    ):
        state = answer.tool_calls[0].provider_state
        assert state is not None
        assert json.loads(state.data) == {"caller": caller}


@pytest.mark.parametrize("index", [0, None])
def test_lesson_13_a_new_block_at_a_used_index_is_a_new_call(index: int | None) -> None:
    answer = streamed(
        begin(CALL, index),
        delta("input_json_delta", index, partial_json='{"a":1}'),
        begin(CALL | {"id": "toolu_2"}, index),
        delta("input_json_delta", index, partial_json='{"a":2}'),
        last("tool_use"),
    )
    assert [call.arguments for call in answer.tool_calls] == ['{"a":1}', '{"a":2}']


def test_missing_ids_are_made_up_the_same_way_each_time() -> None:
    block = {"type": "tool_use", "name": "add"}
    one, two = unstreamed(block, block), unstreamed(block, block)
    assert [call.id for call in one.tool_calls] == [call.id for call in two.tool_calls]
    assert len({call.id for call in one.tool_calls}) == 2


def test_lesson_16_tool_calls_decide_over_the_stop_reason() -> None:
    for reason in ("end_turn", "", None, "novel"):
        answer = streamed(begin(CALL), end(), last(reason))
        assert answer.finish_reason == "tool_call"
    assert streamed(begin(CALL), end(), last("max_tokens")).finish_reason == "length"


def test_lesson_19_malformed_arguments_are_kept_and_typed() -> None:
    answer = streamed(
        begin(CALL), delta("input_json_delta", partial_json='"a":1}'), end(), last("tool_use")
    )
    with pytest.raises(MalformedToolArguments) as caught:
        answer.tool_calls[0].parse()
    assert caught.value.arguments == '"a":1}'


def test_a_call_without_a_name_is_a_decode_error() -> None:
    _, error = failed(sse(START, begin({"type": "tool_use", "id": "x"})))
    assert isinstance(error, DecodeError)


def test_a_delta_for_no_block_is_a_decode_error() -> None:
    _, error = failed(sse(START, delta("input_json_delta", partial_json="{")))
    assert isinstance(error, DecodeError)


def test_a_call_of_the_providers_tool_that_the_length_cut_keeps_nothing_to_go_back() -> None:
    use = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    cut = streamed(
        begin(use),
        delta("input_json_delta", partial_json='{"query": "x'),
        end(),
        last("max_tokens"),
    )
    (call,) = cut.message.parts
    assert isinstance(call, ToolCall)
    assert (call.arguments, call.provider_state) == ('{"query": "x', None)


def test_a_block_that_was_never_closed_is_whole_when_another_takes_its_place() -> None:
    given = CALL | {"input": {"a": 1}}
    answer = streamed(begin(given), begin(CALL | {"id": "b"}), end(), last("tool_use"))
    assert [(call.id, call.parse()) for call in answer.tool_calls] == [
        ("toolu_1", {"a": 1}),
        ("b", {}),
    ]
