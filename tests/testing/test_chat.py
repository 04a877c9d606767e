"""What a provider says is what the client reads: each protocol, streamed and whole, each colour."""

from __future__ import annotations

import asyncio
import threading

import pytest

import fairlead
from fairlead import AsyncClient, Client, InvalidRequest, Usage
from fairlead.settings import RetrySettings
from fairlead.testing.chat import Said, asked, calls, fails, says, settings_for
from fairlead.testing.server import Received, ScriptedServer
from fairlead.types.events import TextDelta, ToolCallDelta

DIALECTS = pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])


def whole(server, dialect, **options):
    with Client(settings_for(server.url, dialect=dialect)) as ai:
        return ai.chat("fake/m", "Hi", **options)


def streamed(server, dialect, **options):
    with Client(settings_for(server.url, dialect=dialect)) as ai:
        with ai.stream("fake/m", "Hi", **options) as stream:
            return stream.result()


def whole_asynchronously(server, dialect, **options):
    async def run():
        async with AsyncClient(settings_for(server.url, dialect=dialect)) as ai:
            return await ai.chat("fake/m", "Hi", **options)

    return asyncio.run(run())


def streamed_asynchronously(server, dialect, **options):
    async def run():
        async with AsyncClient(settings_for(server.url, dialect=dialect)) as ai:
            async with ai.stream("fake/m", "Hi", **options) as stream:
                return await stream.result()

    return asyncio.run(run())


WAYS = pytest.mark.parametrize(
    "ask", [whole, streamed, whole_asynchronously, streamed_asynchronously]
)


@DIALECTS
@WAYS
def test_everything_that_is_said_is_read(ask, dialect) -> None:
    usage = Usage(5, cache_read=3, cache_write=2, output=7, reasoning=4)
    look = says("Let me ", "see.", reasoning="A sum.", usage=usage)
    with ScriptedServer(look + calls("add", a=1, b=[2]) + calls("now")) as server:
        answer = ask(server, dialect)

    assert answer.text == "Let me see."
    assert answer.reasoning == "A sum."
    assert [(call.name, call.parse()) for call in answer.tool_calls] == [
        ("add", {"a": 1, "b": [2]}),
        ("now", {}),
    ]
    assert len({call.id for call in answer.tool_calls}) == 2
    assert answer.finish_reason == "tool_call"
    assert answer.model == "m"
    read = answer.usage
    assert (read.input, read.cache_read, read.cache_write) == (5, 3, 2)
    assert (read.output, read.reasoning) == (7, 4)
    assert answer.warnings == ()


@DIALECTS
@WAYS
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (says("Hi"), "stop"),
        (says("Hi", finish="length"), "length"),
        (says("Hi", finish="content_filter"), "content_filter"),
        (calls("now"), "tool_call"),
        (says(finish="length") + calls("now", '{"a"'), "length"),
    ],
)
def test_an_answer_ends_for_the_reason_that_is_said(ask, dialect, said, reason) -> None:
    with ScriptedServer(said) as server:
        assert ask(server, dialect).finish_reason == reason


@DIALECTS
@WAYS
def test_what_is_not_said_is_as_usual(ask, dialect) -> None:
    with ScriptedServer(says("Hi"), says("Hi", usage=None)) as server:
        usual, untold = ask(server, dialect), ask(server, dialect)

    assert (usual.usage.input_tokens, usual.usage.output_tokens) == (9, 4)
    assert untold.usage is None or untold.usage.estimated


@DIALECTS
@WAYS
def test_a_model_may_write_arguments_that_are_no_json(ask, dialect) -> None:
    with ScriptedServer(calls("add", '{"a": ')) as server:
        (call,) = ask(server, dialect).tool_calls

    assert call.arguments == '{"a": '
    with pytest.raises(fairlead.MalformedToolArguments):
        call.parse()


@DIALECTS
@WAYS
def test_an_error_has_its_status_code_and_time(ask, dialect) -> None:
    answers = [
        fails(429, "Slow down.", retry_after=7),
        fails(401),
        fails(529),
        fails(400, code="context_length_exceeded"),
    ]
    kinds = [
        fairlead.RateLimitError,
        fairlead.AuthenticationError,
        fairlead.OverloadedError,
        fairlead.ContextLengthError,
    ]
    with ScriptedServer(*answers) as server:
        for kind in kinds:
            with pytest.raises(kind) as caught:
                ask(server, dialect)
            if kind is fairlead.RateLimitError:
                assert (caught.value.status, caught.value.retry_after) == (429, 7)
                assert "Slow down." in str(caught.value)


