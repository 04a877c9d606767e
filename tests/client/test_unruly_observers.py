"""Observers that raise or hang change nothing of what a caller sees, in both colours."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import JSON, begun, chunk, streamed, whole
from tests.faults.aftermath import attempts_of

from fairlead import Observer
from fairlead.errors import FairleadError
from fairlead.settings import RetrySettings
from fairlead.telemetry import Queued
from fairlead.testing.server import Close, ScriptedServer, respond

HOOKS = (
    "call_start",
    "call_stop",
    "call_exception",
    "attempt_start",
    "attempt_stop",
    "attempt_exception",
)
DOWN = respond(500, (*JSON, ("Retry-After-Ms", "10")), b'{"error":{"message":"down"}}')
SCRIPTS: list[Any] = [
    [DOWN, whole()],
    [DOWN, DOWN],
    [streamed("a", "b")],
    [[begun(chunk({"content": "x"})), Close()]],
]


def seen(opened: Any, observers: list[Observer]) -> list[Any]:
    """What a caller sees of every story, whole and streamed."""
    outcomes: list[Any] = []
    for script in SCRIPTS:
        for streams in (False, True):
            with ScriptedServer(*script) as server:
                settings = settings_for(server.url, retry=RetrySettings(max_retries=1))
                client = opened(settings, observers=observers)
                outcomes.append(_outcome(client, streams))
                outcomes.append(len(server.requests))
    return outcomes


def _outcome(client: Any, streams: bool) -> Any:
    try:
        answer = client.stream("fake/m", "Hi")[1] if streams else client.chat("fake/m", "Hi")
    except FairleadError as error:
        return type(error).__name__, attempts_of(error)
    return answer.text, answer.finish_reason, attempts_of(answer)


def unruly(does: Any, hook: str) -> Observer:
    kind = type("Unruly", (Observer,), {hook: does})
    made: Observer = kind()
    return made


def _raises(*told: object) -> None:
    raise RuntimeError("an observer")


@pytest.mark.invariant("I22")
def test_whichever_hook_raises_the_caller_sees_the_same(opened) -> None:
    calm = seen(opened, [])

    assert seen(opened, [unruly(_raises, hook) for hook in HOOKS]) == calm


@pytest.mark.fault("R5")
@pytest.mark.invariant("I22")
def test_whichever_hook_hangs_behind_a_queue_the_caller_sees_the_same(opened) -> None:
    release = threading.Event()
    queued = [Queued(unruly(lambda *told: release.wait(60), hook), size=2) for hook in HOOKS]
    try:
        assert seen(opened, list(queued)) == seen(opened, [])
        assert sum(one.dropped for one in queued) > 0
    finally:
        release.set()
        for one in queued:
            one.close()
