"""A reply that is dropped without being closed gives back all that it held."""

from __future__ import annotations

import gc

import pytest
from tests.engine.guarding import gate, limited

from fairlead.engine.forgotten import Forgotten
from fairlead.engine.runtime import drive
from fairlead.testing.memory import Answer, sse


def test_nothing_is_forgotten_of_what_was_closed_or_read(rig) -> None:
    rig.serve(sse("one"), sse("two"), Answer((b"{}",)))
    drive(rig.run(rig.call(stream=True)).aclose())
    rig.events(rig.run(rig.call(stream=True)))
    rig.run(rig.call())
    gc.collect()

    assert not rig.forgotten


def test_the_connection_is_closed_at_once_and_the_rest_when_it_is_settled(rig) -> None:
    rig.serve(sse("one", "two"))
    ended: list[str] = []
    reply = rig.run(rig.call(stream=True))
    reply.watch(lambda reply, error: ended.append(reply.receipt.attempts[0].error))
    del reply
    gc.collect()

    assert (bool(rig.forgotten), ended) == (True, [])

    drive(rig.forgotten.settle())

    assert ended == ["closed before its end"]
    assert not rig.forgotten
    drive(rig.forgotten.settle())
    assert len(ended) == 1


@pytest.mark.fault("S15")
@pytest.mark.invariant("I11")
def test_the_next_call_gets_the_place_that_a_forgotten_one_held(rig) -> None:
    rig.guards = limited(concurrency=1)
    rig.serve(sse("one", "two"), Answer((b"{}",)))
    reply = rig.run(rig.call(stream=True))
    assert gate(rig.guards).in_use == 1
    del reply
    gc.collect()

    rig.run(rig.call(allowed=5))

    assert gate(rig.guards).in_use == 0
    assert rig.runtime.slept == []


def test_one_that_is_part_of_a_circle_is_forgotten_likewise(rig) -> None:
    rig.serve(sse("one"))
    ended: list[object] = []
    reply = rig.run(rig.call(stream=True))
    reply.watch(lambda *end: ended.append(end))
    circle = [reply]
    circle.append(circle)
    del reply, circle
    gc.collect()

    drive(rig.forgotten.settle())

    assert len(ended) == 1


def test_in_a_new_client_nothing_is_forgotten() -> None:
    assert not Forgotten()
