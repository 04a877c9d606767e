"""Limits that processes share: who waits and asks when, and what is done without their store."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from tests.engine.feeding import HELLO, REST, Line, events_of
from tests.engine.guarding import Rules
from tests.timing import prompt

from fairlead.engine.guards import Gates, Guards
from fairlead.engine.limit_talk import LimitTalk, Pass
from fairlead.engine.runtime import AsyncRuntime, drive
from fairlead.engine.shared_gates import SharedGates
from fairlead.errors import LimitExceeded, OverloadedError, StoreError, StreamInterrupted
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.stores.sqlite_limits import SqliteLimits
from fairlead.testing.memory import Answer, MemoryTransport, sse
from fairlead.testing.runtime import FakeWaiter
from fairlead.testing.server import Pause
from fairlead.types.permits import Asked, Denied, Granted

FINE = Answer((b"{}",))
OVERLOADED = Answer((b"{}",), status=529)


class Watched(SqliteLimits):
    """A store that other processes use too, and that can be down. `asked` counts the enters."""

    def __init__(self) -> None:
        super().__init__(None)
        self.asked = 0
        self.left: list[tuple[str, int]] = []
        self.prolonged = 0
        self.down = False

    def _reach(self) -> None:
        if self.down:
            raise StoreError("the store is down")

    def enter(self, asked: Asked, now: float) -> Granted | Denied:
        self.asked += 1
        self._reach()
        return super().enter(asked, now)

    def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
        self._reach()
        self.left.append((asked.id, difference))
        super().leave(asked, granted, difference, now)

    def prolong(self, asked: Asked, lease: float, now: float) -> None:
        self._reach()
        self.prolonged += 1
        super().prolong(asked, lease, now)


def sharing(rig, store: Watched, *, replicas: int = 1, when_down="local", **values) -> SharedGates:
    """Puts a stack on `rig` whose limits are in `store`."""
    limits = RateLimits(shared=True, **values)
    talk = LimitTalk(store, rig.runtime, replicas=replicas, when_down=when_down)
    shared = SharedGates(talk)
    rig.guards = Guards(gates=Gates(Rules(limits, BreakerPolicy())), shared=shared)
    return shared


def another(store: Watched, rig, **values) -> Pass:
    """A request of another process."""
    limits = RateLimits(shared=True, **values)
    gates = SharedGates(LimitTalk(store, rig.runtime))
    asked = gates.of("agent/run", None, limits).asked(0, 600.0)
    granted = store.enter(asked, rig.runtime.now())
    assert isinstance(granted, Granted)
    return Pass(asked, granted)


def test_the_requests_of_all_processes_count_and_the_store_is_asked_when_there_is_room(rig) -> None:
    store = Watched()
    sharing(rig, store, requests_per_second=2, strict=True)
    rig.serve(FINE)
    another(store, rig, requests_per_second=2, strict=True)

    attempt = rig.run(rig.call()).receipt.attempts[0]

    assert attempt.wait == pytest.approx(0.5, abs=0.002)
    assert store.asked == 3  # the other's, one that was refused, one when there was room
    assert len(rig.runtime.slept) == 1


def test_what_would_begin_after_the_deadline_is_refused_without_waiting(rig) -> None:
    store = Watched()
    sharing(rig, store, requests_per_minute=1, strict=True)
    rig.serve(FINE)
    rig.run(rig.call())

    with pytest.raises(LimitExceeded, match=r"agent/run: .* that all processes share") as caught:
        rig.run(rig.call(allowed=30))

    assert caught.value.retry_after == pytest.approx(60.0, abs=0.1)
    assert rig.runtime.slept == []


def test_with_max_wait_the_wait_is_no_longer(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1, max_wait=2)
    rig.serve(FINE)
    another(store, rig, concurrency=1)
    with pytest.raises(LimitExceeded, match="as many requests are under way") as caught:
        rig.run(rig.call())
    assert caught.value.retry_after is None
    assert sum(rig.runtime.slept) == pytest.approx(2)
    assert store.asked < 15  # not a busy loop


def test_a_place_is_held_until_the_reply_ends(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1, max_wait=0)
    rig.serve(sse("one", "two"), FINE)
    held = rig.run(rig.call(stream=True))
    with pytest.raises(LimitExceeded):
        rig.run(rig.call())
    rig.events(held)
    assert rig.run(rig.call()).complete
    assert len(store.left) == 2


def _seconds(count: int) -> Answer:
    """A stream with an event a second."""
    second = (Pause(1.0), b"data: {}\n\n")
    return Answer(second * count, headers=(("content-type", "text/event-stream"),))


def test_a_stream_that_is_longer_than_its_lease_keeps_its_place_while_it_is_read(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1, lease=8)
    rig.serve(_seconds(100))
    reply = rig.run(rig.call(stream=True))
    rival = SharedGates(LimitTalk(store, rig.runtime)).of(
        "agent/run", None, RateLimits(shared=True, concurrency=1)
    )
    for _ in range(90):
        drive(reply.__anext__())
        said = store.enter(rival.asked(0, 600.0), rig.runtime.now())
        assert isinstance(said, Denied)
    assert 15 < store.prolonged < 30
    drive(reply.aclose())
    another(store, rig, concurrency=1)


def test_a_stream_within_its_deadline_is_not_prolonged(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1)
    rig.serve(_seconds(100), _seconds(100))
    rig.events(rig.run(rig.call(stream=True)))
    with pytest.raises(StreamInterrupted):
        rig.events(rig.run(rig.call(stream=True, allowed=50.5)))
    assert store.prolonged == 0


def test_a_silent_stream_is_prolonged_too_and_ends_when_it_must(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1, lease=8)
    silent = (b"data: {}\n\n", Pause(1000.0))
    rig.serve(Answer(silent, headers=(("content-type", "text/event-stream"),)))
    reply, began = rig.run(rig.call(stream=True)), rig.runtime.now()
    with pytest.raises(StreamInterrupted, match="silent for 60 s"):
        rig.events(reply)
    assert rig.runtime.now() - began == pytest.approx(60.0)
    assert 5 < store.prolonged < 20


def test_a_call_that_threads_share_keeps_its_place_past_the_first_ones_deadline(rig) -> None:
    store, runtime = Watched(), rig.runtime
    limits = RateLimits(shared=True, concurrency=1)
    shared = SharedGates(LimitTalk(store, runtime))
    slow = [part for piece in (*HELLO, REST[0]) for part in (piece, Pause(15.0))]
    answer = Answer(slow, headers=(("content-type", "text/event-stream"),))
    line = Line(
        MemoryTransport(runtime, [answer]),
        runtime,
        guards=Guards(gates=Gates(Rules(limits, BreakerPolicy())), shared=shared),
    )
    hasty = drive(line.ask(line.call(allowed=10.0)))
    patient = drive(line.ask(line.call(allowed=600.0)))
    with pytest.raises(StreamInterrupted):
        drive(events_of(hasty))

    drive(patient.__anext__())
    drive(patient.__anext__())
    rival = shared.of("fake/m", None, limits).asked(0, 600.0)
    assert isinstance(store.enter(rival, runtime.now()), Denied)
    drive(events_of(patient))

    assert store.prolonged == 1
    assert isinstance(store.enter(rival, runtime.now()), Granted)


def test_a_place_is_prolonged_when_its_store_is_back(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1, lease=60)
    rig.serve(_seconds(100))
    reply = rig.run(rig.call(stream=True))
    store.down = True
    for _ in range(57):
        drive(reply.__anext__())
    store.down = False
    assert store.prolonged == 0
    for _ in range(30):
        drive(reply.__anext__())
    assert store.prolonged == 1
    rival = SharedGates(LimitTalk(store, rig.runtime)).of(
        "agent/run", None, RateLimits(shared=True, concurrency=1)
    )
    assert isinstance(store.enter(rival.asked(0, 600.0), rig.runtime.now()), Denied)
    drive(reply.aclose())


def test_an_error_gives_the_place_back_and_each_attempt_takes_its_own(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1)
    rig.policy = RetryPolicy(max_retries=1)
    rig.serve(OVERLOADED, OVERLOADED)
    with pytest.raises(OverloadedError):
        rig.run(rig.call())
    assert store.asked == len(store.left) == 2


def test_a_rate_of_requests_alone_costs_one_question_and_no_farewell(rig) -> None:
    store = Watched()
    sharing(rig, store, requests_per_second=50)
    rig.serve(FINE)
    rig.run(rig.call())
    assert (store.asked, store.left) == (1, [])


@pytest.mark.fault("R1", "limits go on in this process alone, with its share of them")
def test_without_its_store_each_process_keeps_to_its_share(rig) -> None:
    store = Watched()
    store.down = True
    sharing(rig, store, replicas=4, requests_per_minute=40, burst=8, max_wait=0)
    rig.serve(FINE, FINE, FINE)

    for _ in range(2):
        rig.run(rig.call())
    with pytest.raises(LimitExceeded) as caught:
        rig.run(rig.call())

    assert caught.value.retry_after == pytest.approx(6.0, abs=0.01)  # 10 a minute
    assert store.asked == 1


@pytest.mark.fault("R1", 'with limits_when_down = "refuse", no call is sent without the store')
@pytest.mark.invariant("I18")
def test_who_wants_it_sends_nothing_without_the_store(rig) -> None:
    store = Watched()
    store.down = True
    sharing(rig, store, when_down="refuse", concurrency=5)
    rig.serve(FINE)
    with pytest.raises(StoreError, match="the store is down"):
        rig.run(rig.call())
    assert rig.transport.requests == []


def test_a_store_that_is_back_is_noticed_and_told_what_it_missed(rig) -> None:
    store = Watched()
    sharing(rig, store, concurrency=1)
    rig.serve(sse("one"), FINE, FINE)
    held = rig.run(rig.call(stream=True))
    store.down = True
    rig.events(held)  # its place cannot be given back
    assert rig.run(rig.call()).complete  # alone
    store.down = False
    rig.runtime.advance(0.6)
    assert rig.run(rig.call()).complete
    assert len(store.left) == 2
    assert sum(rig.runtime.slept) < 0.5


def test_what_may_have_been_heard_is_given_back(rig) -> None:
    class Mute(Watched):
        def enter(self, asked: Asked, now: float) -> Granted | Denied:
            said = super().enter(asked, now)
            if self.asked == 1:
                raise StoreError("the answer was lost")
            return said

    store = Mute()
    sharing(rig, store, concurrency=1)
    rig.serve(FINE, FINE)
    rig.run(rig.call())
    rig.runtime.advance(0.6)
    rig.run(rig.call())
    assert store._file.transaction(_inside) == 0


def _inside(to) -> int:
    return to.execute("SELECT count(*) FROM inside").fetchone()[0]


def test_the_lease_is_until_the_deadline_or_as_it_is_set(rig) -> None:
    gates = SharedGates(LimitTalk(Watched(), rig.runtime))
    usual = gates.of("a/b", None, RateLimits(shared=True, concurrency=1))
    assert usual.asked(0, 600.0).lease == pytest.approx(605.0)
    short = gates.of("a/b", None, RateLimits(shared=True, concurrency=1, lease=30))
    assert short.asked(0, 600.0).lease == 30


def test_targets_share_a_place_as_the_settings_say(rig) -> None:
    gates = SharedGates(LimitTalk(Watched(), rig.runtime))
    for per, same_model, same_key in (
        ("model", False, False),
        ("key", True, False),
        ("provider", True, True),
    ):
        limits = RateLimits(shared=True, concurrency=1, per=per)
        first = gates.of("a/one", "K1", limits).asked(0, 1.0).place
        assert (gates.of("a/two", "K1", limits).asked(0, 1.0).place == first) is same_model
        assert (gates.of("a/one", "K2", limits).asked(0, 1.0).place == first) is same_key
        assert gates.of("b/one", "K1", limits).asked(0, 1.0).place != first


def test_servers_that_are_named_by_their_address_share_no_place(rig) -> None:
    limits = RateLimits(concurrency=1, per="provider")
    gates = Gates(Rules(limits, BreakerPolicy()))
    shared = SharedGates(LimitTalk(Watched(), rig.runtime))
    one, other = "https://one.test", "https://other.test:8443"
    assert gates.of(one, None).gate is not gates.of(other, None).gate
    assert gates.of("a/one", None).gate is gates.of("a/two", None).gate
    assert shared.of(one, None, limits) is not shared.of(other, None, limits)


def test_who_waits_in_one_process_is_let_in_in_order(rig) -> None:
    class Real(AsyncRuntime):
        def advance(self, seconds: float) -> None:
            """The transport's answers take no time."""

    order: list[int] = []

    async def run() -> None:
        store = Watched()
        rig.runtime = Real()
        shared = sharing(rig, store, requests_per_second=50, strict=True)
        rig.serve(*[FINE] * 8)
        handler = rig._handler

        async def one(number: int) -> None:
            await handler(rig.call())
            order.append(number)

        await one(0)
        limits = rig.guards.gates.of("agent/run", None).gate.limits
        gate, calls = shared.of("agent/run", None, limits), []
        for number in range(1, 8):
            before = gate.waiting
            calls.append(asyncio.ensure_future(one(number)))
            while gate.waiting == before and not calls[-1].done():  # noqa: ASYNC110  # unannounced
                await asyncio.sleep(0)
        await asyncio.gather(*calls)
        assert store.asked < 30

    asyncio.run(run())
    assert order == sorted(order)


