"""What `ollama` reads beyond what was recorded."""

from __future__ import annotations

import json

import pytest
from tests.dialects.ollama.building import (
    DONE,
    TARGET,
    decoder,
    failed,
    lines,
    says,
    streamed,
    whole,
)

from fairlead.dialects.ollama import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.http import Headers
from fairlead.types.messages import Reasoning, Text, ToolCall
from fairlead.types.responses import TokenLogprob


def test_thinking_comes_before_the_answer_and_remembers_what_it_was() -> None:
    answer = streamed(says(thinking="H"), says(thinking="m"), says("Gr"), says("een") | DONE)

    thought, text = answer.message.parts
    assert isinstance(thought, Reasoning)
    assert thought.provider_state is not None
    assert (thought.text, text) == ("Hm", Text("Green"))
    assert answer.model == "llama"


def test_a_stop_with_tool_calls_is_a_tool_call() -> None:
    call = {"id": "c0", "function": {"index": 0, "name": "add", "arguments": {"a": 1}}}
    answer = streamed(says(tool_calls=[call]), says() | DONE)

    assert (answer.finish_reason, answer.raw_finish_reason) == ("tool_call", "stop")
    assert answer.tool_calls == (ToolCall("c0", "add", '{"a": 1}'),)


def test_an_id_that_is_missing_is_made_up_the_same_way_each_time() -> None:
    call = {"function": {"name": "add", "arguments": '{"a":1}'}}
    asked = (says(tool_calls=[call, call]), says() | DONE)

    one, two = streamed(*asked).tool_calls

    assert (one.arguments, one.id == two.id) == ('{"a":1}', False)
    assert streamed(*asked).tool_calls == (one, two)
    later = says(tool_calls=[call]) | {"created_at": "2027"}
    assert streamed(later, says() | DONE).tool_calls[0].id != one.id


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_a_model_that_was_only_loaded_answers_with_nothing(reason: str) -> None:
    answer = whole(says() | {"done": True, "done_reason": reason})

    assert (answer.empty, answer.finish_reason, answer.raw_finish_reason) == (True, "stop", reason)
    assert answer.usage is None


def test_cached_tokens_are_among_those_of_the_prompt() -> None:
    figures = {"prompt_eval_cached_count": 7, "total_duration": 5}
    usage = streamed(says("Hi") | DONE | figures).usage

    assert usage is not None
    assert (usage.input, usage.cache_read, usage.output) == (2, 7, 4)
    assert json.loads(usage.raw or "") == {
        "prompt_eval_count": 9,
        "eval_count": 4,
        "prompt_eval_cached_count": 7,
        "total_duration": 5,
    }


def test_probabilities_come_with_the_text() -> None:
    told = {"token": "Hi", "logprob": -0.5, "bytes": [72], "top_logprobs": [{"token": "Yo"}]}
    expected = TokenLogprob("Hi", -0.5, (72,), (TokenLogprob("Yo", 0.0),))
    decoding = decoder()

    events = decoding.feed(lines(says("Hi") | {"logprobs": [told]}, says() | DONE))

    assert TextDelta("Hi", 0, (expected,)) in events
    assert whole(says("Hi") | DONE | {"logprobs": [told]}).logprobs == (expected,)


def test_an_error_line_in_the_middle_is_an_error() -> None:
    failure = failed(lines(says("Gre"), {"error": "llama runner process has terminated"}))
    assert isinstance(failure, ServerError)
    too_long = failed(lines({"error": "the input length exceeds the context length"}))
    assert isinstance(too_long, ContextLengthError)
    assert isinstance(failed(b'{"error":"boom"}', stream=False), ServerError)


def test_a_stream_without_its_last_line_is_cut() -> None:
    failure = failed(lines(says("Gre")))
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "Gre"
    assert isinstance(failed(b""), StreamInterrupted)
    assert isinstance(failed(lines(says("Gre")), stream=False), StreamInterrupted)


def test_nonsense_is_a_decode_error() -> None:
    for data in (b"", b"[]", b"{}", b"<html>", b'{"message":5}', b"{\n"):
        assert isinstance(failed(data, stream=False), DecodeError), data
    assert isinstance(failed(b"<html></html>\n"), DecodeError)


def test_the_last_line_needs_no_line_end() -> None:
    decoding = decoder()
    decoding.feed(lines(says("Hi") | DONE).rstrip())
    decoding.close()

    assert decoding.finished


def test_caps_hold() -> None:
    for limits in (Limits(event=50), Limits(total=50)):
        decoding = decoder(limits)
        decoding.feed(lines(says("x" * 200)))
        assert isinstance(decoding.failure, ResponseTooLarge)


@pytest.mark.parametrize(
    ("status", "body", "expected", "words"),
    [
        (404, {"error": "model 'x' not found"}, NotFoundError, "not found"),
        (401, {"error": "unauthorized", "signin_url": "https://s"}, AuthenticationError, "sign in"),
        (503, {"error": "server busy"}, ApiError, "busy"),
    ],
)
def test_errors_are_those_that_fit(
    status: int, body: dict[str, str], expected: type[ApiError], words: str
) -> None:
    error = DIALECT.decode_error(status, Headers(()), json.dumps(body).encode(), TARGET)

    assert isinstance(error, expected)
    assert words in str(error)