@DIALECTS
def test_a_stream_brings_text_in_its_pieces_and_arguments_in_some(dialect) -> None:
    said = says("Let me ", "see.") + calls("add", first=1000, second=2000)
    with (
        ScriptedServer(said) as server,
        Client(settings_for(server.url, dialect=dialect)) as ai,
        ai.stream("fake/m", "Hi") as stream,
    ):
        events = list(stream)

    assert [e.text for e in events if isinstance(e, TextDelta)] == ["Let me ", "see."]
    assert sum(isinstance(e, ToolCallDelta) for e in events) > 1


@DIALECTS
@pytest.mark.parametrize("ask", [streamed, streamed_asynchronously])
def test_a_stream_that_is_cut_has_what_was_said_until_then(ask, dialect) -> None:
    with ScriptedServer(says("Hel", "lo", cut=True)) as server:
        with pytest.raises(fairlead.StreamInterrupted) as caught:
            ask(server, dialect)

    assert caught.value.partial.text == "Hello"


@DIALECTS
@pytest.mark.parametrize("ask", [whole, whole_asynchronously])
def test_a_whole_answer_that_is_cut_is_an_error(ask, dialect) -> None:
    with ScriptedServer(says("Hello", cut=True)) as server:
        with pytest.raises(fairlead.ProtocolError, match="broke off"):
            ask(server, dialect)


@DIALECTS
@WAYS
def test_a_slow_answer_comes_late(ask, dialect) -> None:
    with ScriptedServer(says("Hi", pause=60)) as server:
        with pytest.raises(fairlead.DeadlineExceeded):
            ask(server, dialect, deadline=0.2)


@DIALECTS
def test_an_answer_may_depend_on_what_was_asked(dialect) -> None:
    def answer(request):
        return says(asked(request).text.upper()) if asked(request).stream else fails(500)

    with ScriptedServer(answer) as server:
        assert streamed(server, dialect).text == "HI"
        with pytest.raises(fairlead.ServerError):
            whole(server, dialect)


@DIALECTS
def test_calls_of_each_turn_have_their_own_ids_and_results_are_heard(dialect) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    turns = [calls("add", a=1, b=2), calls("add", a=3, b=4), says("Done.")]
    with ScriptedServer(*turns) as server:
        with Client(settings_for(server.url, dialect=dialect)) as ai:
            result = ai.run("fake/m", "Hi", tools=[add])

    assert result.text == "Done."
    assert [asked(request).text for request in server.requests] == ["Hi", "3", "7"]
    assert len({run.call.id for run in result.tools}) == 2


def test_a_request_tells_what_was_asked() -> None:
    with ScriptedServer(says("Hi")) as server:
        whole(server, "openai_chat", temperature=0.5)
    question = asked(server.requests[0])

    assert (question.model, question.stream, question.text) == ("m", False, "Hi")
    assert [message["role"] for message in question.messages] == ["user"]
    assert question.body["temperature"] == 0.5


def test_what_is_no_chat_is_refused_with_what_is() -> None:
    with ScriptedServer(says("Hi"), fails(500)) as server:
        with Client(settings_for(server.url, dialect="openai_responses")) as ai:
            for _ in range(2):
                with pytest.raises(fairlead.NotFoundError, match="chat/completions"):
                    ai.chat("fake/m", "Hi")


def test_an_error_of_a_function_that_answers_is_seen(monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(threading, "excepthook", lambda told: seen.append(told.exc_value))
    mistake = ValueError("a mistake in the test")

    def answer(request):
        raise mistake

    with ScriptedServer(answer) as server, pytest.raises(fairlead.FairleadError):
        whole(server, "openai_chat")
    assert set(seen) == {mistake}


@pytest.mark.parametrize(
    ("make", "says_what"),
    [
        (lambda: says("Hi", usage=Usage(audio_input=3)), "usage may hold"),
        (lambda: calls("add", "{}", a=1), "not both"),
    ],
)
def test_what_cannot_be_said_is_refused(make, says_what) -> None:
    with pytest.raises(InvalidRequest, match=says_what):
        make()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"model": "m"}'])
def test_a_request_that_is_no_chat_cannot_be_read_as_one(body) -> None:
    with pytest.raises(fairlead.DecodeError, match="not one for an answer"):
        asked(Received("POST", "/run", (), body, 1))


def test_settings_name_any_provider_and_take_changes() -> None:
    with ScriptedServer(fails(429, retry_after=0), says("Hi")) as server:
        retrying = settings_for(server.url, "openai", retry=RetrySettings(max_retries=1))
        with Client(retrying) as ai:
            assert ai.chat("openai/gpt-4o", "Hi").text == "Hi"


def test_of_a_sum_the_right_answer_says_the_rest_where_it_says_more() -> None:
    left = says("a", finish="length", pause=1, usage=None)
    assert left + says("b") == Said(("a", "b"), finish="length", pause=1, usage=None)
    assert says("a") + says(usage=Usage(1), cut=True) == Said(("a",), usage=Usage(1), cut=True)
