"""Many processes on one budget, some of them killed in the middle: run as a program.

`python race.py sqlite|redis PLACE PROCESSES CALLS KILLED` prints what it saw as JSON.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path

from fairlead.ports import LedgerStore
from fairlead.stores.redis import RedisLedger
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Account, Hold, Shortage, Spending

LEASE = 3.0
LIMIT = 200_000
TEAM = Account("team", LIMIT)
ALL = Account("all", LIMIT * 2, "month")


def opened(kind: str, place: str) -> LedgerStore:
    if kind == "sqlite":
        return SqliteLedger(Path(place), timeout=60)
    return RedisLedger(place, timeout=60, prefix="race")


def child(kind: str, place: str, number: int, calls: int, record: mmap.mmap) -> None:
    """Holds and settles; `record` has what was settled for sure, and what was about to be."""
    store, chance = opened(kind, place), random.Random(number)
    sure = 0
    for call in range(calls):
        amount, name = chance.randint(1, 1000), f"{number}-{call}"
        hold = Hold(name, amount, (TEAM, ALL), LEASE)
        slots = store.hold(hold, time.monotonic(), time.time())
        if isinstance(slots, Shortage):
            continue
        cost = chance.randint(0, amount)
        struct.pack_into("qq", record, number * 16, sure, cost)
        store.settle(name, slots, Spending(cost, "openai/m", "chat"), time.time())
        sure += cost
        struct.pack_into("qq", record, number * 16, sure, 0)


def main(kind: str, place: str, processes: int, calls: int, killed: int) -> None:
    record = mmap.mmap(-1, processes * 16)
    opened(kind, place).close()
    children: list[int] = []
    for number in range(processes):
        forked = os.fork()
        if forked == 0:
            try:
                child(kind, place, number, calls, record)
            except BaseException as error:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                os._exit(1)
            os._exit(0)
        children.append(forked)
    store = opened(kind, place)
    worst = watch(store, children, killed)
    settled, held = store.balance(TEAM, time.monotonic(), time.time())
    until = time.monotonic() + 4 * LEASE
    after = held
    while after and time.monotonic() < until:
        time.sleep(0.05)
        _, after = store.balance(TEAM, time.monotonic(), time.time())
    pairs = [struct.unpack_from("qq", record, n * 16) for n in range(processes)]
    sys.stdout.write(
        json.dumps(
            {
                "worst": worst,
                "settled": settled,
                "held_by_the_dead": held,
                "held_after_the_lease": after,
                "sure": sum(pair[0] for pair in pairs),
                "unsure": sum(pair[1] for pair in pairs),
                "everywhere": store.balance(ALL, time.monotonic(), time.time())[0],
            }
        )
    )


def watch(store: LedgerStore, children: list[int], killed: int) -> int:
    """The most that was ever settled and held, until all children have ended."""
    worst, left, doomed = 0, set(children), children[:killed]
    while left:
        if doomed and random.random() < 0.5:
            os.kill(doomed.pop(), signal.SIGKILL)
        worst = max(worst, sum(store.balance(TEAM, time.monotonic(), time.time())))
        while True:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended == 0:
                break
            left.discard(ended)
            if ended in doomed:
                doomed.remove(ended)
            if not left:
                break
    return worst


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
