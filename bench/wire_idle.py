"""Memory of streams that are open and silent, many on one connection.

`python -m bench.wire_idle SIDE BASE_URL CA_FILE VERSION COUNT` prints bytes a stream.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from bench.front import Front, front
from bench.machine import allow_many_files, resident_bytes
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject
from bench.table import Row
from bench.wire import WireFloor, setup

_ROOT = Path(__file__).parent.parent
_FIRST = 5
"""Streams that pay for what all of them share, and are not counted."""


def idle(server: Server, sizes: Sizes, version: str, limit: float | None) -> Row:
    """All streams open at once, in the asyncio colour."""
    count = sizes.idle_streams
    with front(server, version) as at:
        words = [at.base_url(server.url("idle")), at.ca_file, version, str(count)]
        floor, used = _kilobytes("floor", words), _kilobytes("fairlead", words)
    return Row(f"{count} idle streams, {version}", "KB/stream", floor, used, "amount", limit)


def _kilobytes(side: str, words: list[str]) -> float:
    command = [sys.executable, "-m", "bench.wire_idle", side, *words]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    return int(done.stdout) / 1024


def _bytes_a_stream(name: str, at: Front, count: int) -> int:
    allow_many_files()
    side = WireFloor(at.url, at) if name == "floor" else AsyncSubject(setup(at.url, at))
    side.open_streams(_FIRST)
    gc.collect()
    before = resident_bytes()
    side.open_streams(count - _FIRST)
    gc.collect()
    after = resident_bytes()
    side.close()
    return (after - before) // (count - _FIRST)


if __name__ == "__main__":
    name, url, ca_file, version, count = sys.argv[1:]
    print(_bytes_a_stream(name, Front(url, ca_file, version), int(count)))
