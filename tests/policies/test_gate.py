"""The queue before a target: in order of arrival, and nobody who leaves has taken anything."""

from __future__ import annotations

from math import inf
from threading import Thread

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fairlead.policies.gate import Gate, Permit, Ticket
from fairlead.policies.rate_headers import Left
from fairlead.policies.rate_limits import RateLimits


class Waiting:
    """A ticket that remembers whether it was woken."""

    def __init__(self, gate: Gate, now: float, tokens: int = 0) -> None:
        self.woken = False
        self.ticket = Ticket(tokens, self.wake)
        self.earliest = gate.join(self.ticket, now)

    def wake(self) -> None:
        self.woken = True


def test_who_waits_is_let_in_in_order_of_arrival() -> None:
    gate = Gate(RateLimits(concurrency=1))
    permit = gate.enter(0.0, 0)
    assert permit is not None
    first, second = Waiting(gate, 0.0), Waiting(gate, 0.0)
    assert gate.enter(0.0, 0) is None
    permit.give_back(1.0, throttled=False)
    assert (first.woken, second.woken) == (True, False)
    assert gate.look(second.ticket, 1.0) == inf
    assert gate.enter(1.0, 0) is None  # who comes now stands behind them
    permit = gate.look(first.ticket, 1.0)
    assert isinstance(permit, Permit)
    permit.give_back(2.0, throttled=False)
    assert isinstance(gate.look(second.ticket, 2.0), Permit)


@pytest.mark.invariant("I6")
def test_i6_who_leaves_the_queue_has_taken_nothing() -> None:
    gate = Gate(RateLimits(requests_per_second=1, tokens_per_minute=60, concurrency=5))
    permit = gate.enter(0.0, 1)
    assert permit is not None
    for _ in range(100):
        waiting = Waiting(gate, 0.0, tokens=10)
        gate.leave(waiting.ticket)
    assert (gate.waiting, gate.in_use) == (0, 1)
    assert gate.enter(1.0, 9) is not None


def test_the_next_is_woken_when_the_first_leaves_or_is_let_in() -> None:
    gate = Gate(RateLimits(requests_per_second=10, burst=2))
    for _ in range(2):
        gate.enter(0.0, 0)
    first, second, third = (Waiting(gate, 0.0) for _ in range(3))
    gate.leave(first.ticket)
    assert (second.woken, third.woken) == (True, False)
    assert isinstance(gate.look(second.ticket, 0.3), Permit)
    assert third.woken


def test_a_permit_is_given_back_once_however_often_it_is_tried() -> None:
    gate = Gate(RateLimits(concurrency=2))
    one, _two = gate.enter(0.0, 0), gate.enter(0.0, 0)
    for _ in range(3):
        one.give_back(1.0, throttled=None)
    assert gate.in_use == 1


def test_who_would_wait_in_vain_is_told_so_when_joining() -> None:
    gate = Gate(RateLimits(requests_per_second=10, strict=True))
    gate.enter(0.0, 0)
    waits = [Waiting(gate, 0.0).earliest for _ in range(30)]
    assert waits == pytest.approx([0.1 * n for n in range(1, 31)])


def test_tokens_are_corrected_when_the_usage_is_known() -> None:
    gate = Gate(RateLimits(tokens_per_minute=600))
    permit = gate.enter(0.0, 10)
    permit.give_back(0.0, throttled=False, used=100)
    assert gate.enter(0.0, 90) is None
    assert gate.enter(9.1, 90) is not None


def test_a_pause_that_the_provider_asked_for_holds_for_all_and_then_ends() -> None:
    gate = Gate(RateLimits(concurrency=5))
    gate.pause(30.0)
    gate.pause(20.0)
    assert gate.enter(29.9, 0) is None
    assert "provider" in gate.reason(29.9)
    assert gate.enter(30.0, 0) is not None


def test_headers_lower_the_limit_until_their_reset() -> None:
    gate = Gate(RateLimits(requests_per_second=1000))
    gate.enter(0.0, 0)
    gate.told(Left(2, until=10.0), None)
    assert [gate.enter(1.0, 0) is not None for _ in range(4)] == [True, True, False, False]
    assert gate.enter(10.0, 0) is not None


