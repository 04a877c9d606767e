"""Many processes under one limit, some of them killed while they are inside: run as a program.

`python race_limits.py sqlite|redis PLACE FOLDER PROCESSES SECONDS KILLED` prints, as JSON, how many
were ever inside at once and how many were let in, by the machine's clock.
"""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path

from fairlead.ports import LimitStore
from fairlead.stores.redis_limits import RedisLimits
from fairlead.stores.sqlite_limits import SqliteLimits
from fairlead.types.permits import Asked, Denied, Rate

PLACES, LEASE = 5, 3.0
RATE = Rate(1, 5000, 20)
"""Two hundred a second, twenty at once."""
LEAST = 3
"""How often each process is let in, however slow the machine: together more often than at once."""


def opened(kind: str, place: str) -> LimitStore:
    if kind == "sqlite":
        return SqliteLimits(Path(place), timeout=60)
    return RedisLimits(place, timeout=60, prefix="race")


def asked(name: str) -> Asked:
    return Asked("a/b#", name, RATE, None, 0, PLACES, LEASE)


def child(kind: str, place: str, folder: Path, until: float, dies: bool) -> None:
    limits, chance = opened(kind, place), random.Random(os.getpid())
    log = os.open(folder / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    call = entered = 0
    while time.monotonic() < until or entered < LEAST or dies:
        call += 1
        wanted = asked(f"{os.getpid()}-{call}")
        said = limits.enter(wanted, time.monotonic())
        if isinstance(said, Denied):
            time.sleep(min(said.wait, 0.02 * chance.random()))
            continue
        inside, entered = time.monotonic(), entered + 1
        if dies and call > 5:
            os.write(log, struct.pack("dd", inside, inside))
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.004 * chance.random())
        os.write(log, struct.pack("dd", inside, time.monotonic()))
        limits.leave(wanted, said, 0, time.monotonic())


def main(kind: str, place: str, folder: Path, processes: int, seconds: float, killed: int) -> None:
    opened(kind, place).close()
    began = time.monotonic()
    children = []
    for number in range(processes):
        forked = os.fork()
        if forked == 0:
            try:
                child(kind, place, folder, began + seconds, number < killed)
            except BaseException as error:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                os._exit(1)
            os._exit(0)
        children.append(forked)
    statuses = [os.waitpid(one, 0)[1] for one in children]
    took = time.monotonic() - began
    moments = []
    for log in folder.iterdir():
        for inside, outside in struct.iter_unpack("dd", log.read_bytes()):
            moments += [(inside, 1), (outside, -1)]
    now = worst = 0
    for _, change in sorted(moments):
        now += change
        worst = max(worst, now)
    limits, free = opened(kind, place), 0
    until = time.monotonic() + 4 * LEASE
    while free < PLACES and time.monotonic() < until:
        said = limits.enter(asked(f"after-{free}"), time.monotonic())
        free += not isinstance(said, Denied)
        time.sleep(0.01)
    let_in = len(moments) // 2
    sys.stdout.write(
        json.dumps(
            {
                "worst": worst,
                "let_in": let_in,
                "most": RATE.burst + int(took * 1_000_000 / RATE.period),
                "killed": sum(os.WIFSIGNALED(status) for status in statuses),
                "free_after_the_leases": free,
            }
        )
    )


if __name__ == "__main__":
    kind, place, folder, *numbers = sys.argv[1:]
    main(kind, place, Path(folder), *map(int, numbers))
