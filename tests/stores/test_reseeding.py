"""A Redis that comes back empty is told what was spent: by each machine, and once."""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.stores.redis_server import RedisServer

from fairlead.errors import ConfigError, StoreError
from fairlead.stores.journal import Journal
from fairlead.stores.redis import RedisLedger
from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending

TEAM = Account("team", 100)
DAILY = Account("team", 60, "day")
_names = iter(range(10**9))


def ledger(server: RedisServer, journal: Path | None = None) -> RedisLedger:
    return RedisLedger(server.url, timeout=5, journal=lambda: Journal(journal, timeout=5))


def spend(store: RedisLedger, amount: int, *accounts: Account) -> None:
    name = f"call-{next(_names)}"
    slots = store.hold(Hold(name, amount, accounts or (TEAM,), 60.0), 0, time.time())
    assert not isinstance(slots, Shortage)
    store.settle(name, slots, Spending(amount, "openai/m", "chat"), time.time())


def balance(store: RedisLedger, account: Account = TEAM) -> tuple[int, int]:
    return store.balance(account, 0, time.time())


@pytest.mark.fault("R2", "what this process has spent is told to the Redis that lost it")
@pytest.mark.parametrize("loss", ["killed", "flushed"])
def test_a_process_that_lives_on_forgets_nothing(own_redis: RedisServer, loss: str) -> None:
    store = ledger(own_redis)
    spend(store, 70, TEAM)
    spend(store, 20, TEAM, DAILY)
    if loss == "killed":
        own_redis.kill()
        own_redis.start()
    else:
        own_redis.command("FLUSHALL")
    refused = store.hold(Hold("late", 11, (TEAM,), 60.0), 0, time.time())
    assert refused == Shortage(TEAM, 90, 0)
    assert balance(store, DAILY) == (20, 0)
    store.close()


@pytest.mark.fault("R2", "what processes of this machine that ended have spent is known from disk")
def test_another_process_of_the_machine_remembers_for_those_that_ended(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    journal = tmp_path / "spent.db"
    first = ledger(own_redis, journal)
    spend(first, 40, TEAM, DAILY)
    first.close()
    own_redis.command("FLUSHALL")
    second = ledger(own_redis, journal)
    assert balance(second) == (40, 0)
    assert balance(second, DAILY) == (40, 0)
    second.close()


def test_it_is_told_once_however_many_ask_and_however_often_it_is_lost(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    stores = [ledger(own_redis, tmp_path / "spent.db") for _ in range(3)]
    total = 0
    for _ in range(4):
        for store in stores:
            spend(store, 3)
            total += 3
            store._journal.write(time.time())
        own_redis.command("FLUSHALL")
        assert {balance(store) for store in stores} == {(total, 0)}
    for store in stores:
        store.close()


def test_each_machine_tells_its_own_and_the_overspend_is_what_others_have_not_told(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    one, two = (ledger(own_redis, tmp_path / name) for name in ("one.db", "two.db"))
    spend(one, 50)
    spend(two, 40)
    own_redis.command("FLUSHALL")
    assert balance(one) == (50, 0)  # the other machine has not been heard yet
    assert balance(two) == (90, 0)
    assert balance(one) == (90, 0)
    one.close()
    two.close()


def test_a_settlement_that_was_under_way_counts_once(own_redis: RedisServer) -> None:
    store = ledger(own_redis)
    slots = store.hold(Hold("a", 30, (TEAM,), 60.0), 0, time.time())
    assert not isinstance(slots, Shortage)
    own_redis.command("FLUSHALL")
    for _ in range(2):
        store.settle("a", slots, Spending(25, "openai/m", "chat"), time.time())
    assert balance(store) == (25, 0)
    own_redis.command("FLUSHALL")
    assert balance(store) == (25, 0)
    store.close()


def test_another_redis_and_another_prefix_are_told_nothing(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    journal = tmp_path / "spent.db"
    first = ledger(own_redis, journal)
    spend(first, 40)
    first.close()
    other = RedisLedger(
        own_redis.url, timeout=5, prefix="other", journal=lambda: Journal(journal, timeout=5)
    )
    assert balance(other) == (0, 0)
    other.close()


def test_a_journal_that_fails_later_stops_no_settlement_but_a_reminder_waits_for_it(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    import sqlite3

    journal = tmp_path / "spent.db"
    store = RedisLedger(own_redis.url, timeout=5, journal=lambda: Journal(journal, timeout=0.02))
    spend(store, 10)
    other = sqlite3.connect(journal, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store._journal._written = 0
    spend(store, 10)
    own_redis.command("FLUSHALL")
    with pytest.raises(StoreError, match="keep it locked"):
        balance(store)
    other.execute("ROLLBACK")
    other.close()
    assert balance(store) == (20, 0)
    store.close()


def test_past_periods_are_dropped_from_the_journal_and_never_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spent.db")
    now = time.time()
    past, present = Slot("team", "hour", int(now // 3600) - 100), Slot("team", "month", 9999 * 12)
    journal.note("here", "1", (past, present), 5, now)
    journal.write(now + 10)
    _, lost = journal.lost("here", "2", now)
    assert lost == [(present, 5)]
    rows = journal._file.transaction(lambda to: to.execute("SELECT per FROM spent").fetchall())
    assert rows == [("month",)]
    journal.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_tells_nothing_of_its_parents(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spent.db")
    slot = Slot("team", None, 0)
    journal.note("here", "1", (slot,), 1, 100.0)
    journal.note("here", "1", (slot,), 5, 100.5)  # not written yet
    journal._process = -1  # as a child sees it
    journal.write(101.0)
    assert journal.lost("here", "2", 101.0)[1] == [(slot, 1)]
    journal.close()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    from fairlead.stores.sqlite import SqliteLedger

    SqliteLedger(tmp_path / "ledger.db").close()
    with pytest.raises(ConfigError, match=r"the record of spending .* another program's database"):
        Journal(tmp_path / "ledger.db")


@pytest.mark.fault("R2", "spent too much at most: what was held when the Redis lost it")
@pytest.mark.invariant("I2")
def test_many_who_spend_while_redis_is_killed_again_and_again_pass_the_limit_by_little(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    workers, most, limit, killed = 8, 50, 4000, 3
    team, spent, stop = Account("team", limit), [0] * workers, threading.Event()

    def work(number: int) -> None:
        chance = random.Random(number)
        path = tmp_path / f"machine-{number % 2}.db"
        store = RedisLedger(own_redis.url, timeout=0.5, journal=lambda: Journal(path, timeout=5))
        call = 0
        while not stop.is_set():
            call += 1
            name, amount = f"{number}-{call}", chance.randint(1, most)
            with suppress(StoreError):
                slots = store.hold(Hold(name, amount, (team,), 0.3), 0, time.time())
                if not isinstance(slots, Shortage):
                    pay(store, name, slots, amount)
                    spent[number] += amount
            time.sleep(0.002)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(StoreError):
                store.balance(team, 0, time.time())
                break
        store.close()

    def pay(store: RedisLedger, name: str, slots: tuple[Slot, ...], amount: int) -> None:
        while True:  # as the engine does, until it is heard
            with suppress(StoreError):
                store.settle(name, slots, Spending(amount, "openai/m", "chat"), time.time())
                return
            time.sleep(0.01)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for _ in range(killed):
        time.sleep(0.3)
        own_redis.kill()
        own_redis.start()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    store = ledger(own_redis)
    settled, _ = balance(store, team)
    store.close()
    assert settled == sum(spent)
    assert settled > 0  # how much is a matter of the disk
    assert settled <= limit + killed * workers * most
