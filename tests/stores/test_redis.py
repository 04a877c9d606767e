"""Redis as it fails: down, paused, killed, full, of another type, a replica; by its own clock."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from pathlib import Path
from traceback import TracebackException
from typing import TypeVar

import pytest
from tests.ports import free_port
from tests.stores.redis_server import RedisServer, installed
from tests.timing import prompt

from fairlead.auth.secret import Secret
from fairlead.engine.ledger import Due, Ledger
from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.errors import ConfigError, StoreError
from fairlead.policies.ledger import window_at, window_end
from fairlead.stores.redis import RedisLedger
from fairlead.stores.redis_limits import RedisLimits
from fairlead.stores.script import HOLD
from fairlead.types.permits import Asked, Granted
from fairlead.types.spending import PERIODS, Account, Hold, Shortage, Spending

Answer = TypeVar("Answer")
TEAM = Account("team", 100)
SOON = 0.3
"""Seconds within which a wait of 50 ms ends on a busy machine."""


def hold(name: str, amount: int = 10, lease: float = 60.0, account: Account = TEAM) -> Hold:
    return Hold(name, amount, (account,), lease)


@pytest.fixture
def ledger(own_redis: RedisServer):
    made = RedisLedger(own_redis.url, timeout=10)
    made.balance(TEAM, 0, 0)
    yield made
    made.close()


@pytest.fixture
def hasty(own_redis: RedisServer):
    """One that waits for 50 ms, which a busy machine may let pass at any moment."""
    made = RedisLedger(own_redis.url, timeout=0.05)
    heard(lambda: made.balance(TEAM, 0, 0))
    yield made
    made.close()


def heard(ask: Callable[[], Answer]) -> Answer:
    """What the server says as soon as it is heard."""
    until = time.monotonic() + 20
    while True:
        try:
            return ask()
        except StoreError:
            assert time.monotonic() < until


def test_a_hold_and_a_settlement_take_one_round_trip_each(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    slots = ledger.hold(hold("warm"), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("warm", slots, None, 0)
    own_redis.command("CONFIG", "RESETSTAT")
    slots = ledger.hold(hold("a"), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("a", slots, Spending(1, "openai/m", "chat"), 0)
    said = own_redis.command("INFO", "commandstats")
    calls = {
        line.split(":")[0].removeprefix("cmdstat_"): line.split("calls=")[1].split(",")[0]
        for line in said.splitlines()
        if line.startswith("cmdstat_")
    }
    assert calls["evalsha"] == "2"
    assert not calls.keys() & {"eval", "info", "hello", "ping", "script|load"}


def test_the_clocks_of_clients_do_not_matter(ledger: RedisLedger) -> None:
    daily = Account("team", 10, "day")
    assert not isinstance(ledger.hold(hold("a", 10, account=daily), 0, 0), Shortage)
    assert isinstance(ledger.hold(hold("b", 1, account=daily), 1e9, time.time() + 1e6), Shortage)


@pytest.mark.fault("R1", "a Redis that is not there is told at once")
def test_nobody_there_is_told_in_time(tmp_path: Path) -> None:
    ledger = RedisLedger(f"redis://127.0.0.1:{free_port()}/0", timeout=0.05)
    for watch in prompt(SOON):
        with watch, pytest.raises(StoreError, match="cannot be reached; see that it runs"):
            ledger.hold(hold("a"), 0, 0)
    ledger.close()


@pytest.mark.fault(
    "R1", "a Redis that hangs is given up on after store.timeout, and used again later"
)
def test_a_paused_server_is_given_up_on_in_time_and_used_again_later(
    hasty: RedisLedger, own_redis: RedisServer
) -> None:
    own_redis.pause()
    for watch in prompt(SOON):
        with watch, pytest.raises(StoreError, match="does not answer"):
            hasty.hold(hold("a"), 0, 0)
    own_redis.resume()
    heard(lambda: hasty.settle("a", (), None, 0))
    assert not isinstance(heard(lambda: hasty.hold(hold("b", 100), 0, 0)), Shortage)


def test_a_server_that_was_killed_and_started_anew_is_used_again(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    own_redis.kill()
    with pytest.raises(StoreError):
        ledger.hold(hold("a"), 0, 0)
    own_redis.start()
    assert not isinstance(ledger.hold(hold("b"), 0, 0), Shortage)
    assert ledger.balance(TEAM, 0, 0) == (0, 10)


@pytest.mark.fault("R1", "a Redis without memory is told, and nothing is half done")
def test_a_full_server_is_told_and_nothing_is_half_done(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    own_redis.command("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreError, match="out of memory; raise its maxmemory"):
        ledger.hold(hold("a"), 0, 0)
    own_redis.command("CONFIG", "SET", "maxmemory", "0")
    assert ledger.balance(TEAM, 0, 0) == (0, 0)


@pytest.mark.fault("R1", "a read-only replica is told")
def test_a_replica_is_told(ledger: RedisLedger, own_redis: RedisServer) -> None:
    own_redis.command("REPLICAOF", "127.0.0.1", str(free_port()))
    with pytest.raises(StoreError, match="read-only replica"):
        ledger.hold(hold("a"), 0, 0)


def test_keys_of_another_type_are_told_and_left_alone(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    own_redis.command("SET", "{fairlead}::0:team:sum", "theirs")
    with pytest.raises(StoreError, match=r"holds something else .* another store.prefix"):
        ledger.hold(hold("a"), 0, 0)
    assert "theirs" in own_redis.command("GET", "{fairlead}::0:team:sum")


def test_a_login_that_is_refused_is_told_without_it(own_redis: RedisServer) -> None:
    url = own_redis.url.replace("//", "//user:canary-8d1f@")
    ledger = RedisLedger(Secret(url), timeout=10)
    with pytest.raises(StoreError) as caught:
        ledger.hold(hold("a"), 0, 0)
    assert str(caught.value).endswith("refuses the login of store.url")
    assert "canary" not in str(caught.value) + repr(caught.value.__cause__)
    ledger.close()


def test_an_address_that_is_none_is_refused_at_once_without_showing_it() -> None:
    secret = Secret("http://user:canary-8d1f@host")
    with pytest.raises(ConfigError, match="write redis://host:port/0") as caught:
        RedisLedger(secret)
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "canary" not in "".join(shown.format())


def test_a_server_that_is_too_old_is_told(own_redis: RedisServer) -> None:
    ledger = RedisLedger(own_redis.url, timeout=10)
    ledger._line.client.info = lambda: {"redis_version": "4.0.9"}  # type: ignore[method-assign]
    with pytest.raises(StoreError, match=r"is version 4\.0\.9; 5\.0 is the oldest"):
        ledger.hold(hold("a"), 0, 0)
    ledger.close()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--rename-command", "EVALSHA", ""), "runs no scripts .* use one that does$"),
        (
            ("--cluster-enabled", "yes", "--cluster-port", str(free_port())),
            "is a cluster; set store.url to a single Redis",
        ),
        (
            ("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"),
            r"forgets keys when it is full \(allkeys-lru\); set its maxmemory-policy to noeviction",
        ),
    ],
)
def test_a_server_of_the_wrong_kind_is_told_in_one_sentence(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    installed()
    server = RedisServer(tmp_path, *options, "--cluster-port", str(free_port()))
    ledger = RedisLedger(server.url, timeout=10)
    limits = RedisLimits(server.url, timeout=10)
    try:
        with pytest.raises(StoreError, match=f"the Redis that keeps the budgets {sentence}"):
            ledger.hold(hold("a"), 0, 0)
        with pytest.raises(StoreError, match=f"the Redis that keeps the limits {sentence}"):
            limits.enter(Asked("a#", "1", None, None, 0, 1, 60.0), 0)
    finally:
        ledger.close()
        limits.close()
        server.stop()


@pytest.mark.fault("R1", "a Redis that pauses its clients is given up on after store.timeout")
def test_a_server_that_pauses_its_clients_is_given_up_on_in_time(
    hasty: RedisLedger, own_redis: RedisServer
) -> None:
    own_redis.command("CLIENT", "PAUSE", "600000")
    for watch in prompt(SOON):
        with watch, pytest.raises(StoreError, match="does not answer"):
            hasty.hold(hold("a"), 0, 0)


def test_limits_say_the_same_of_a_server_that_fails(
    own_redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    limits = RedisLimits(own_redis.url, timeout=10)
    request.addfinalizer(limits.close)
    limits.enter(Asked("a#", "1", None, None, 0, 1, 60.0), 0)
    own_redis.command("SET", "{fairlead}:limit:b#:places", "theirs")
    with pytest.raises(StoreError, match="keeps the limits holds something else"):
        limits.enter(Asked("b#", "1", None, None, 0, 1, 60.0), 0)
    own_redis.command("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreError, match="is out of memory"):
        limits.enter(Asked("c#", "1", None, None, 0, 1, 60.0), 0)
    own_redis.command("CONFIG", "SET", "maxmemory", "0")
    own_redis.command("REPLICAOF", "127.0.0.1", str(free_port()))
    with pytest.raises(StoreError, match="is a read-only replica"):
        limits.enter(Asked("d#", "1", None, None, 0, 1, 60.0), 0)


def test_all_keys_of_a_call_share_one_slot_of_a_cluster(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    daily = Account("other", 100, "day")
    slots = ledger.hold(Hold("a", 1, (TEAM, daily), 60.0), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("a", slots, Spending(1, "openai/m", "chat"), 0)
    keys = [word for word in own_redis.command("KEYS", "*").split() if "fairlead" in word]
    assert len(keys) >= 3
    assert all(key.startswith("{fairlead}:") for key in keys)


def test_past_periods_are_forgotten_by_redis_itself(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    daily = Account("other", 100, "day")
    slots = ledger.hold(hold("a", account=daily), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("a", slots, Spending(5, "openai/m", "chat"), 0)
    key = f"{{fairlead}}:day:{slots[0].window}:other:sum"
    left = int(own_redis.command("TTL", key).strip(":\r\n"))
    assert 7 * 86400 < left <= 8 * 86400 + 60


WALLS = [
    0,
    951_782_399,  # the last second of February 2000, a leap year
    951_782_400,
    calendar.timegm((2026, 12, 31, 23, 59, 59)),
    calendar.timegm((2027, 1, 1, 0, 0, 0)),
    calendar.timegm((2026, 2, 28, 23, 59, 59)),
    calendar.timegm((2028, 2, 29, 12, 0, 0)),
    calendar.timegm((2100, 3, 1, 0, 0, 0)),
    *range(1_700_000_000, 1_900_000_000, 7_654_321),
]


def test_lua_tells_periods_apart_as_python_does(own_redis: RedisServer) -> None:
    # The script's own function, run at instants of our choice.
    code = HOLD[: HOLD.index("local born")].replace("redis.call('TIME')", "{ARGV[1], '0'}")
    code += "local at, left = window(ARGV[2]); return {whole(at), whole(left)}"
    import redis

    with redis.Redis.from_url(own_redis.url) as client:
        for per in PERIODS:
            for wall in WALLS:
                at, left = client.eval(code, 0, str(wall), per)
                window = window_at(per, wall)
                assert int(at) == window, (per, wall)
                assert wall + int(left) == window_end(per, window), (per, wall)


def test_calls_that_were_allowed_without_redis_are_counted_when_it_is_back(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    books = Ledger(ledger, BlockingRuntime(), when_down="allow")
    due = Due((TEAM,), False)
    own_redis.kill()
    tickets = [drive(books.hold(due, 10, "openai/m", 5.0)) for _ in range(3)]
    for ticket in tickets:
        drive(books.settle(ticket, Spending(7, "openai/m", "chat")))
    own_redis.start()
    drive(books.aclose())
    assert ledger.balance(TEAM, 0, 0) == (21, 0)


def test_of_a_call_that_has_ended_redis_remembers_a_name_for_a_day(
    ledger: RedisLedger, own_redis: RedisServer
) -> None:
    slots = ledger.hold(hold("a"), 0, 0)
    assert not isinstance(slots, Shortage)
    ledger.settle("a", slots, Spending(1, "openai/m", "chat"), 0)
    left = int(own_redis.command("TTL", "{fairlead}:done:a").strip(":\r\n"))
    assert 86_000 < left <= 86_400
    assert own_redis.command("EXISTS", "{fairlead}:hold:a") == ":0\r\n"


def test_a_question_that_its_taking_back_has_overtaken_takes_nothing(
    ledger: RedisLedger, own_redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    ledger.settle("late", (), None, 0)
    assert not isinstance(ledger.hold(hold("late"), 0, 0), Shortage)
    assert ledger.balance(TEAM, 0, 0) == (0, 0)

    limits = RedisLimits(own_redis.url, timeout=5)
    request.addfinalizer(limits.close)
    late, next_one = (Asked("a#", name, None, None, 0, 1, 60.0) for name in ("late", "next"))
    limits.leave(late, Granted(), 0, 0)
    assert isinstance(limits.enter(late, 0), Granted)
    assert isinstance(limits.enter(next_one, 0), Granted)
