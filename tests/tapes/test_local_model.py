"""A stream of the local model, recorded and replayed: the same bytes, pieces and events."""

from __future__ import annotations

import pytest
from tests.client.wire import JSON

import fairlead
from fairlead import LocalModelError, Settings, TextDelta
from fairlead.engine.runtime import drive
from fairlead.local.server import shared_server
from fairlead.ports import Timeouts
from fairlead.tapes.folder import TapeFolder
from fairlead.tapes.requests import taped
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import HttpRequest

MODEL = "local/smollm2"
ASKED = {"max_tokens": 24, "temperature": 0}
QUESTION = "In one sentence: why is the sky blue?"


@pytest.fixture
def key() -> str:
    try:
        return shared_server().start().key
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")


def texts(events: list[object]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


def test_a_stream_is_replayed_as_it_was_recorded_without_the_model(opened, tape, key) -> None:
    recording = opened(Settings(), transport=fairlead.record(tape))
    events, answer = recording.stream(MODEL, QUESTION, **ASKED)
    replaying = opened(Settings(), transport=fairlead.replay(tape, speed=0))
    again, same = replaying.stream(MODEL, QUESTION, **ASKED)

    assert texts(again) == texts(events)
    assert len(texts(events)) > 5
    assert (same.text, same.usage) == (answer.text, answer.usage)
    assert same.raw.headers == answer.raw.headers
    assert all(key not in path.read_text() for path in tape.iterdir())


def test_its_pieces_come_in_the_order_and_at_the_times_of_the_tape(opened, tape, key) -> None:
    client = opened(Settings(), transport=fairlead.record(tape))
    client.stream(MODEL, QUESTION, **ASKED)
    (found,) = TapeFolder(tape).read()
    runtime = FakeRuntime(0.0)
    transport = fairlead.replay(tape).transport_for(runtime, lambda: None)
    request = HttpRequest("POST", found.request.url, JSON, found.request.body)
    assert taped(request).body == found.request.body

    response = drive(transport.send(request, deadline=1e9, timeouts=Timeouts()))
    seen = []
    while data := drive(response.read(1e9)):
        seen.append((round(runtime.now(), 6), data))

    assert len(seen) > 1  # fewer than tokens, where the machine read late what had come
    assert seen == [(chunk.at, chunk.data) for chunk in found.answer.chunks]
    assert seen[-1][0] > seen[0][0]
