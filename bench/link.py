"""A network between a client and a server on loopback: everything arrives later, each way.

TCP and UDP pass, on one port. What a client sends over TCP before a round trip is over counts as
sent after it: the connection stands at once here, and would not on a network.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from math import inf, nextafter
from typing import cast

from bench.child import Child

_HOST = "127.0.0.1"
_PIECE = 64 << 10
_A_DATAGRAM = 100e-6
"""Seconds that the link is busy with one: 1,200 bytes at 100 Mbit/s."""


class Link(Child):
    """The child, from the side of who started it: `delay` seconds to the port `upstream`."""

    def __init__(self, upstream: int, delay: float) -> None:
        super().__init__("bench.link", str(upstream), str(delay))

    @property
    def url(self) -> str:
        return f"https://{_HOST}:{self.port}"


class _Datagrams(asyncio.DatagramProtocol):
    """A socket of its own toward the server for every address that sends."""

    def __init__(self, upstream: int, delay: float) -> None:
        self._upstream = upstream
        self._delay = delay
        self._ways: dict[tuple[str, int], socket.socket] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # On Python 3.11 it has the methods of a DatagramTransport and is none.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        way = self._ways.get(address) or self._open(address)
        asyncio.get_running_loop().call_later(self._delay, _send, way, data)

    def _open(self, address: tuple[str, int]) -> socket.socket:
        way = self._ways[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        way.setblocking(False)
        way.connect((_HOST, self._upstream))
        asyncio.get_running_loop().add_reader(way, self._answer, way, address)
        return way

    def _answer(self, way: socket.socket, address: tuple[str, int]) -> None:
        assert self._transport is not None
        with suppress(OSError):
            data = way.recv(_PIECE)
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay, self._transport.sendto, data, address)


def _send(way: socket.socket, data: bytes) -> None:
    """Blocks on purpose: two datagrams at one instant are what some servers lose the second of."""
    with suppress(OSError):
        way.send(data)
    time.sleep(_A_DATAGRAM)


async def _carry(reader: StreamReader, writer: StreamWriter, delay: float, earliest: float) -> None:
    """One way of a connection; nothing counts as sent before `earliest`."""
    loop, sent = asyncio.get_running_loop(), earliest
    with suppress(OSError):
        while data := await reader.read(_PIECE):
            sent = nextafter(max(sent, loop.time()), inf)  # timers of one instant have no order
            loop.call_at(sent + delay, writer.write, data)
    loop.call_at(max(sent, loop.time()) + delay, writer.close)


async def _listen(upstream: int, delay: float) -> int:
    """Serve over TCP and UDP on a port that is free for both."""

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        now = asyncio.get_running_loop().time()
        inner_reader, inner_writer = await asyncio.open_connection(_HOST, upstream)
        with suppress(asyncio.CancelledError):  # the link itself ends
            await asyncio.gather(
                _carry(reader, inner_writer, delay, now + 2 * delay),
                _carry(inner_reader, writer, delay, now),
            )

    while True:
        server = await asyncio.start_server(connected, _HOST)
        port = int(server.sockets[0].getsockname()[1])
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(upstream, delay), local_addr=(_HOST, port)
            )
        except OSError:
            server.close()
        else:
            return port


async def _serve(upstream: int, delay: float) -> None:
    print(await _listen(upstream, delay), flush=True)
    parent_gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), parent_gone.set)
    await parent_gone.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
