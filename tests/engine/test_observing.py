"""Observers hear of each call and attempt: one start, exactly one end, whatever happens."""

from __future__ import annotations

import gc
import logging

import pytest
from tests.engine.guarding import gate, limited

from fairlead.engine.runtime import drive
from fairlead.engine.watching import Watching
from fairlead.errors import (
    ConfigError,
    DeadlineExceeded,
    ProtocolError,
    ServerError,
    StreamInterrupted,
)
from fairlead.ports import Observer
from fairlead.testing.memory import Answer, sse

DOWN = Answer((b'{"error":{"message":"down"}}',), status=500)
FINE = Answer((b"{}",))
CUT = Answer(
    (b"data: one\n\n", ProtocolError("reset", sent=True)),
    headers=(("content-type", "text/event-stream"),),
)


class Recorder(Observer):
    """Writes down what it hears, and the objects that name calls and attempts."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.calls: list[object] = []
        self.attempts: list[object] = []
        self.ends: list[object] = []

    def call_start(self, call) -> None:
        self.calls.append(call)
        self.heard.append(f"call {call.operation} {call.target}")

    def call_stop(self, call, end) -> None:
        assert call in self.calls
        self.ends.append(end)
        self.heard.append(f"call stop {len(end.receipt.attempts)} {end.complete}")

    def call_exception(self, call, end, error) -> None:
        assert call in self.calls
        self.ends.append(end)
        self.heard.append(f"call {type(error).__name__} {len(end.receipt.attempts)}")

    def attempt_start(self, call, begun) -> None:
        self.attempts.append(begun)
        self.heard.append(f"attempt {begun.number}")

    def attempt_stop(self, call, begun, attempt) -> None:
        assert begun in self.attempts
        self.heard.append(f"attempt {begun.number} stop {attempt.status}")

    def attempt_exception(self, call, begun, attempt, error) -> None:
        assert begun in self.attempts
        self.heard.append(f"attempt {begun.number} {type(error).__name__} {attempt.status}")


class Broken(Observer):
    """Raises at every event."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def call_start(self, *heard) -> None:
        raise self.error

    call_stop = call_exception = call_start
    attempt_start = attempt_stop = attempt_exception = call_start


@pytest.fixture
def recorder(rig) -> Recorder:
    recorder = Recorder()
    rig.observers = [recorder]
    return recorder


def test_a_retried_call_is_one_call_with_two_attempts(rig, recorder) -> None:
    rig.serve(DOWN, FINE)

    rig.run(rig.call())

    assert recorder.heard == [
        "call post agent/run",
        "attempt 1",
        "attempt 1 ServerError 500",
        "attempt 2",
        "attempt 2 stop 200",
        "call stop 2 True",
    ]


def test_a_stream_ends_when_it_has_been_read(rig, recorder) -> None:
    rig.serve(sse("one"))
    reply = rig.run(rig.call(stream=True))
    assert recorder.heard == ["call post agent/run", "attempt 1"]

    rig.events(reply)

    assert recorder.heard[2:] == ["attempt 1 stop 200", "call stop 1 True"]


def test_a_cut_stream_ends_in_an_exception(rig, recorder) -> None:
    rig.serve(CUT)
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted):
        rig.events(reply)
    drive(reply.aclose())

    assert recorder.heard[2:] == ["attempt 1 StreamInterrupted 200", "call StreamInterrupted 1"]


def test_a_stream_that_is_closed_early_stops_and_is_not_complete(rig, recorder) -> None:
    rig.serve(sse("one", "two"))
    reply = rig.run(rig.call(stream=True))

    drive(reply.aclose())
    drive(reply.aclose())

    assert recorder.heard[2:] == ["attempt 1 stop 200", "call stop 1 False"]
    assert recorder.ends[0].answer is None


def test_a_call_without_time_ends_before_any_attempt(rig, recorder) -> None:
    rig.serve()
    call = rig.call(allowed=1)
    rig.runtime.advance(2)

    with pytest.raises(DeadlineExceeded):
        rig.run(call)

    assert recorder.heard == ["call post agent/run", "call DeadlineExceeded 0"]


def test_what_is_recorded_without_having_been_sent_begins_and_ends(rig, recorder) -> None:
    from fairlead.types.receipts import Attempt

    rig.serve(FINE)
    call = rig.call()
    inner = call.codec.request

    def request():
        call.record(
            Attempt("agent/run", error="ServerError: no token"),
            ServerError("x", status=500, target="t"),
        )
        return inner()

    call.codec = _Asking(call.codec, request)
    rig.run(call)

    assert recorder.heard[1:4] == ["attempt 1", "attempt 1 ServerError None", "attempt 2"]
    assert [begun.sends for begun in recorder.attempts] == [False, True]


class _Asking:
    """A codec whose request is made by a function."""

    def __init__(self, inner, request) -> None:
        self._inner = inner
        self.request = request

    def __getattr__(self, name):
        return getattr(self._inner, name)