def test_requests_under_way_are_taken_off_what_the_headers_say_is_left() -> None:
    gate = Gate(RateLimits(concurrency=50))
    for _ in range(4):
        gate.enter(0.0, 0)
    gate.told(Left(4, until=10.0), None)  # told by one of the four
    assert [gate.enter(1.0, 0) is not None for _ in range(2)] == [True, False]


def test_headers_never_raise_a_limit() -> None:
    gate = Gate(RateLimits(requests_per_second=1, strict=True))
    gate.enter(0.0, 0)
    gate.told(Left(1_000_000, until=10.0), Left(1_000_000, until=10.0))
    assert gate.enter(0.5, 0) is None


def test_newer_headers_take_the_place_of_older_ones() -> None:
    gate = Gate(RateLimits(concurrency=5))
    gate.told(None, Left(0, until=100.0))
    assert gate.enter(0.0, 0) is None
    waiting = Waiting(gate, 0.0)
    gate.told(None, Left(5, until=1.0))
    assert waiting.woken
    assert isinstance(gate.look(waiting.ticket, 0.0), Permit)


class Traffic(RuleBasedStateMachine):
    """Arrivals, departures and ends in any order: rate, places and order hold throughout."""

    PLACES, RATE, BURST = 3, 2, 4

    def __init__(self) -> None:
        super().__init__()
        limits = RateLimits(
            requests_per_second=self.RATE, burst=self.BURST, concurrency=self.PLACES
        )
        self.gate = Gate(limits)
        self.now = 0.0
        self.queue: list[Waiting] = []
        self.permits: list[Permit] = []
        self.admitted: list[float] = []

    def take(self, permit: Permit) -> None:
        self.permits.append(permit)
        self.admitted.append(self.now)

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.25, 0.5, 3.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def arrives(self) -> None:
        permit = self.gate.enter(self.now, 0)
        if permit is None:
            self.queue.append(Waiting(self.gate, self.now))
        else:
            assert not self.queue
            self.take(permit)

    @precondition(lambda self: self.queue)
    @rule(which=st.integers(0, 20))
    def looks(self, which: int) -> None:
        index = which % len(self.queue)
        found = self.gate.look(self.queue[index].ticket, self.now)
        if isinstance(found, Permit):
            assert index == 0
            self.queue.pop(0)
            self.take(found)
        else:
            assert found > self.now

    @precondition(lambda self: self.queue)
    @rule(which=st.integers(0, 20))
    def gives_up(self, which: int) -> None:
        self.gate.leave(self.queue.pop(which % len(self.queue)).ticket)

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(0, 20))
    def ends(self, which: int) -> None:
        self.permits.pop(which % len(self.permits)).give_back(self.now, throttled=False)
        if self.queue:
            assert self.queue[0].woken

    @invariant()
    def counts_agree(self) -> None:
        assert self.gate.in_use == len(self.permits) <= self.PLACES
        assert self.gate.waiting == len(self.queue)

    @invariant()
    def rate_is_kept(self) -> None:
        recent = self.admitted[-12:]
        for i, first in enumerate(recent):
            for j in range(i + 1, len(recent)):
                allowed = self.BURST + self.RATE * (recent[j] - first) + 1e-6
                assert j - i + 1 <= allowed


TestI6Traffic = Traffic.TestCase
TestI6Traffic.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)


def test_threads_never_hold_more_places_than_there_are() -> None:
    gate = Gate(RateLimits(concurrency=3))
    most = []

    def work() -> None:
        for _ in range(500):
            permit = gate.enter(0.0, 0)
            if permit is not None:
                most.append(gate.in_use)
                permit.give_back(0.0, throttled=False)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gate.in_use == 0
    assert max(most) <= 3


def test_a_crowd_that_leaves_in_any_order_is_not_searched_through_each_time() -> None:
    compared = 0

    class Counted(Ticket):
        __hash__ = object.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return self is other

    gate = Gate(RateLimits(concurrency=1))
    assert gate.enter(0.0, 0) is not None
    crowd = [Counted(0, lambda: None) for _ in range(1000)]
    for ticket in crowd:
        gate.join(ticket, 0.0)
    for ticket in reversed(crowd):
        gate.leave(ticket)

    assert gate.waiting == 0
    assert compared < 1000
