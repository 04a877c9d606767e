"""Memory of streams that are open and silent, measured in a process of its own.

`python -m bench.idle SIDE BASE_URL COUNT` prints bytes a stream.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bench.floor_asyncio import AsyncFloor
from bench.machine import allow_many_files, resident_bytes
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject, BlockingSubject, plain
from bench.table import Row


class Opener(Protocol):
    def open_streams(self, count: int) -> None:
        """Open streams up to the first text of each, and leave them open."""
        ...

    def close(self) -> None: ...


LIMIT_KB = 60.0
_ROOT = Path(__file__).parent.parent
_SIDES: dict[str, Callable[[str], Opener]] = {
    "floor": AsyncFloor,
    "async": lambda base_url: AsyncSubject(plain(base_url)),
    "blocking": lambda base_url: BlockingSubject(plain(base_url)),
}
_SPARE_FILES = 64


def idle(server: Server, sizes: Sizes, colour: str) -> Row:
    """All streams open at once. A blocking floor would need a thread for each, so it has none."""
    count = sizes.idle_streams
    floor = _kilobytes(server, "floor", count) if colour == "async" else None
    used = _kilobytes(server, colour, count)
    return Row(f"{count} idle streams, {colour}", "KB/stream", floor, used, "amount", LIMIT_KB)


def _kilobytes(server: Server, side: str, count: int) -> float:
    command = [sys.executable, "-m", "bench.idle", side, server.url("idle"), str(count)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    return int(done.stdout) / 1024


def _bytes_a_stream(name: str, base_url: str, count: int) -> int:
    """The first stream is not counted: it pays for what all of them share."""
    if allow_many_files() < count + _SPARE_FILES:
        raise SystemExit(f"the limit of open files is too low for {count} streams; see ulimit -n")
    side = _SIDES[name](base_url)
    side.open_streams(1)
    gc.collect()
    before = resident_bytes()
    side.open_streams(count - 1)
    gc.collect()
    after = resident_bytes()
    side.close()
    return (after - before) // (count - 1)


if __name__ == "__main__":
    print(_bytes_a_stream(sys.argv[1], sys.argv[2], int(sys.argv[3])))
