"""A lane that many threads share: who leads, who sleeps, and what becomes of those who leave.

The lane takes any version of HTTP; over HTTP/1.1 each answer can be told when to come.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from math import inf

import psutil
import pytest
from tests.timing import prompt
from tests.transports.colours import EVENTS, SOON, interrupted, until
from tests.transports.told import (
    HEAD,
    ROOM,
    Reader,
    Told,
    at_rest,
    begin,
    begin_and_read,
    exchange_for,
    opened,
    read_all,
    waiting,
)

from fairlead.errors import InvalidRequest, ProtocolError, ReadTimeout
from fairlead.ports import Timeouts
from fairlead.testing.server import (
    Await,
    Close,
    Pause,
    ScriptedServer,
)
from fairlead.transports.curl.exchange import HIGH_WATER, Exchange
from fairlead.transports.curl.polling import SelectorPoller
from fairlead.transports.curl.shared import SharedLane
from fairlead.types.http import HttpRequest, HttpSettings


@pytest.fixture(params=["this system's", "any system's"])
def lane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedLane]:
    if request.param == "any system's":
        monkeypatch.setattr("fairlead.transports.curl.shared.poller_for_many", SelectorPoller)
    made = SharedLane(HttpSettings())
    yield made
    assert at_rest(made)
    made.close()


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    with made.server:
        yield made
        for event in made._events.values():
            event.set()


def test_each_thread_gets_its_own_whoever_leads(lane: SharedLane, told: Told) -> None:
    names = [f"{number}" for number in range(8)]
    readers = [Reader(lane, f"{told.server.url}/{name}") for name in names]
    assert waiting(lane, len(names))
    order = random.sample(range(8), 8)

    for left, number in zip(reversed(range(8)), order, strict=True):
        told.tell(names[number])
        readers[number].join(SOON)
        assert readers[number].got == b"firstlater"
        assert waiting(lane, left)


def test_a_leader_that_has_what_it_wants_passes_the_lead_on(lane: SharedLane, told: Told) -> None:
    first = Reader(lane, f"{told.server.url}/first")
    assert until(lambda: lane._leader is first.exchange)
    second = Reader(lane, f"{told.server.url}/second")
    assert waiting(lane, 2)

    told.tell("first")
    first.join(SOON)
    assert until(lambda: lane._leader is second.exchange)
    told.tell("second")
    second.join(SOON)
    assert (first.got, second.got) == (b"firstlater", b"firstlater")


def test_the_deadline_of_a_follower_is_its_own(lane: SharedLane, told: Told) -> None:
    leader = Reader(lane, f"{told.server.url}/leader")
    assert until(lambda: lane._leader is leader.exchange)
    mine = opened(lane, f"{told.server.url}/mine")

    begun = time.monotonic()
    assert not lane.await_data(mine, begun + 0.1)
    assert time.monotonic() >= begun + 0.1
    lane.abort(mine)
    told.tell("leader")
    leader.join(SOON)
    assert leader.got == b"firstlater"


def test_a_leader_whose_deadline_comes_passes_the_lead_on(lane: SharedLane, told: Told) -> None:
    mine = opened(lane, f"{told.server.url}/mine")
    follower: list[Reader] = []
    timer = threading.Timer(0.05, lambda: follower.append(Reader(lane, f"{told.server.url}/other")))
    timer.start()
    assert not lane.await_data(mine, time.monotonic() + 0.2)
    lane.abort(mine)
    timer.join()

    assert until(lambda: lane._leader is follower[0].exchange)
    told.tell("other")
    follower[0].join(SOON)
    assert follower[0].got == b"firstlater"


def test_no_answer_in_time_says_that_the_request_was_sent(lane: SharedLane) -> None:
    with ScriptedServer([Pause(60)]) as server:
        asked = exchange_for(f"{server.url}/silent")
        lane.begin(asked, Timeouts(), inf)
        while not server.requests:
            lane.await_data(asked, time.monotonic() + 0.01)
        with pytest.raises(ReadTimeout) as caught:
            lane.await_head(asked, time.monotonic() + 0.1)
        lane.abort(asked)

    assert caught.value.sent


class Outrun(SharedLane):
    """What is awaited comes at once after the deadline, before the thread has looked again."""

    def _wait(self, exchange: Exchange, deadline: float, *, for_head: bool) -> bool:
        super()._wait(exchange, deadline, for_head=for_head)
        return False


def test_what_comes_right_after_the_deadline_is_no_timeout(told: Told) -> None:
    lane = Outrun(HttpSettings())
    begun = exchange_for(f"{told.server.url}/hello")
    lane.begin(begun, Timeouts(), inf)
    lane.await_head(begun, time.monotonic() + SOON)
    assert begun.status == 200
    assert lane.finish(begun, time.monotonic() + SOON) == "1.1"
    lane.close()


def test_a_thread_that_begins_need_not_wait_for_the_leader(lane: SharedLane, told: Told) -> None:
    leader = Reader(lane, f"{told.server.url}/leader")
    assert until(lambda: lane._leader is leader.exchange and lane._polls_until > 0)

    hello = exchange_for(f"{told.server.url}/hello")
    assert read_all(lane, hello) == b"hello"
    told.tell("leader")
    leader.join(SOON)
    assert leader.got == b"firstlater"


@pytest.mark.parametrize("role", ["leader", "follower"])
def test_an_interrupt_ends_one_exchange_and_the_others_go_on(
    lane: SharedLane, told: Told, role: str
) -> None:
    def other() -> Reader:
        return Reader(lane, f"{told.server.url}/other")

    mine = exchange_for(f"{told.server.url}/mine")
    if role == "follower":
        reader = other()
        assert until(lambda: lane._leader is reader.exchange)
    begin_and_read(lane, mine)
    if role == "leader":
        late = threading.Timer(0.1, lambda: setattr(late, "reader", other()))
        late.start()
    try:
        with interrupted(after=0.4):
            lane.await_data(mine, time.monotonic() + 60)
    finally:
        lane.abort(mine)
    if role == "leader":
        late.join()
        reader = late.reader

    told.tell("other")
    reader.join(SOON)
    assert reader.got == b"firstlater"
    assert until(lambda: told.server.open_connections <= 1)


class Interrupting:
    """A body at whose reading Ctrl-C is pressed, amid libcurl; it is its own reader."""

    size = 2

    def open(self) -> Interrupting:
        return self

    def read(self, _size: int) -> bytes:
        signal.raise_signal(signal.SIGINT)
        return b"{}"

    def close(self) -> None: ...


def test_an_interrupt_amid_libcurl_harms_no_exchange(lane: SharedLane, told: Told) -> None:
    other = opened(lane, f"{told.server.url}/other")
    asked = HttpRequest("POST", f"{told.server.url}/mine", EVENTS, Interrupting())
    mine = Exchange(asked, told.server.url, started=0.0, room=ROOM)
    with pytest.raises(KeyboardInterrupt):
        begin(lane, mine)

    # as neither was aborted, both could go on
    lane.await_head(mine, time.monotonic() + SOON)
    assert mine.status == 200
    told.tell("other")
    assert lane.await_data(other, time.monotonic() + SOON)
    assert lane.take(other) == b"later"
    for exchange in (mine, other):
        lane.abort(exchange)


def test_what_another_thread_closes_ends_at_once(lane: SharedLane, told: Told) -> None:
    readers = [Reader(lane, f"{told.server.url}/{name}") for name in ("one", "two")]
    assert waiting(lane, 2)

    for reader in readers:
        lane.abort(reader.exchange)
        reader.join(SOON)
        assert isinstance(reader.got, ProtocolError)
    assert until(lambda: told.server.open_connections == 0)


def test_a_leader_is_woken_when_its_exchange_is_closed(lane: SharedLane, told: Told) -> None:
    for watch in prompt(2.0):
        leader = Reader(lane, f"{told.server.url}/leader")
        assert until(lambda made=leader: lane._leader is made.exchange and lane._polls_until > 0)
        with watch:
            lane.abort(leader.exchange)
            leader.join(SOON)
        assert isinstance(leader.got, ProtocolError)


def test_a_leader_that_is_lost_is_followed_by_another(lane: SharedLane, told: Told) -> None:
    lost = opened(lane, f"{told.server.url}/lost")
    lane._enlist(lost, time.monotonic())
    assert lane._leader is lost
    lane._lost_at = time.monotonic() + 0.1  # as after an interrupt upon an interrupt
    assert until(lambda: time.monotonic() > lane._lost_at)

    other = Reader(lane, f"{told.server.url}/other")
    assert until(lambda: lane._leader is other.exchange)
    told.tell("other")
    other.join(SOON)
    assert other.got == b"firstlater"
    lane.abort(lost)


def test_a_finalizer_never_waits_for_the_lock(lane: SharedLane, told: Told) -> None:
    forgotten = exchange_for(f"{told.server.url}/forgotten")
    begin(lane, forgotten)

    with lane._lock:
        lane.abandon(forgotten)
        assert not forgotten.ended
    assert read_all(lane, exchange_for(f"{told.server.url}/hello")) == b"hello"
    assert forgotten.ended
    assert until(lambda: told.server.open_connections == 1)


def test_what_is_abandoned_while_a_leader_polls_is_closed_at_once(
    lane: SharedLane, told: Told
) -> None:
    forgotten = exchange_for(f"{told.server.url}/forgotten")
    begin(lane, forgotten)
    leader = Reader(lane, f"{told.server.url}/leader")
    assert until(lambda: lane._leader is leader.exchange and lane._polls_until > 0)

    lane.abandon(forgotten)
    assert until(lambda: told.server.open_connections == 1)
    told.tell("leader")
    leader.join(SOON)


def test_a_reader_that_stops_holds_up_nobody(lane: SharedLane, told: Told) -> None:
    slow = exchange_for(f"{told.server.url}/endless")
    begin(lane, slow)
    for _ in range(200):
        assert read_all(lane, exchange_for(f"{told.server.url}/hello")) == b"hello"

    assert slow.paused
    assert sum(map(len, slow.chunks)) < 4 * HIGH_WATER + (1 << 20)
    for _ in range(3):
        lane.await_data(slow, time.monotonic() + SOON)
        assert lane.take(slow)
    lane.abort(slow)


def test_an_answer_that_breaks_is_an_error_of_that_one_alone(lane: SharedLane, told: Told) -> None:
    stays = Reader(lane, f"{told.server.url}/stays")
    cut = Reader(lane, f"{told.server.url}/cut")
    cut.join(SOON)
    assert isinstance(cut.got, ProtocolError)

    told.tell("stays")
    stays.join(SOON)
    assert stays.got == b"firstlater"


def test_a_server_that_goes_ends_every_stream_with_an_error(lane: SharedLane) -> None:
    gone = threading.Event()
    with ScriptedServer(lambda _: [HEAD + b"first", Await(gone), Close()]) as server:
        readers = [Reader(lane, f"{server.url}/{number}") for number in range(20)]
        assert waiting(lane, 20)
        gone.set()
        for reader in readers:
            reader.join(SOON)

    assert {type(reader.got) for reader in readers} == {ProtocolError}
    assert len({id(reader.got) for reader in readers}) == 20


def test_a_request_that_may_not_be_sent_leaves_the_lane_usable(
    lane: SharedLane, told: Told
) -> None:
    asked = HttpRequest("POST", f"{told.server.url}/hello", (("x", "a\nb"),), b"{}")
    bad = Exchange(asked, told.server.url, started=0.0, room=ROOM)
    with pytest.raises(InvalidRequest):
        lane.begin(bad, Timeouts(), inf)
    lane.abort(bad)

    assert read_all(lane, exchange_for(f"{told.server.url}/hello")) == b"hello"


def test_thousands_of_calls_that_are_left_anywhere_leave_nothing(
    lane: SharedLane, told: Told
) -> None:
    before = psutil.Process().num_fds()
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _ in range(125):
                _once(lane, told.server.url, dice)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert at_rest(lane)
    lane._multi.close()  # the connections that are kept for later
    assert until(lambda: psutil.Process().num_fds() <= before)


def _once(lane: SharedLane, url: str, dice: random.Random) -> None:
    """One call, left by a way that the dice choose."""
    path = dice.choice(["hello", "hello", "never", "cut"])
    exchange = exchange_for(f"{url}/{path}")
    leave: Callable[[Exchange], None] = dice.choice([lane.abort, lane.abandon])
    lane.begin(exchange, Timeouts(), inf)
    steps = dice.randrange(4)
    if steps > 0:
        lane.await_head(exchange, time.monotonic() + SOON)
    if steps > 1:
        lane.await_data(exchange, time.monotonic() + SOON)
        lane.take(exchange)
    if steps > 2 and path == "never":
        assert not lane.await_data(exchange, time.monotonic() + 0.002)
    elif steps > 2:
        assert lane.await_data(exchange, time.monotonic() + SOON)
    leave(exchange)


def test_closing_it_closes_what_it_holds(told: Told) -> None:
    before = psutil.Process().num_fds()
    lane = SharedLane(HttpSettings())
    assert read_all(lane, exchange_for(f"{told.server.url}/hello")) == b"hello"
    lane.close()
    assert until(lambda: told.server.open_connections == 0)
    assert until(lambda: psutil.Process().num_fds() <= before)
