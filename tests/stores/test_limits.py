"""Limits in a store: both decide as the limiter in memory does, at once or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.stores.redis_server import RedisServer
from tests.timing import prompt
from tests.transports.colours import until

from fairlead.policies.limiter import Gcra
from fairlead.policies.shared_rate import MICROSECONDS
from fairlead.ports import LimitStore
from fairlead.stores.limit_script import ENTER, LEAVE
from fairlead.stores.redis_limits import RedisLimits
from fairlead.stores.sqlite_limits import SqliteLimits
from fairlead.types.permits import Asked, Denied, Granted, Rate

_names = iter(range(10**9))
SLOW = Rate(1, 60 * MICROSECONDS, 2)


def asked(
    place: str = "fake/m#",
    *,
    requests: Rate | None = None,
    tokens: Rate | None = None,
    cost: int = 0,
    places: int | None = None,
    lease: float = 60.0,
) -> Asked:
    return Asked(place, f"id-{next(_names)}", requests, tokens, cost, places, lease)


@pytest.fixture(params=["sqlite", "redis"])
def limits(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LimitStore]:
    made: LimitStore
    if request.param == "sqlite":
        made = SqliteLimits(tmp_path / "limits.db", timeout=10)
    else:
        server = request.getfixturevalue("shared_redis")
        made = RedisLimits(server.url, timeout=10, prefix=tmp_path.name)
    yield made
    made.close()


def enter(limits: LimitStore, wanted: Asked) -> Granted | Denied:
    return limits.enter(wanted, time.monotonic())


def test_a_rate_lets_its_burst_in_and_says_when_there_is_room(limits: LimitStore) -> None:
    for _ in range(2):
        assert isinstance(enter(limits, asked(requests=SLOW)), Granted)
    said = enter(limits, asked(requests=SLOW))
    assert isinstance(said, Denied)
    assert said.why == "requests"
    assert 55 < said.wait <= 60
    assert isinstance(enter(limits, asked("fake/other#", requests=SLOW)), Granted)


def test_places_are_taken_and_come_free(limits: LimitStore) -> None:
    held = [asked(places=2) for _ in range(2)]
    granted = [enter(limits, one) for one in held]
    assert all(isinstance(one, Granted) for one in granted)
    said = enter(limits, asked(places=2))
    assert isinstance(said, Denied)
    assert said.why == "places"
    assert 50 < said.wait <= 60
    limits.leave(held[0], granted[0], 0, time.monotonic())
    limits.leave(held[0], granted[0], 0, time.monotonic())
    assert isinstance(enter(limits, asked(places=2)), Granted)
    assert isinstance(enter(limits, asked(places=2)), Denied)


@pytest.mark.fault("R3", "a place that its holder never gave back is free after its lease")
def test_a_lease_frees_the_place_of_who_never_left(limits: LimitStore) -> None:
    for number, watch in enumerate(prompt(0.1)):  # a look past the lease would not see it
        place = f"fake/m#{number}"
        with watch:
            enter(limits, asked(place, places=1, lease=0.1))
            said = enter(limits, asked(place, places=1))
    assert isinstance(said, Denied)
    assert 0 < said.wait <= 0.1
    assert until(lambda: isinstance(enter(limits, asked(place, places=1)), Granted))


def test_a_place_that_is_prolonged_outlives_its_lease(limits: LimitStore) -> None:
    for number, watch in enumerate(prompt(0.1)):  # past its lease there is nothing to prolong
        place = f"fake/m#{number}"
        first = asked(place, places=1, lease=0.1)
        with watch:
            granted = enter(limits, first)
            limits.prolong(first, 60.0, time.monotonic())
    assert isinstance(granted, Granted)
    time.sleep(0.12)
    said = enter(limits, asked(place, places=1))
    assert isinstance(said, Denied)
    assert said.wait > 0.1
    limits.leave(first, granted, 0, time.monotonic())
    assert isinstance(enter(limits, asked(place, places=1)), Granted)


def test_a_place_that_was_given_back_is_not_prolonged(limits: LimitStore) -> None:
    first = asked(places=1)
    granted = enter(limits, first)
    assert isinstance(granted, Granted)
    limits.leave(first, granted, 0, time.monotonic())
    limits.prolong(first, 60.0, time.monotonic())
    assert isinstance(enter(limits, asked(places=1)), Granted)


def test_what_is_refused_has_taken_nothing(limits: LimitStore) -> None:
    wide, narrow = Rate(1, 60 * MICROSECONDS, 3), Rate(1, 60 * MICROSECONDS, 10)
    for _ in range(4):
        said = enter(limits, asked(requests=wide, tokens=narrow, cost=10, places=1))
        if isinstance(said, Denied):
            assert said.why in ("tokens", "places")
    # Of the requests one is gone, of the places one, of the tokens all.
    assert isinstance(enter(limits, asked(requests=wide)), Granted)
    assert isinstance(enter(limits, asked(requests=wide)), Granted)
    assert isinstance(enter(limits, asked(requests=wide)), Denied)


def test_tokens_that_were_not_used_are_given_back_once(limits: LimitStore) -> None:
    rate = Rate(1, 60 * MICROSECONDS, 100)
    first = asked(tokens=rate, cost=100)
    granted = enter(limits, first)
    assert isinstance(granted, Granted)
    assert isinstance(enter(limits, asked(tokens=rate, cost=40)), Denied)
    for _ in range(3):
        limits.leave(first, granted, -50, time.monotonic())
    assert isinstance(enter(limits, asked(tokens=rate, cost=40)), Granted)
    said = enter(limits, asked(tokens=rate, cost=11))
    assert isinstance(said, Denied)
    assert said.why == "tokens"


def test_more_tokens_than_were_asked_for_are_owed(limits: LimitStore) -> None:
    rate = Rate(1, MICROSECONDS, 10)
    first = asked(tokens=rate, cost=1)
    granted = enter(limits, first)
    assert isinstance(granted, Granted)
    limits.leave(first, granted, 99, time.monotonic())
    said = enter(limits, asked(tokens=rate, cost=1))
    assert isinstance(said, Denied)
    assert 85 < said.wait <= 91


def test_a_request_that_is_larger_than_the_burst_goes_when_all_of_it_is_there(
    limits: LimitStore,
) -> None:
    rate = Rate(1, MICROSECONDS, 10)
    assert isinstance(enter(limits, asked(tokens=rate, cost=25)), Granted)
    said = enter(limits, asked(tokens=rate, cost=1))
    assert isinstance(said, Denied)
    assert 14 < said.wait <= 16


def test_threads_together_are_let_in_as_one_would_be(limits: LimitStore) -> None:
    rate, start, let_in = Rate(1, 3600 * MICROSECONDS, 25), Barrier(8), []

    def run() -> None:
        start.wait()
        said = [enter(limits, asked(requests=rate)) for _ in range(10)]
        let_in.extend(one for one in said if isinstance(one, Granted))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 25


class At:
    """A store whose clock the test moves, in microseconds."""

    def __init__(self, kind: str, folder: Path, server: RedisServer | None) -> None:
        self._now = 0
        self._server = server
        self.store: LimitStore
        if server is None:
            self.store = SqliteLimits(folder / f"{kind}.db", timeout=10)
            return
        self.store = RedisLimits(server.url, timeout=10, prefix=f"{folder.name}-at")
        clock = "redis.call('HMGET', '{clock}', 's', 'u')"
        for name, text in (("_enter", ENTER), ("_leave", LEAVE)):
            changed = text.replace("redis.call('TIME')", clock)
            assert changed != text
            setattr(self.store, name, self.store._line.script(changed))

    def set(self, now: int) -> None:
        self._now = now
        if self._server is not None:
            seconds, rest = divmod(now, MICROSECONDS)
            self._server.command("HSET", "{clock}", "s", str(seconds), "u", str(rest))

    def enter(self, wanted: Asked) -> Granted | Denied:
        # Half a microsecond, so that seconds as a float are not rounded down past it.
        return self.store.enter(wanted, (self._now + 0.5) / MICROSECONDS)


@pytest.mark.invariant("I6")
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    count=st.integers(1, 1000),
    period=st.sampled_from([MICROSECONDS, 60 * MICROSECONDS]),
    burst=st.integers(1, 6),
    start=st.integers(MICROSECONDS, 2**42),
    gaps=st.lists(
        st.one_of(st.integers(0, 3), st.integers(0, 50_000), st.integers(0, 9 * MICROSECONDS)),
        max_size=25,
    ),
)
def test_i6_every_store_decides_as_the_limiter_in_memory_and_keeps_the_bound(
    tmp_path: Path, shared_redis: RedisServer, count, period, burst, start, gaps
) -> None:
    stores = [At("sqlite", tmp_path, None), At("redis", tmp_path, shared_redis)]
    rate, place = Rate(count, period, burst), f"place-{next(_names)}"
    local, now, admitted = Gcra(count, period * 1000, burst), start, []
    for gap in gaps:
        now += gap
        expected = -(-local.wait(now * 1000) // 1000)
        for at in stores:
            at.set(now)
            said = at.enter(asked(place, requests=rate))
            wait = said.wait if isinstance(said, Denied) else 0
            assert round(wait * MICROSECONDS) == expected
        if expected == 0:
            local.take(now * 1000)
            admitted.append(now)
    for i, first in enumerate(admitted):
        for j in range(i, len(admitted)):
            assert j - i + 1 <= burst + count * (admitted[j] - first) // period
    for at in stores:
        at.store.close()


def test_large_numbers_stay_exact_inside_redis(tmp_path: Path, shared_redis: RedisServer) -> None:
    stores = [At("sqlite", tmp_path, None), At("redis", tmp_path, shared_redis)]
    rate = Rate(99_999_999, 60 * MICROSECONDS, 16_666_666)
    now, waits = 1_800_000_000 * MICROSECONDS, []
    for at in stores:
        at.set(now)
        for _ in range(3):
            at.enter(asked("large", tokens=rate, cost=16_000_001))
        said = at.enter(asked("large", tokens=rate, cost=16_000_001))
        assert isinstance(said, Denied)
        waits.append(round(said.wait * MICROSECONDS))
        at.store.close()
    assert waits[0] == waits[1] > 0


def test_the_file_forgets_places_that_owe_nothing_when_new_ones_come(tmp_path: Path) -> None:
    made = SqliteLimits(tmp_path / "limits.db", timeout=10)
    slow = Rate(1, 7200 * MICROSECONDS, 1)
    made.enter(asked("slow#", requests=slow), 10.0)
    for number in range(50):
        made.enter(asked(f"stranger-{number}#", requests=SLOW), 10.0)

    made.enter(asked("new#", requests=SLOW), 3800.0)

    rows = made._file.transaction(lambda to: to.execute("SELECT place FROM rate").fetchall())
    assert sorted(place for (place,) in rows) == ["new#", "slow#"]
    assert isinstance(made.enter(asked("slow#", requests=slow), 3800.0), Denied)
    made.close()


def test_redis_forgets_a_place_that_owes_nothing(shared_redis: RedisServer, tmp_path: Path) -> None:
    limits = RedisLimits(shared_redis.url, timeout=10, prefix=tmp_path.name)
    limits.enter(asked("short", requests=Rate(1, MICROSECONDS, 2), places=4, lease=5.0), 0)
    key = f"{{{tmp_path.name}}}:limit:short"
    assert 60_000 < int(shared_redis.command("PTTL", key)[1:]) < 63_000
    assert 4_000 < int(shared_redis.command("PTTL", key + ":places")[1:]) <= 6_000
    limits.close()