def test_an_attempt_that_a_bug_leaves_open_ends_with_its_call(rig, recorder) -> None:
    rig.serve(FINE)
    call = rig.call()
    call.codec = _Asking(call.codec, call.codec.request)
    call.codec.decoder = _raise

    with pytest.raises(ZeroDivisionError):
        rig.run(call)

    assert recorder.heard[1:] == [
        "attempt 1",
        "attempt 1 ZeroDivisionError None",
        "call ZeroDivisionError 0",
    ]


def _raise():
    raise ZeroDivisionError


def test_an_answer_is_made_once_for_observers_and_caller(rig, recorder) -> None:
    rig.serve(Answer((b'{"a": 1}',)))

    reply = rig.run(rig.call())

    assert recorder.ends[0].answer is reply.result()
    assert recorder.ends[0].request is None


def test_a_stream_that_is_dropped_ends_with_the_next_call(rig, recorder) -> None:
    rig.serve(sse("one"), FINE)
    reply = rig.run(rig.call(stream=True))
    del reply
    gc.collect()
    assert recorder.heard == ["call post agent/run", "attempt 1"]

    rig.run(rig.call())

    assert recorder.heard[2:5] == [
        "attempt 1 stop 200",
        "call stop 1 False",
        "call post agent/run",
    ]


def test_a_stream_that_is_dropped_ends_when_the_client_is_closed(rig, recorder) -> None:
    rig.serve(sse("one"))
    reply = rig.run(rig.call(stream=True))
    del reply
    gc.collect()

    drive(rig.forgotten.settle())
    rig.watching.settle()

    assert recorder.heard[2:] == ["attempt 1 stop 200", "call stop 1 False"]


@pytest.mark.parametrize("error", [RuntimeError("observer"), RecursionError(), MemoryError()])
@pytest.mark.invariant("I22")
def test_an_observer_that_raises_changes_nothing(rig, error, caplog) -> None:
    """Invariant I22."""
    recorder = Recorder()
    rig.observers = [Broken(error), recorder, Broken(error)]
    rig.serve(DOWN, FINE, sse("one"))

    with caplog.at_level(logging.WARNING, "fairlead"):
        assert rig.run(rig.call()).result().data == {}
        rig.events(rig.run(rig.call(stream=True)))

    assert recorder.heard[-1] == "call stop 1 True"
    assert rig.transport.open == 0
    assert len(caplog.records) <= 6


def test_ctrl_c_in_an_observer_gets_out_and_all_others_hear_the_end(rig) -> None:
    recorder = Recorder()
    rig.observers = [Broken(KeyboardInterrupt()), recorder]
    rig.serve(FINE)

    with pytest.raises(KeyboardInterrupt):
        rig.run(rig.call())

    assert recorder.heard == ["call post agent/run", "call KeyboardInterrupt 0"]
    assert rig.transport.open == 0


class OnlyEnds(Observer):
    def __init__(self) -> None:
        self.interrupt = True

    def call_stop(self, call, end) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_at_the_end_of_a_stream_still_frees_the_connection(rig) -> None:
    rig.observers = [OnlyEnds()]
    rig.serve(sse("one"))
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(KeyboardInterrupt):
        rig.events(reply)

    assert rig.transport.open == 0


def test_methods_that_were_not_written_are_not_called() -> None:
    watching = Watching([OnlyEnds()])

    assert len(watching.call_stop) == 1
    assert not watching.call_start
    assert not watching.attempt_start


@pytest.mark.parametrize("wrong", [[object()], [Recorder], Recorder()])
def test_what_can_hear_nothing_is_refused(wrong) -> None:
    with pytest.raises(ConfigError, match="observers"):
        Watching(wrong)


def test_no_observers_leave_the_layer_out() -> None:
    assert not Watching([])


def test_the_end_of_a_call_is_told_once_however_often_it_comes(rig, recorder) -> None:
    rig.serve(FINE)
    call = rig.call()
    reply = rig.run(call)
    watch = call.watch

    watch.ended(reply, None)
    watch.failed(reply.receipt, RuntimeError(), None)

    assert [heard for heard in recorder.heard if heard.startswith("call stop")] == [
        "call stop 1 True"
    ]
    assert recorder.heard[-1] == "call stop 1 True"


def test_ctrl_c_in_an_observer_of_an_attempt_gives_everything_back(rig) -> None:
    class Stops(Observer):
        def attempt_stop(self, call, begun, attempt) -> None:
            raise KeyboardInterrupt

    rig.observers = [Stops()]
    rig.guards = limited(concurrency=1)
    rig.serve(sse("one"))
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(KeyboardInterrupt):
        rig.events(reply)

    assert gate(rig.guards).in_use == 0
    assert len(reply.receipt.attempts) == 1
