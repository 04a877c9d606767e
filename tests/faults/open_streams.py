"""A server in a process of its own that begins streams and never ends them.

What is asked for whole is answered whole. It is quick and takes no descriptors of the tests.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.client.wire import begun, chunk, whole

_STREAM = begun(*[chunk({"content": "Hello "})] * 5)
_WHOLE = b"".join(step for step in whole() if isinstance(step, bytes))
_ROOT = Path(__file__).resolve().parents[2]


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._got = b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, mark, body = self._got.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
        if mark and len(body) >= length:
            self._got = b""
            self._transport.write(_STREAM if b'"stream":true' in body else _WHOLE)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)  # until the tests have ended


@contextmanager
def open_streams() -> Iterator[str]:
    """Its address."""
    child = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.communicate(timeout=10)


if __name__ == "__main__":
    asyncio.run(_serve())
