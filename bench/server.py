"""A child process that answers at once from prebuilt bytes; HTTP/1.1 with keep-alive, no framework.

The first part of the path says what to answer, the second how many events: `/burst/2000/...`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from functools import cache

from bench import payloads
from bench.child import Child
from bench.machine import allow_many_files, server_core

INTERVAL = 300e-6
"""Seconds between two events of a paced stream."""

DRIP_PIECES = 8
"""Events of one write of a stream that drips."""
SLOWLY, QUICKLY = 0.1, 0.001
"""Seconds between two of its writes, of a thousand streams at once and of one alone."""

_HEAD = b"HTTP/1.1 200 OK\r\nserver: bench\r\nx-request-id: req_0123456789abcdef\r\n"
_LEFT = (
    b"x-ratelimit-remaining-requests: 9999\r\nx-ratelimit-reset-requests: 6ms\r\n"
    b"x-ratelimit-remaining-tokens: 1999990\r\nx-ratelimit-reset-tokens: 1ms\r\n"
)
"""What is left of the provider's limits, as of one whose table says how to read it."""
_JSON = _HEAD + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
_NOTHING = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
_STREAM = _HEAD + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Server(Child):
    """The child, from the side of who started it."""

    def __init__(self) -> None:
        super().__init__("bench.server")

    def url(self, kind: str, events: int = 0) -> str:
        """The base URL under which every chat is answered by `kind`."""
        return f"http://127.0.0.1:{self.port}/{kind}/{events}"


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, ended, body = self._buffer.partition(b"\r\n\r\n")
        if not ended or len(body) < _length(head):
            return
        self._buffer = b""  # no client here pipelines
        _, kind, events, _ = head.split(b"/", 3)
        assert self._transport is not None
        if kind == b" HTTP":  # the root, for whoever opens a connection ahead of time
            self._transport.write(_NOTHING)
            return
        _ANSWERS[kind](self._transport, int(events))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _chunked(events: tuple[bytes, ...]) -> bytes:
    """Every event in an HTTP chunk of its own, as servers that stream write them."""
    return b"".join([b"%x\r\n%b\r\n" % (len(event), event) for event in events])


_WHOLE = payloads.whole_answer()
_CALL = _JSON % len(_WHOLE) + _WHOLE
_TELLING = _CALL.replace(_HEAD, _HEAD + _LEFT)
_OPENING = _STREAM + _chunked((payloads.opening(),))
_PIECE = _chunked((payloads.piece(),))
_CLOSING = _chunked(payloads.closing()) + b"0\r\n\r\n"


def _call(transport: asyncio.Transport, _events: int) -> None:
    transport.write(_CALL)


def _telling(transport: asyncio.Transport, _events: int) -> None:
    transport.write(_TELLING)


def _burst(transport: asyncio.Transport, events: int) -> None:
    transport.write(_OPENING + _PIECE * events + _CLOSING)


def _paced(transport: asyncio.Transport, events: int) -> None:
    """Blocks the loop on purpose: its timers are too coarse, and nobody else is served."""
    transport.write(_OPENING)
    due = time.perf_counter()
    for _ in range(events):
        due += INTERVAL
        time.sleep(max(0.0, due - time.perf_counter()))
        transport.write(_PIECE)
    transport.write(_CLOSING)


def _drip(transport: asyncio.Transport, events: int, seconds: float) -> None:
    """A few events at a time, while others are served."""
    transport.write(_OPENING)
    loop, piece = asyncio.get_running_loop(), _PIECE * DRIP_PIECES

    def write(left: int) -> None:
        if left <= 0:
            transport.write(_CLOSING)
            return
        transport.write(piece)
        loop.call_later(seconds, write, left - DRIP_PIECES)

    write(events)


def _idle(transport: asyncio.Transport, _events: int) -> None:
    transport.write(_OPENING + _PIECE)


@cache
def _vectors(count: int, *, numbers: bool) -> bytes:
    body = payloads.vectors(count, numbers=numbers)
    return _JSON % len(body) + body


_ANSWERS: dict[bytes, Callable[[asyncio.Transport, int], None]] = {
    b"call": _call,
    b"telling": _telling,
    b"burst": _burst,
    b"paced": _paced,
    b"slowly": lambda transport, events: _drip(transport, events, SLOWLY),
    b"quickly": lambda transport, events: _drip(transport, events, QUICKLY),
    b"idle": _idle,
    b"base64": lambda transport, count: transport.write(_vectors(count, numbers=False)),
    b"numbers": lambda transport, count: transport.write(_vectors(count, numbers=True)),
}


async def _serve() -> None:
    allow_many_files()
    core = server_core()
    if core is not None:
        os.sched_setaffinity(0, {core})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    parent_gone = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), parent_gone.set)
    await parent_gone.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
