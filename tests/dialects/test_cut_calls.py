"""A call that the length of the answer cut is no whole one, in every protocol, streamed or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.dialects.anthropic_messages import building as anthropic
from tests.dialects.bedrock_converse import building as bedrock
from tests.dialects.cohere import building as cohere
from tests.dialects.gemini import building as gemini
from tests.dialects.ollama import building as ollama
from tests.dialects.openai_chat import answering as chat
from tests.dialects.openai_responses import building as responses

from fairlead.types.messages import ToolCall
from fairlead.types.responses import ChatResponse

Answer = Callable[[str, bool], ChatResponse]
"""An answer whose one call has these arguments, and whether its length cut it."""


def chat_streamed(arguments: str, cut: bool) -> ChatResponse:
    call = {"index": 0, "id": "a", "function": chat.function("add", arguments)}
    return chat.calls(call, finish="length" if cut else "tool_calls")


def chat_whole(arguments: str, cut: bool) -> ChatResponse:
    call = {"id": "a", "function": chat.function("add", arguments)}
    body = chat.body({"tool_calls": [call]}, "length" if cut else "tool_calls")
    return chat.Answered().whole(body).response


def responses_end(cut: bool) -> dict[str, Any]:
    if not cut:
        return {"status": "completed"}
    return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


def responses_streamed(arguments: str, cut: bool) -> ChatResponse:
    item = {"type": "function_call", "id": "i", "call_id": "a", "name": "add"}
    _, answer = responses.streamed(
        responses.CREATED,
        responses.added(0, **item),
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": arguments},
        responses.done(0, **item, arguments=arguments),
        responses.completed(**responses_end(cut)),
    )
    return answer


def responses_whole(arguments: str, cut: bool) -> ChatResponse:
    item = {"type": "function_call", "call_id": "a", "name": "add", "arguments": arguments}
    return responses.whole(responses.body(item, **responses_end(cut)))


def anthropic_streamed(arguments: str, cut: bool) -> ChatResponse:
    return anthropic.streamed(
        anthropic.begin(anthropic.CALL),
        anthropic.delta("input_json_delta", partial_json=arguments),
        anthropic.end(),
        anthropic.last("max_tokens" if cut else "tool_use"),
    )


def bedrock_streamed(arguments: str, cut: bool) -> ChatResponse:
    run = bedrock.said(
        bedrock.begin(0, {"toolUse": {"toolUseId": "a", "name": "add"}}),
        bedrock.delta(0, {"toolUse": {"input": arguments}}),
        bedrock.end(0),
        reason="max_tokens" if cut else "tool_use",
    )
    assert run.response is not None
    return run.response


def cohere_call(arguments: str) -> dict[str, object]:
    return {"id": "a", "type": "function", "function": {"name": "add", "arguments": arguments}}


def cohere_streamed(arguments: str, cut: bool) -> ChatResponse:
    return cohere.streamed(
        cohere.piece("tool-call-start", tool_calls=cohere_call(arguments)),
        {"type": "tool-call-end", "index": 0},
        cohere.last("MAX_TOKENS" if cut else "TOOL_CALL"),
    )


def cohere_whole(arguments: str, cut: bool) -> ChatResponse:
    message = {"tool_calls": [cohere_call(arguments)]}
    return cohere.whole(message, finish_reason="MAX_TOKENS" if cut else "TOOL_CALL")


TEXTUAL = pytest.mark.parametrize(
    "answer",
    [
        chat_streamed,
        chat_whole,
        responses_streamed,
        responses_whole,
        anthropic_streamed,
        bedrock_streamed,
        cohere_streamed,
        cohere_whole,
    ],
    ids=lambda answer: answer.__name__,
)


def only(answer: ChatResponse) -> ToolCall:
    (call,) = [part for part in answer.message.parts if isinstance(part, ToolCall)]
    return call


@TEXTUAL
@pytest.mark.parametrize("arguments", ['{"city":"Os', '{"city":"a}', "{", '{"a":1,"b":'])
def test_arguments_that_the_length_cut_make_no_whole_call(answer: Answer, arguments: str) -> None:
    cut = answer(arguments, True)
    assert (cut.finish_reason, cut.tool_calls) == ("length", ())
    assert (only(cut).arguments, only(cut).complete) == (arguments, False)


@TEXTUAL
def test_a_call_that_was_cut_before_its_first_argument_is_no_whole_call(answer: Answer) -> None:
    assert not only(answer("", True)).complete


@TEXTUAL
def test_a_call_that_came_whole_before_the_length_cut_the_answer_is_whole(answer: Answer) -> None:
    assert only(answer('{"city":"Oslo"}', True)).complete


@TEXTUAL
@pytest.mark.parametrize("arguments", ["", '{"city":"Os', "[1]"])
def test_what_the_model_ended_itself_is_whole_however_badly_written(
    answer: Answer, arguments: str
) -> None:
    ended = answer(arguments, False)
    assert ended.finish_reason == "tool_call"
    assert [call.arguments for call in ended.tool_calls] == [arguments or "{}"]


@pytest.mark.parametrize("block", [anthropic.CALL, anthropic.CALL | {"input": {}}])
def test_a_body_of_anthropic_says_nothing_of_the_arguments_that_were_cut(
    block: dict[str, object],
) -> None:
    cut = anthropic.unstreamed(block, stop_reason="max_tokens")
    assert not only(cut).complete


def test_a_call_before_the_last_was_not_cut() -> None:
    answer = anthropic.streamed(
        anthropic.begin(anthropic.CALL),
        anthropic.end(),
        anthropic.begin(anthropic.CALL | {"id": "b"}, 1),
        anthropic.delta("input_json_delta", 1, partial_json='{"a'),
        anthropic.end(1),
        anthropic.last("max_tokens"),
    )
    assert [(call.id, call.arguments) for call in answer.tool_calls] == [("toolu_1", "{}")]


def test_the_text_of_a_custom_tool_may_be_cut_too() -> None:
    custom = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELEC"}}
    assert chat.calls(custom).tool_calls[0].parse() == {"input": "SELEC"}
    cut = chat.calls(custom, finish="length")
    assert (only(cut).parse(), only(cut).complete) == ({"input": "SELEC"}, False)


def test_the_status_of_an_item_tells_that_its_text_was_cut() -> None:
    item = {"type": "custom_tool_call", "call_id": "a", "name": "sql", "input": "SELEC"}
    cut = responses.whole(responses.body(item | {"status": "incomplete"}, **responses_end(True)))
    assert not only(cut).complete
    ended = responses.whole(responses.body(item | {"status": "completed"}, **responses_end(True)))
    assert only(ended).complete


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "STOP"])
def test_arguments_that_gemini_would_have_gone_on_with_are_cut(reason: str) -> None:
    piece = {"jsonPath": "$.city", "stringValue": "Os", "willContinue": True}
    call = {"name": "add", "willContinue": True}
    answer = gemini.streamed(
        gemini.chunk({"functionCall": call}),
        gemini.chunk({"functionCall": {"partialArgs": [piece], "willContinue": True}}),
        gemini.chunk(finish=reason),
    )
    assert (only(answer).parse(), only(answer).complete) == ({"city": "Os"}, reason == "STOP")


def test_a_call_that_the_server_has_read_itself_needs_no_arguments() -> None:
    """Gemini and Ollama give calls whole or not at all."""
    told = gemini.streamed(gemini.chunk({"functionCall": {"name": "now"}}, finish="MAX_TOKENS"))
    assert [call.name for call in told.tool_calls] == ["now"]
    said = ollama.says(tool_calls=[{"function": {"name": "now", "arguments": {}}}])
    read = ollama.streamed(said, ollama.says() | ollama.DONE | {"done_reason": "length"})
    assert [call.name for call in read.tool_calls] == ["now"]
    assert json.loads(read.tool_calls[0].arguments) == {}
