"""A tape as a provider on loopback: other clients get the bytes, the pieces and the faults."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import JSON, chunk, pieces, streamed, whole
from tests.tapes.conftest import QUESTION
from tests.tapes.test_notation import EXAMPLE
from tests.tapes.test_recording import EVENTS, over, sent
from tests.timing import TRIES

import fairlead
from fairlead import ConfigError, StreamInterrupted
from fairlead.engine.runtime import drive
from fairlead.errors import ConnectError, FairleadError
from fairlead.tapes import RateLimited, TapeServer
from fairlead.tapes.folder import TapeFolder
from fairlead.tapes.replaying import Replay
from fairlead.testing.memory import Answer
from fairlead.testing.server import Pause, ScriptedServer, respond
from fairlead.testing.toxics import HalfOpen, LimitData, ResetPeer

BODY = json.dumps(
    {
        "stream_options": {"include_usage": True},
        "stream": True,
        "model": "m-1",
        "messages": [{"content": QUESTION, "role": "user"}],
    }
).encode()


def serving(tape: Path, **options) -> TapeServer:
    return TapeServer(Replay(tape, any_origin=True, **{"speed": 0, **options}))


def post(url: str, body: bytes = BODY) -> http.client.HTTPResponse:
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    return urllib.request.urlopen(request, timeout=10)


def test_a_program_without_fairlead_gets_the_bytes_that_were_recorded(recorded) -> None:
    with serving(recorded(streamed("Hel", "lo"))) as server:
        with post(server.url) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert answer.read() == b"".join(pieces("Hel", "lo"))


def test_the_tape_of_a_served_tape_is_the_same(opened, recorded, tmp_path) -> None:
    again = tmp_path / "again"
    tape = recorded(streamed("Hel", "lo"))
    with serving(tape) as server:
        client = opened(settings_for(server.url), transport=fairlead.record(again))
        client.stream("fake/m-1", QUESTION)

    (one,), (other,) = TapeFolder(tape).read(), TapeFolder(again).read()
    assert one.answer.body == other.answer.body
    assert one.request.body == other.request.body


def test_pieces_come_apart_as_they_were_recorded(tape) -> None:
    answer = Answer((b"data: 1\n\n", Pause(0.3), b"data: 2\n\n"), 200, EVENTS)
    response = sent(over(tape, answer)[1])
    while drive(response.read(1e9)):
        pass

    def waited() -> float:
        """Seconds between the pieces; fewer where the first was read late."""
        with serving(tape, speed=1.0) as server:
            connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]))
            connection.request("POST", "/v1/x", b"{}")
            answered = connection.getresponse()
            first = answered.read1()
            then = time.monotonic()
            second = answered.read1()
            connection.close()
            assert (first, second) == (b"data: 1\n\n", b"data: 2\n\n")
            return time.monotonic() - then

    assert any(waited() > 0.15 for _ in range(TRIES))


def test_a_packed_answer_is_served_unpacked(tape, opened) -> None:
    import gzip

    packed = gzip.compress(b'{"a":1}')
    kind = (*JSON, ("Content-Encoding", "gzip"))
    with ScriptedServer(respond(200, kind, packed)) as server:
        client = opened(fairlead.Settings(), transport=fairlead.record(tape))
        assert client.post(f"{server.url}/run", {}).data == {"a": 1}
    with serving(tape) as server:
        with urllib.request.urlopen(f"{server.url}/run", b"{}", timeout=10) as answer:
            assert answer.read() == b'{"a":1}'
            assert answer.headers["Content-Encoding"] is None


def test_a_request_that_is_not_on_the_tape_is_a_404_that_tells_the_nearest(recorded) -> None:
    with serving(recorded(streamed("Hi"))) as server:
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(server.url, BODY.replace(b"m-1", b"m-2"))
        with caught.value as error:
            said = json.loads(error.read())["error"]

    assert caught.value.code == 404
    assert said["type"] == "tape_mismatch"
    assert '$.model: "m-1" on the tape, "m-2" asked' in said["message"]


@pytest.mark.fault("S5")
@pytest.mark.parametrize("toxic", [LimitData, ResetPeer])
def test_a_cut_reaches_clients_over_the_wire(opened, recorded, toxic) -> None:
    begun = len(pieces("Hel", "lo")[0] + chunk({"content": "Hel"}))
    with serving(recorded(streamed("Hel", "lo")), faults=[toxic(begun)]) as server:
        with pytest.raises(StreamInterrupted):
            opened.at(server.url).stream("fake/m-1", QUESTION)


@pytest.mark.fault("S2")
def test_a_stall_reaches_clients_over_the_wire(opened, recorded, quick) -> None:
    begun = len(pieces("Hel", "lo")[0] + chunk({"content": "Hel"}))
    with serving(recorded(streamed("Hel", "lo")), faults=[HalfOpen(begun)]) as server:
        with pytest.raises(StreamInterrupted, match="silent for"):
            opened.at(server.url, **quick).stream("fake/m-1", QUESTION)


@pytest.mark.fault("P1")
def test_a_429_reaches_clients_over_the_wire(opened, recorded) -> None:
    with serving(recorded(streamed("Hi")), faults=[RateLimited(3)]) as server:
        with pytest.raises(fairlead.RateLimitError) as caught:
            opened.at(server.url).stream("fake/m-1", QUESTION)

    assert caught.value.retry_after == 3


def test_a_failure_to_connect_is_served_as_a_connection_that_is_broken_off(opened, tape) -> None:
    transport = over(tape, ConnectError("nothing is there"))[1]
    with pytest.raises(ConnectError):
        sent(transport)

    with serving(tape) as server:
        with pytest.raises((http.client.HTTPException, OSError)):
            urllib.request.urlopen(f"{server.url}/v1/x", b"{}", timeout=10)


def test_an_answer_that_its_reader_left_is_served_as_one_that_breaks_off(opened, tape) -> None:
    _, transport = over(tape, Answer((b"data: 1\n\n", Pause(9)), 200, EVENTS))
    response = sent(transport)
    drive(response.read(1e9))
    drive(response.aclose())

    with serving(tape) as server:
        with pytest.raises((FairleadError, http.client.HTTPException, OSError)):
            with urllib.request.urlopen(f"{server.url}/v1/x", b"{}", timeout=10) as answer:
                answer.read()


def test_a_status_without_a_body_is_served_without_one(tape) -> None:
    from msgspec.structs import replace

    empty = replace(EXAMPLE, answer=replace(EXAMPLE.answer, status=204, chunks=()))
    TapeFolder(tape).add(1, empty)
    with serving(tape) as server:
        connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]))
        for _ in range(2):
            connection.request("POST", "/v1/x", b'{"model":"m"}')
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (204, b"")
        connection.close()


def test_whole_answers_are_served_too(opened, recorded) -> None:
    with serving(recorded(whole("Hi"), stream=False)) as server:
        assert opened.at(server.url).chat("fake/m-1", QUESTION).text == "Hi"


def test_a_port_that_is_taken_is_told(recorded) -> None:
    tape = recorded(whole("Hi"), stream=False)
    with ScriptedServer() as taken:
        with pytest.raises(ConfigError, match=f"port {taken.port} cannot be used"):
            TapeServer(Replay(tape), port=taken.port)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "host.docker.internal:1"}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Host": "evil.example:1"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "[bad"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_no_web_page_can_ask_for_what_is_on_the_tape(tape, headers, status) -> None:
    response = sent(over(tape, Answer((b"{}",), 200, JSON))[1])
    while drive(response.read(1e9)):
        pass
    with serving(tape) as server:
        connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]))
        connection.request("POST", "/v1/x", b"{}", headers)
        assert connection.getresponse().status == status
        connection.close()
