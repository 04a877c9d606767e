"""Many processes on one budget, some of them killed in the middle: run as a program.

`python race.py sqlite|redis PLACE PROCESSES CALLS KILLED` makes CALLS calls in all, kills a process
KILLED times (half of them by their own hand, between hold and settlement), starts another in its
place, and prints what it saw as JSON. What is spent and held is read without the library.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sqlite3
import struct
import sys
import time
from pathlib import Path

from fairlead.ports import LedgerStore
from fairlead.stores.redis import RedisLedger
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Account, Hold, Shortage, Spending

LEASE = 3.0
LIMIT = 20_000
"""Half of what all processes together would like to hold, and less than they would spend."""
TEAM = Account("team", LIMIT)
ALL = Account("all", LIMIT * 2, "month")
_SLOT = struct.Struct("qqqqq")


def opened(kind: str, place: str) -> LedgerStore:
    if kind == "sqlite":
        return SqliteLedger(Path(place), timeout=60)
    return RedisLedger(place, timeout=60, prefix="race")


class Reader:
    """What is settled and held for the team, read without the library, in one go."""

    def __init__(self, kind: str, place: str) -> None:
        self._kind = kind
        if kind == "sqlite":
            self._file = sqlite3.connect(place, timeout=60)
            return
        import redis

        self._redis = redis.Redis.from_url(place)

    def __call__(self) -> int:
        if self._kind == "redis":
            return sum(
                int(one or 0) for one in self._redis.hmget("{race}::0:team:sum", "settled", "held")
            )
        (both,) = self._file.execute(
            "SELECT (SELECT coalesce(sum(settled), 0) FROM balance WHERE account = 'team') + "
            "(SELECT coalesce(sum(amount), 0) FROM hold WHERE account = 'team')"
        ).fetchone()
        return int(both)


class Record:
    """What a process has settled for sure, what it may have, its refusals, and its next call."""

    def __init__(self, processes: int) -> None:
        self._memory = mmap.mmap(-1, processes * _SLOT.size)

    def read(self, number: int) -> list[int]:
        return list(_SLOT.unpack_from(self._memory, number * _SLOT.size))

    def write(self, number: int, values: list[int]) -> None:
        _SLOT.pack_into(self._memory, number * _SLOT.size, *values)


def child(
    kind: str, place: str, number: int, calls: int, total: int, record: Record, dies: float
) -> None:
    """Goes on where the one before it was killed."""
    store, chance = opened(kind, place), random.Random(os.getpid())
    sure, unsure, doubtful, refused, first = record.read(number)
    doubtful, unsure = doubtful + unsure, 0
    for call in range(first, calls):
        record.write(number, [sure, unsure, doubtful, refused, call + 1])
        amount, name = chance.randint(1, 1000), f"{number}-{call}"
        slots = store.hold(Hold(name, amount, (TEAM, ALL), LEASE), time.monotonic(), time.time())
        if isinstance(slots, Shortage):
            refused += 1
            continue
        if chance.random() < dies:
            os.kill(os.getpid(), signal.SIGKILL)
        cost = min(amount, int(chance.expovariate(total / (1.5 * LIMIT))))
        record.write(number, [sure, cost, doubtful, refused, call + 1])
        spending = Spending(cost, "openai/m", "chat") if cost else None
        store.settle(name, slots, spending, time.time())
        sure += cost
        record.write(number, [sure, 0, doubtful, refused, call + 1])


def main(kind: str, place: str, processes: int, calls: int, killed: int) -> None:
    record = Record(processes)
    opened(kind, place).close()

    def start(number: int) -> int:
        forked = os.fork()
        if forked:
            return forked
        try:
            child(kind, place, number, calls // processes, calls, record, killed / 2 / calls)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)

    began = time.monotonic()
    worst, died = watch(Reader(kind, place), start, processes, killed)
    took = time.monotonic() - began
    store = opened(kind, place)
    settled, held = store.balance(TEAM, time.monotonic(), time.time())
    until = time.monotonic() + 4 * LEASE
    after = held
    while after and time.monotonic() < until:
        time.sleep(0.05)
        _, after = store.balance(TEAM, time.monotonic(), time.time())
    found = [record.read(number) for number in range(processes)]
    sys.stdout.write(
        json.dumps(
            {
                "worst": worst,
                "settled": settled,
                "held_by_the_dead": held,
                "held_after_the_lease": after,
                "sure": sum(one[0] for one in found),
                "unsure": sum(one[1] + one[2] for one in found),
                "refused": sum(one[3] for one in found),
                "calls": sum(one[4] for one in found),
                "killed": died,
                "everywhere": store.balance(ALL, time.monotonic(), time.time())[0],
                "seconds": round(took, 1),
            }
        )
    )


def watch(reader: Reader, start, processes: int, killed: int) -> tuple[int, int]:
    """The most that was ever settled and held until all have ended, and how many were killed."""
    running = {start(number): number for number in range(processes)}
    worst, died, shot = 0, 0, 0
    while running:
        if shot < killed // 2 and random.random() < 0.2:
            os.kill(random.choice(list(running)), signal.SIGKILL)
            shot += 1
        worst = max(worst, reader())
        while running:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == 0:
                break
            number = running.pop(ended)
            if os.WIFSIGNALED(status):
                died += 1
                running[start(number)] = number
    return worst, died


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
