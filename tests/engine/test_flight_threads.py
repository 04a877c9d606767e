"""Equal calls of several threads are one, and each thread ends when it must."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.client.wire import pieces
from tests.engine.feeding import END, HELLO, REST, BlockingFedTransport, Line, events_of, heard

from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.errors import DeadlineExceeded, FairleadError, StreamInterrupted
from fairlead.policies.cache import Shelf

SOON = 0.15
LATER = 30.0


class Threads:
    """Runs calls in threads of their own, and keeps what they came to."""

    def __init__(self) -> None:
        self.transport = BlockingFedTransport()
        self.line = Line(self.transport, BlockingRuntime())
        self.found: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._ended = threading.Condition()

    def start(self, **asked: Any) -> None:
        thread = threading.Thread(target=self._run, args=(asked,))
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, asked: dict[str, Any]) -> None:
        try:
            self.found.append(drive(heard(self.line, **asked))[1])
        except FairleadError as error:
            self.found.append(error)


def until(met: Callable[[], bool]) -> None:
    deadline = threading.Event()
    for _ in range(3000):
        if met():
            return
        deadline.wait(0.005)
    raise AssertionError("it did not come to that")


@pytest.mark.invariant("I13")
@pytest.mark.parametrize("stream", [True, False])
def test_equal_calls_of_many_threads_make_one_request(stream) -> None:
    threads = Threads()
    for _ in range(30):
        threads.start(stream=stream)
    until(lambda: bool(threads.transport.began))
    threads.transport.began[0].feed(*pieces("Hello"), END)
    threads.join()

    assert len(threads.transport.requests) == 1
    assert {answer.text for answer in threads.found} == {"Hello"}
    assert sum(len(answer.receipt.attempts) for answer in threads.found) == 1
    assert {answer.receipt.cache for answer in threads.found} <= {"stored", "shared", "hit"}


def test_threads_share_a_stream_live_and_each_may_leave_it() -> None:
    threads = Threads()
    transport, line = threads.transport, threads.line
    transport.fed = HELLO
    leader = drive(line.ask(line.call()))
    threads.start()
    follower = drive(line.ask(line.call()))
    assert drive(follower.__anext__()) == drive(leader.__anext__())
    drive(leader.aclose())
    transport.began[0].feed(*REST)
    threads.join()
    drive(events_of(follower))

    assert follower.result().text == "Hello"
    assert [answer.text for answer in threads.found] == ["Hello"]
    assert len(transport.requests) == 1
    assert transport.began[0].closed


def test_a_thread_that_reads_for_all_ends_at_its_own_deadline_and_the_others_go_on() -> None:
    threads = Threads()
    transport, line = threads.transport, threads.line
    transport.fed = HELLO
    hasty = drive(line.ask(line.call(allowed=SOON)))
    patient = drive(line.ask(line.call(allowed=LATER)))
    with pytest.raises(StreamInterrupted) as caught:
        drive(events_of(hasty))
    assert isinstance(caught.value.__cause__, DeadlineExceeded)
    transport.began[0].feed(*REST)
    drive(events_of(patient))

    assert patient.result().text == "Hello"


def test_a_thread_that_waits_for_anothers_call_waits_to_its_deadline_at_most() -> None:
    threads = Threads()
    threads.start(allowed=LATER)
    until(lambda: bool(threads.transport.began))
    with pytest.raises(DeadlineExceeded):
        drive(heard(threads.line, allowed=SOON))
    threads.transport.began[0].feed(*HELLO, *REST)
    threads.join()

    assert [answer.text for answer in threads.found] == ["Hello"]


def test_a_thread_that_comes_while_a_whole_answer_is_being_made_waits_for_it() -> None:
    threads = Threads()
    threads.transport.fed = (*pieces("Hello"), END)
    line = threads.line

    def joined() -> bool:
        flights = list(line.answers._flights[line.answers].values())
        return bool(flights[0]._waiters) or not threads._threads[0].is_alive()

    def price(answer: Any, _wall: float) -> Any:
        threads.start(stream=False)
        until(joined)
        return answer

    call = line.call(stream=False)
    call.price = price
    leader = drive(line.ask(call)).result()
    threads.join()

    assert [answer.text for answer in (leader, *threads.found)] == ["Hello", "Hello"]
    assert threads.found[0].receipt.cache == "shared"


def test_an_answer_that_is_kept_just_after_one_has_looked_is_not_asked_for_again() -> None:
    class Shown(Shelf[Any]):
        looks = 0

        def get(self, key: bytes, now: float) -> Any:
            found = super().get(key, now)
            self.looks += 1
            if self.looks == 1:  # another call is made and ends before the first goes on
                threads.found.append(drive(heard(threads.line))[1])
            return found

    threads = Threads()
    threads.transport.fed = (*HELLO, *REST)
    threads.line.answers._shelf = Shown(10, 10_000)
    answer = drive(heard(threads.line))[1]

    assert (answer.text, answer.receipt.cache) == ("Hello", "hit")
    assert [found.receipt.cache for found in threads.found] == ["stored"]
    assert len(threads.transport.requests) == 1


def test_an_interrupt_is_the_leaders_alone() -> None:
    class Interrupted(BlockingFedTransport):
        async def send(self, request: Any, **how: Any) -> Any:
            if not self.requests:
                self.requests.append(request)
                until(lambda: len(line.answers._flights[line.answers]) == 1 and waiting())
                raise KeyboardInterrupt
            return await super().send(request, **how)

    threads = Threads()
    threads.transport = Interrupted()
    threads.transport.fed = (*HELLO, *REST)
    threads.line = line = Line(threads.transport, BlockingRuntime())

    def waiting() -> bool:
        flights = list(line.answers._flights[line.answers].values())
        if not threads._threads:
            threads.start()
        return bool(flights and flights[0]._waiters)

    with pytest.raises(KeyboardInterrupt):
        drive(heard(line))
    threads.join()

    assert [answer.text for answer in threads.found] == ["Hello"]
    assert len(threads.transport.requests) == 2