@pytest.mark.invariant("I6")
def test_who_is_cancelled_while_the_store_is_asked_leaves_no_place_taken() -> None:
    """At every moment of the question: before it is heard, while it is, and after."""
    store, free = Watched(), threading.Event()
    enter = store.enter

    def slow(asked: Asked, now: float) -> Granted | Denied:
        free.wait(20)
        return enter(asked, now)

    store.enter = slow  # type: ignore[method-assign]
    limits = RateLimits(shared=True, concurrency=1)

    async def run() -> None:
        talk = LimitTalk(store, AsyncRuntime())
        gate = SharedGates(talk).of("a/b", None, limits)
        asking = asyncio.ensure_future(talk.enter(gate.asked(0, 600.0)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        free.set()
        until = time.monotonic() + 20
        while store._file.transaction(_inside) or not store.left:
            assert time.monotonic() < until
            await asyncio.sleep(0.005)
        await talk.aclose()

    asyncio.run(run())


def test_nobody_waits_for_a_store_that_hangs_behind_others_in_vain() -> None:
    class Hanging(Watched):
        def _reach(self) -> None:
            time.sleep(0.05)
            raise StoreError("does not answer")

    store = Hanging()

    async def run() -> float:
        talk = LimitTalk(store, AsyncRuntime())
        gate = SharedGates(talk).of("a/b", None, RateLimits(shared=True, concurrency=1))
        began = time.monotonic()
        said = await asyncio.gather(
            *(talk.enter(gate.asked(0, 600.0)) for _ in range(100)), return_exceptions=True
        )
        assert all(isinstance(one, StoreError) for one in said)
        return time.monotonic() - began

    for watch in prompt(0.5):
        watch.seconds = asyncio.run(run())


def test_a_blocking_client_shares_too(rig) -> None:
    store = Watched()
    talk = LimitTalk(store, rig.runtime)
    gate = SharedGates(talk).of("a/b", None, RateLimits(shared=True, concurrency=1))
    asked = gate.asked(0, 600.0)
    granted = drive(talk.enter(asked))
    assert isinstance(granted, Granted)
    assert isinstance(drive(talk.enter(gate.asked(0, 600.0))), Denied)
    drive(talk.leave(Pass(asked, granted)))
    assert isinstance(drive(talk.enter(gate.asked(0, 600.0))), Granted)


def test_a_call_does_not_wait_until_all_that_an_outage_has_left_is_told(rig) -> None:
    class Slow(Watched):
        def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
            super().leave(asked, granted, difference, now)
            rig.runtime.advance(0.01)

    store = Slow()
    talk = LimitTalk(store, rig.runtime)
    gate = SharedGates(talk).of("a/b", None, RateLimits(shared=True, concurrency=5000))
    store.down = True
    for _ in range(1000):
        drive(talk.leave(Pass(gate.asked(0, 600.0), Granted())))
    store.down = False
    rig.runtime.advance(1)

    began = rig.runtime.now()
    drive(talk.enter(gate.asked(0, 600.0)))
    assert rig.runtime.now() - began < 0.2
    drive(talk.aclose())
    assert len(store.left) == 1000


def test_a_farewell_that_the_user_breaks_off_is_said_later(rig) -> None:
    class Stopped(Watched):
        def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
            if not self.left:
                self.left.append(("stopped", 0))
                raise KeyboardInterrupt
            super().leave(asked, granted, difference, now)

    store = Stopped()
    talk = LimitTalk(store, rig.runtime)
    asked = SharedGates(talk).of("a/b", None, RateLimits(shared=True, concurrency=1)).asked(0, 9.0)
    granted = drive(talk.enter(asked))
    assert isinstance(granted, Granted)
    with pytest.raises(KeyboardInterrupt):
        drive(talk.leave(Pass(asked, granted)))

    drive(talk.aclose())
    assert store.left[1:] == [(asked.id, 0)]


def test_a_crowd_that_leaves_in_any_order_is_not_searched_through_each_time(rig) -> None:
    compared = 0

    class Counted(FakeWaiter):
        __hash__ = object.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return self is other

    limits = RateLimits(shared=True, concurrency=1)
    gate = SharedGates(LimitTalk(Watched(), rig.runtime)).of("a/b", None, limits)
    crowd = [Counted(rig.runtime) for _ in range(1000)]
    for waiter in crowd:
        gate.join(waiter)
    for waiter in reversed(crowd):
        gate.quit(waiter)

    assert gate.waiting == 0
    assert compared < 1000
