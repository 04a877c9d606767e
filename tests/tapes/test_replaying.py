"""A tape plays what was recorded: bytes, pieces, times and errors, with no network and no key."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import streamed, whole
from tests.tapes.conftest import GONE, QUESTION
from tests.tapes.test_recording import EVENTS, over, sent

import fairlead
from fairlead import ConfigError, Settings, TapeMismatch
from fairlead.engine.runtime import drive
from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    FairleadError,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
    ResponseTooLarge,
)
from fairlead.ports import HttpResponse, Timeouts, Transport
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.tapes.folder import TapeFolder
from fairlead.tapes.replaying import Replay
from fairlead.testing.memory import Answer
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Pause, Reset, ScriptedServer
from fairlead.types.http import HttpRequest

FAR = 1e9
SLOW = Answer((b"data: 1\n\n", Pause(2), b"data", Pause(1), b": 2\n\n"), 200, EVENTS, delay=4)


def drained(transport: Transport) -> HttpResponse:
    response = sent(transport)
    while drive(response.read(FAR)):
        pass
    return response


def playing(tape: Path, **options: float) -> tuple[FakeRuntime, Transport]:
    runtime = FakeRuntime()
    return runtime, fairlead.replay(tape, **options).transport_for(runtime, lambda: None)


@pytest.mark.parametrize(("speed", "factor"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0), (0, 0.0)])
def test_pieces_come_when_they_came_as_fast_as_is_asked(tape, speed, factor) -> None:
    drained(over(tape, SLOW)[1])
    runtime, transport = playing(tape, speed=speed)
    begin = runtime.now()

    response = sent(transport)
    seen = [(runtime.now() - begin, b"")]
    while data := drive(response.read(FAR)):
        seen.append((runtime.now() - begin, data))

    assert seen == [
        (4 * factor, b""),
        (4 * factor, b"data: 1\n\n"),
        (6 * factor, b"data"),
        (7 * factor, b": 2\n\n"),
    ]
    assert (response.status, response.headers.get("content-type")) == (200, "text/event-stream")
    assert response.facts.bytes_in == 18


def test_a_deadline_ends_a_wait_as_on_the_line(tape) -> None:
    drained(over(tape, SLOW)[1])
    runtime, transport = playing(tape)
    request = HttpRequest("POST", "https://a.example/v1/x", (), b"{}")
    with pytest.raises(ReadTimeout) as caught:
        drive(transport.send(request, deadline=runtime.now() + 3, timeouts=Timeouts()))
    assert (caught.value.phase, runtime.slept) == ("first_event", [3])

    response = sent(transport)
    drive(response.read(FAR))
    with pytest.raises(ReadTimeout):
        drive(response.read(runtime.now() + 1))
    assert drive(response.read(FAR)) == b"data"


@pytest.mark.parametrize(
    "error",
    [
        ConnectError("no connection to a"),
        ConnectError("its certificate was not accepted", fatal=True),
        ConnectTimeout("no connection within 5 s"),
        PoolTimeout("all are taken"),
        ReadTimeout("nothing came", phase="first_event", sent=True),
        ProtocolError("it broke", sent=True),
        ProtocolError("it broke", sent=False),
        ResponseTooLarge("too large"),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_an_error_of_the_line_is_raised_again_as_what_it_was(tape, error, early) -> None:
    answer = error if early else Answer((b"data: 1\n\n", error), 200, EVENTS)
    transport = over(tape, answer)[1]
    with pytest.raises(FairleadError):
        drained(transport)

    if isinstance(error, ReadTimeout) and not early:
        drive(transport.aclose())  # a wait in vain is an end only when nobody reads on
        assert TapeFolder(tape).read()[0].ending.how == "left"
        return
    with pytest.raises(type(error)) as caught:
        drained(playing(tape)[1])
    assert type(caught.value) is type(error)
    assert str(caught.value) == str(error)
    for name in ("sent", "phase", "retry_class"):
        assert getattr(caught.value, name, None) == getattr(error, name, None)


def test_both_colours_hear_the_same_from_a_tape_of_either(opened, recorded) -> None:
    tape = recorded(streamed("Hel", "lo"))

    client = opened(settings_for(GONE), transport=fairlead.replay(tape, speed=0))
    events, answer = client.stream("fake/m-1", QUESTION)

    assert answer.text == "Hello"
    assert answer.usage.total_tokens == 13
    assert [e.text for e in events if isinstance(e, fairlead.TextDelta)] == ["Hel", "lo"]


def test_whole_answers_are_replayed_too(opened, recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)

    client = opened(settings_for(GONE), transport=fairlead.replay(tape, speed=0))

    assert client.chat("fake/m-1", QUESTION).text == "Hi"
    assert client.chat("fake/m-1", QUESTION).text == "Hi"


def test_a_replay_needs_no_key(opened, recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)
    provider = ProviderSettings(base_url=f"{GONE}/v1", key_env="NO_SUCH_KEY", dialect="openai_chat")
    settings = Settings(providers={"fake": provider})

    with pytest.raises(fairlead.MissingCredentials):
        opened(settings).chat("fake/m-1", QUESTION)
    client = opened(settings, transport=fairlead.replay(tape, speed=0))

    assert client.chat("fake/m-1", QUESTION).text == "Hi"


def test_the_answer_on_a_route_needs_no_key_either(opened, recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)
    provider = ProviderSettings(base_url=f"{GONE}/v1", key_env="NO_SUCH_KEY", dialect="openai_chat")
    client = opened(
        Settings(providers={"fake": provider}), transport=fairlead.replay(tape, speed=0)
    )

    route = fairlead.route("fake/m-1", "fake/m-2")

    assert client.chat(route, QUESTION).text == "Hi"


def test_a_request_that_is_not_on_the_tape_is_told_and_goes_nowhere_else(opened, recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)
    client = opened(settings_for(GONE), transport=fairlead.replay(tape, speed=0))

    for model in ("fake/m-1", fairlead.route("fake/m-1", "fake/m-2")):
        with pytest.raises(TapeMismatch, match=r"What is 6 x 7\?.*on the tape, .*Else") as caught:
            client.chat(model, "Something Else")
        assert len(caught.value.receipt.attempts) == 1
        assert not caught.value.retryable


def test_with_once_an_answer_is_not_given_again(opened, recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)
    client = opened(settings_for(GONE), transport=fairlead.replay(tape, speed=0, once=True))

    client.chat("fake/m-1", QUESTION)
    with pytest.raises(TapeMismatch, match="asked more than the 1 times"):
        client.chat("fake/m-1", QUESTION)


def test_retries_see_the_errors_and_then_the_answer_that_was_recorded(opened, tape) -> None:
    retry = RetrySettings(max_retries=2)
    with ScriptedServer([Reset()], whole("Hi")) as server:
        client = opened(settings_for(server.url, retry=retry), transport=fairlead.record(tape))
        client.chat("fake/m-1", QUESTION)

    client = opened(settings_for(GONE, retry=retry), transport=fairlead.replay(tape, speed=0))
    answer = client.chat("fake/m-1", QUESTION)

    assert [attempt.status for attempt in answer.receipt.attempts] == [None, 200]


def test_reading_past_where_the_reader_left_is_told(tape) -> None:
    _, transport = over(tape, Answer((b"data: 1\n\n", Pause(9)), 200, EVENTS))
    response = sent(transport)
    drive(response.read(FAR))
    drive(response.aclose())

    response = sent(playing(tape)[1])
    assert drive(response.read(FAR)) == b"data: 1\n\n"
    with pytest.raises(ProtocolError, match="its reader left the answer"):
        drive(response.read(FAR))


@pytest.mark.parametrize("speed", [-1, float("inf"), float("nan"), True])
def test_a_speed_that_is_none_is_refused(tape, speed) -> None:
    with pytest.raises(ConfigError, match="speed must be"):
        fairlead.replay(tape, speed=speed)


def test_a_tape_that_is_not_there_is_told_before_anything_is_asked(tape) -> None:
    with pytest.raises(ConfigError, match="there is no tape"):
        fairlead.replay(tape)


def test_a_tape_shows_its_place_and_nothing_of_what_is_on_it(recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)

    assert repr(Replay(tape)) == f"Replay({str(tape)!r})"
    assert repr(fairlead.record(tape)) == f"Recording({str(tape)!r})"
