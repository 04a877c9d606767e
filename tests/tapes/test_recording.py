"""What goes over the line is on the tape, in both colours; no credential is."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import JSON, begun, chunk, pieces, streamed, whole
from tests.ports import free_port
from tests.tapes.conftest import QUESTION

import fairlead
from fairlead import ConfigError
from fairlead.engine.runtime import drive
from fairlead.errors import FairleadError, ProtocolError, ReadTimeout
from fairlead.framing.multipart import FileBody
from fairlead.ports import HttpResponse, Timeouts, Transport
from fairlead.settings import RetrySettings
from fairlead.tapes.exchange import Chunk, Exchange
from fairlead.tapes.folder import TapeFolder
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Close, Pause, Reset, ScriptedServer, respond
from fairlead.types.http import HttpRequest

FAR = 1e9
EVENTS = (("content-type", "text/event-stream"),)


def on(tape: Path) -> list[Exchange]:
    return TapeFolder(tape).read()


def text_of(tape: Path) -> str:
    return "".join(path.read_text() for path in tape.glob("*.txt"))


def over(tape: Path, *answers: Answer | FairleadError) -> tuple[FakeRuntime, Transport]:
    """A recording of a transport without a network, on a clock that only it moves."""
    runtime = FakeRuntime()
    inner = MemoryTransport(runtime, answers)
    return runtime, fairlead.record(tape, inner).transport_for(runtime, lambda: inner)


def sent(transport: Transport, body: bytes = b"{}") -> HttpResponse:
    request = HttpRequest("POST", "https://a.example/v1/x", (), body)
    return drive(transport.send(request, deadline=FAR, timeouts=Timeouts()))


def test_bytes_pieces_and_times_are_on_the_tape(tape) -> None:
    answer = Answer(
        (b"data: 1\n", Pause(0.5), b"\nda", Pause(0.25), b"ta: 2\n\n"), 200, EVENTS, 0.1
    )
    _, transport = over(tape, answer)

    response = sent(transport)
    while drive(response.read(FAR)):
        pass

    (found,) = on(tape)
    assert found.answer.at == 0.1
    assert found.answer.chunks == (
        Chunk(0.1, b"data: 1\n"), Chunk(0.6, b"\nda"), Chunk(0.85, b"ta: 2\n\n"),
    )  # fmt: skip
    assert (found.ending.how, found.ending.at) == ("complete", 0.85)


def test_every_call_of_a_client_is_recorded_in_order(recorded) -> None:
    tape = recorded(streamed("Hel", "lo"), streamed("Bye"))

    first, second = on(tape)
    assert first.answer.body == b"".join(pieces("Hel", "lo"))
    assert second.answer.body == b"".join(pieces("Bye"))
    assert first.request.method == "POST"
    assert first.ending.how == "complete"


def test_an_answer_that_is_left_early_says_so(opened, tape) -> None:
    with ScriptedServer(
        [begun(chunk({"content": "a"}), chunk({"content": "b"})), Pause(30)]
    ) as server:
        client = opened(settings_for(server.url), transport=fairlead.record(tape))
        client.first(1, "fake/m-1", QUESTION)

    (found,) = on(tape)
    assert found.ending.how == "left"


def test_an_answer_that_nobody_closed_is_written_when_the_client_is_closed(tape) -> None:
    _, transport = over(tape, Answer((b"data: 1\n\n", Pause(9)), 200, EVENTS))
    response = sent(transport)
    drive(response.read(FAR))
    drive(transport.aclose())
    drive(response.aclose())

    (found,) = on(tape)
    assert (found.ending.how, found.answer.body) == ("left", b"data: 1\n\n")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([Reset()], "ProtocolError"),
        ([begun(chunk({"content": "a"})), Close()], "ProtocolError"),
    ],
)
def test_errors_of_the_line_are_recorded(opened, tape, script, kind) -> None:
    with ScriptedServer(script) as server:
        client = opened(settings_for(server.url), transport=fairlead.record(tape))
        with pytest.raises(FairleadError):
            client.stream("fake/m-1", QUESTION)

    (found,) = on(tape)
    assert (found.ending.how, found.ending.failure.kind) == ("failed", kind)


def test_a_refused_connection_is_recorded_once_for_each_attempt(opened, tape) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    settings = settings_for(url, retry=RetrySettings(max_retries=1))
    client = opened(settings, transport=fairlead.record(tape))
    with pytest.raises(fairlead.ConnectError):
        client.chat("fake/m-1", QUESTION)

    assert [e.ending.failure.kind for e in on(tape)] == ["ConnectError"] * 2
    assert [e.answer for e in on(tape)] == [None, None]


def test_a_wait_in_vain_is_recorded_where_nothing_followed_it(tape) -> None:
    body = (b"a", Pause(5), b"b", Pause(5), b"c")
    runtime, transport = over(tape, Answer(body, 200, EVENTS))
    response = sent(transport)
    drive(response.read(FAR))
    for _ in range(2):
        with pytest.raises(ReadTimeout):
            drive(response.read(runtime.now() + 1))
        drive(response.read(FAR))
    drive(response.aclose())

    (found,) = on(tape)
    assert found.ending.how == "left"
    assert found.answer.body == b"abc"


def test_a_timeout_that_ended_an_answer_is_its_end(tape) -> None:
    runtime, transport = over(tape, Answer((b"a", Pause(5), b"b"), 200, EVENTS))
    response = sent(transport)
    drive(response.read(FAR))
    with pytest.raises(ReadTimeout):
        drive(response.read(runtime.now() + 1))
    drive(response.aclose())

    (found,) = on(tape)
    assert (found.ending.how, found.ending.failure.kind, found.ending.at) == (
        "failed",
        "ReadTimeout",
        1,
    )


def test_a_body_from_the_disk_is_read_for_the_tape_and_a_long_one_is_hashed(tape, tmp_path) -> None:
    _, transport = over(tape, Answer((b"{}",)), Answer((b"{}",)))
    for name, size in (("short", 10), ("long", (1 << 20) + 5)):
        path = tmp_path / name
        path.write_bytes(b"x" * size)
        response = sent(transport, FileBody(path, size))
        while drive(response.read(FAR)):
            pass

    short, long = on(tape)
    assert short.request.body == b"x" * 10
    assert (long.request.body.size, len(long.request.body.sha256)) == ((1 << 20) + 5, 64)


def test_a_recording_goes_on_unless_it_is_begun_anew(opened, recorded, tape) -> None:
    recorded(streamed("one"))
    recorded(streamed("two"))
    assert len(on(tape)) == 2

    with ScriptedServer(whole()) as server:
        client = opened(settings_for(server.url), transport=fairlead.record(tape, anew=True))
        client.chat("fake/m-1", QUESTION)
    assert len(on(tape)) == 1


def test_a_place_that_is_no_tape_is_refused_before_anything_is_sent(tmp_path) -> None:
    (tmp_path / "photo.png").write_bytes(b"")

    with pytest.raises(ConfigError, match="other things than a tape"):
        fairlead.record(tmp_path, anew=True)
    assert (tmp_path / "photo.png").exists()


# -- the canary ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dialect",
    ["openai_chat", "openai_responses", "anthropic_messages", "gemini", "cohere", "ollama"],
)
@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.invariant("I8")
def test_no_key_is_on_the_tape_whatever_carries_it(opened, tape, dialect, echo) -> None:
    def answer(request):
        key = " ".join(v for n, v in request.headers if KEY in v)
        said = f'{{"error":{{"message":"wrong key: {key if echo else "?"}","code":"no"}}}}'
        return respond(401, (*JSON, ("x-echo", key if echo else "no")), said.encode())

    with ScriptedServer(answer) as server:
        settings = settings_for(server.url, dialect=dialect)
        client = opened(settings, transport=fairlead.record(tape))
        with pytest.raises(FairleadError):
            client.chat("fake/m-1", QUESTION)
        assert any(KEY in value for _, value in server.requests[0].headers)

    assert on(tape)[0].answer.status == 401
    assert KEY not in text_of(tape)
    assert KEY[:12] not in text_of(tape)


@pytest.mark.invariant("I8")
def test_a_request_whose_secret_cannot_be_hidden_is_not_written(opened, tape) -> None:
    def backwards(request):
        key = request.header("authorization").removeprefix("Bearer ")[::-1]
        return respond(200, JSON, f'{{"said":"{key}"}}'.encode())

    with ScriptedServer(backwards) as server:
        client = opened(settings_for(server.url), transport=fairlead.record(tape))
        with pytest.raises(
            ConfigError, match="holds a credential where it cannot be hidden"
        ) as caught:
            client.chat("fake/m-1", QUESTION)

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert not tape.exists()
    assert KEY not in "".join(shown.format()) + repr(caught.value)
    assert KEY[::-1] not in str(caught.value)


def test_keys_of_the_environment_and_those_that_are_named_are_hidden(
    monkeypatch, opened, tape
) -> None:
    monkeypatch.setenv("OTHER_SERVICE_TOKEN", "0123456789abcdefXYZ")
    with ScriptedServer(whole("it is 0123456789abcdefXYZ or plainword42")) as server:
        record = fairlead.record(tape, secrets=["plainword42"])
        client = opened(settings_for(server.url), transport=record)
        client.chat("fake/m-1", QUESTION)

    assert "0123456789abcdefXYZ" not in text_of(tape)
    assert "plainword42" not in text_of(tape)
    assert "it is ****" in text_of(tape)


def test_requests_that_fetch_credentials_go_past_the_tape(tape) -> None:
    inner = MemoryTransport(FakeRuntime(), [])
    transport = fairlead.record(tape, inner).transport_for(FakeRuntime(), lambda: inner)

    assert transport.direct is inner


def test_a_tape_is_written_by_many_threads_at_once(tape) -> None:
    with ScriptedServer(whole()) as server:
        with fairlead.Client(settings_for(server.url), transport=fairlead.record(tape)) as client:
            with ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda turn: client.chat("fake/m-1", f"Question {turn}"), range(18)))

    asked = {exchange.request.body for exchange in on(tape)}
    assert len(asked) == 18
    assert len(list(tape.glob("*.tape.txt"))) == 18


def test_a_failed_send_over_the_memory_transport_is_recorded_with_what_it_knows(tape) -> None:
    _, transport = over(tape, ProtocolError("a: it broke", sent=True))
    with pytest.raises(ProtocolError):
        sent(transport)

    (found,) = on(tape)
    assert (found.ending.failure.message, found.ending.failure.sent) == ("a: it broke", True)
