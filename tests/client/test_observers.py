"""What observers of a client hear, in both colours."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import JSON, streamed, whole

from fairlead import (
    AsyncClient,
    Client,
    ConfigError,
    FairleadError,
    Observer,
    ServerError,
    StreamInterrupted,
)
from fairlead.telemetry import Statistics
from fairlead.testing.server import Close, Pause, ScriptedServer, respond


class Recorder(Observer):
    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    def call_start(self, call) -> None:
        self.heard.append(("start", call.operation, call.target))

    def call_stop(self, call, end) -> None:
        self.heard.append(("stop", type(end.answer).__name__, str(end.complete)))

    def call_exception(self, call, end, error) -> None:
        self.heard.append(("exception", type(error).__name__))

    def attempt_start(self, call, begun) -> None:
        self.heard.append(("attempt start",))

    def attempt_stop(self, call, begun, attempt) -> None:
        self.heard.append(("attempt stop", attempt.http_version))

    def attempt_exception(self, call, begun, attempt, error) -> None:
        self.heard.append(("attempt exception", type(error).__name__))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_an_answered_call_is_heard_from_start_to_end(opened, recorder) -> None:
    with ScriptedServer(whole()) as server:
        opened(settings_for(server.url), observers=[recorder]).chat("fake/m", "Hi")

    assert recorder.heard == [
        ("start", "chat", "fake/m"),
        ("attempt start",),
        ("attempt stop", "1.1"),
        ("stop", "ChatResponse", "True"),
    ]


def test_other_operations_are_heard_too(opened, recorder) -> None:
    body = {"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}
    with ScriptedServer(respond(200, JSON, json.dumps(body).encode())) as server:
        opened(settings_for(server.url), observers=[recorder]).do("embed", "fake/m", "text")

    assert recorder.heard[0] == ("start", "embeddings", "fake/m")
    assert recorder.heard[-1] == ("stop", "EmbeddingResponse", "True")


def test_a_plain_call_is_heard_with_its_origin(opened, recorder) -> None:
    with ScriptedServer(respond(200, JSON, b"{}")) as server:
        opened(settings_for(server.url), observers=[recorder]).post(f"{server.url}/run?a=b", {})

    assert recorder.heard[0] == ("start", "post", server.url)


def test_a_stream_that_is_left_early_stops(opened, recorder) -> None:
    answer = [step for step in streamed("a", "b", "c") for step in (step, Pause(0.2))]
    with ScriptedServer(answer) as server:
        opened(settings_for(server.url), observers=[recorder]).first(1, "fake/m", "Hi")

    assert recorder.heard[-1] == ("stop", "NoneType", "False")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (respond(500, JSON, b"{}"), ServerError),
        ([*streamed("a", "b")[:2], Close()], StreamInterrupted),
    ],
)
def test_a_failure_is_heard_once(opened, recorder, answer, error) -> None:
    with ScriptedServer(answer) as server:
        client = opened(settings_for(server.url), observers=[recorder])
        with pytest.raises(FairleadError):
            client.stream("fake/m", "Hi")

    ends = [heard for heard in recorder.heard if heard[0] in ("stop", "exception")]
    assert len(ends) == 1


@pytest.mark.fault("S15")
@pytest.mark.invariant("I1")
def test_a_task_that_is_cancelled_anywhere_ends_each_call_once(recorder) -> None:
    """Cancelled after each of many short times, while a slow answer is on its way."""
    statistics = Statistics()
    slow = [step for step in streamed("a", "b", "c") for step in (step, Pause(0.002))]

    async def run(server: ScriptedServer) -> None:
        client = AsyncClient(settings_for(server.url), observers=[recorder, statistics])
        async with client:
            for number in range(40):
                task = asyncio.ensure_future(_read(client))
                await asyncio.sleep(number * 0.0005)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    with ScriptedServer(*[slow] * 40) as server:
        asyncio.run(run(server))

    starts = [heard for heard in recorder.heard if heard[0] == "start"]
    ends = [heard for heard in recorder.heard if heard[0] in ("stop", "exception")]
    begun = [heard for heard in recorder.heard if heard[0] == "attempt start"]
    over = [h for h in recorder.heard if h[0] in ("attempt stop", "attempt exception")]
    assert len(starts) == len(ends) > 20
    assert len(begun) == len(over)
    assert statistics.snapshot().under_way == 0


async def _read(client: AsyncClient) -> None:
    async with client.stream("fake/m", "Hi") as stream:
        async for _ in stream:
            pass


def test_the_peak_of_calls_at_once_is_known() -> None:
    statistics = Statistics()

    async def run(server: ScriptedServer) -> None:
        async with AsyncClient(settings_for(server.url), observers=[statistics]) as client:
            await asyncio.gather(*(client.chat("fake/m", "Hi") for _ in range(5)))

    with ScriptedServer(*[[Pause(0.05), *whole()]] * 5) as server:
        asyncio.run(run(server))

    assert statistics.snapshot().peak == 5


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_observer_is_refused_when_the_client_is_made(kind) -> None:
    with pytest.raises(ConfigError, match="Statistics is a class"):
        kind(settings_for("http://127.0.0.1:9"), observers=[Statistics])


def test_what_observers_are_given_shows_neither_words_nor_keys(opened) -> None:
    shown: list[str] = []

    class Showing(Observer):
        def call_start(self, *given) -> None:
            shown.append(repr(given))

        call_stop = call_exception = call_start
        attempt_start = attempt_stop = attempt_exception = call_start

    echo = [lambda request: respond(400, JSON, request.header("authorization").encode())]
    with ScriptedServer(whole("quite an answer"), *echo) as server:
        client = opened(settings_for(server.url), observers=[Showing()])
        client.chat("fake/m", "quite a question")
        with pytest.raises(FairleadError):
            client.chat("fake/m", "quite a question")

    assert len(shown) == 8
    assert not [text for text in shown if "quite" in text or KEY in text]
