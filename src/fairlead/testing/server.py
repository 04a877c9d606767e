"""A server on loopback that does exactly what a script says, byte for byte.

For tests of everything that speaks HTTP/1.1: answers in odd pieces, silence, cut connections,
resets, endless bodies. It records the requests that it saw.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec import Struct

if TYPE_CHECKING:
    from ssl import SSLContext

_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_JOIN_SECONDS = 5.0
_GLANCE_SECONDS = 0.02
_MANY = 256


class Pause(Struct, frozen=True):
    """Do nothing for so many seconds, or until the client goes away."""

    seconds: float


class Await(Struct, frozen=True):
    """Do nothing until the event is set, or until the client goes away."""

    event: threading.Event


class Repeat(Struct, frozen=True):
    """Send `data` over and over, `count` times, or until the client goes away."""

    data: bytes
    count: int | None = None


class Receive(Struct, frozen=True):
    """Read so many bytes, or up to the end of what the client sends, and forget them."""

    count: int


class Close(Struct, frozen=True):
    """Close the connection in order (FIN)."""


class Reset(Struct, frozen=True):
    """Break the connection off (RST)."""


Step = bytes | Pause | Await | Repeat | Receive | Close | Reset
Script = Iterable[Step]


class Received(Struct, frozen=True):
    """A request as it came. `headers` have lower-case names; connections are counted from 1."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """The first value of `name` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


Answer = Script | Callable[[Received], "Answer"]


def respond(
    status: int = 200,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    reason: str = "Said So",
) -> list[Step]:
    """A whole response with its length, sent at once."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return ["\r\n".join(lines).encode() + body]


def stream(
    chunks: Iterable[bytes],
    *,
    pause: float = 0.0,
    chunked: bool = True,
    status: int = 200,
    headers: Sequence[tuple[str, str]] = (("Content-Type", "text/event-stream"),),
) -> Script:
    """A body in pieces, `pause` seconds apart; without `chunked` it ends with the connection.

    It may be played as often as `chunks` may be read: a list again and again, a generator once.
    """
    framing = "Transfer-Encoding: chunked" if chunked else "Connection: close"
    lines = [f"HTTP/1.1 {status} Said So", *(f"{name}: {value}" for name, value in headers)]
    head = "\r\n".join([*lines, framing, "", ""]).encode()
    return _Streamed(head, chunks, pause, chunked)


class _Streamed(Struct, frozen=True):
    head: bytes
    chunks: Iterable[bytes]
    pause: float
    chunked: bool

    def __iter__(self) -> Iterator[Step]:
        yield self.head
        for chunk in self.chunks:
            if self.pause:
                yield Pause(self.pause)
            yield b"%x\r\n%b\r\n" % (len(chunk), chunk) if self.chunked else chunk
        yield b"0\r\n\r\n" if self.chunked else Close()


class ScriptedServer:
    """A context manager; `url` is its address, `requests` what it was asked.

    Each request takes the next of `answers`; the last one serves all that follow. An answer is a
    script, or a function from the request to an answer, such as those of `testing.chat`; a list may
    be played often, a generator once.
    `greeting` is played on every new connection before anything is read. Without a `port` it takes
    a free one.
    """

    def __init__(
        self,
        *answers: Answer,
        greeting: Script = (),
        tls: SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.open_connections = 0
        self.bytes_received = 0
        self._answers = answers or (respond(),)
        self._greeting = greeting
        self._tls = tls
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        if len(self._threads) % _MANY == 0:  # those that have ended are forgotten now and then
            self._threads = [other for other in self._threads if other.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the end, or no descriptor left for the moment
                self._stopped.wait(0.01)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self.open_connections += 1
                number = self.connections
            self._spawn(self._serve, connection, number)

    def _serve(self, raw: socket.socket, number: int) -> None:
        connection = raw
        try:
            with suppress(OSError):  # the line is gone
                if self._tls is not None:
                    connection = self._tls.wrap_socket(raw, server_side=True)
                self._hold(connection)
                if self._play(connection, self._greeting):
                    self._converse(connection, number)
        finally:
            with self._lock:
                self._sockets.discard(connection)
            connection.close()
            raw.close()
            with self._lock:  # only now, as who sees it go may rely on it
                self.open_connections -= 1

    def _hold(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connection)
        if self._stopped.is_set():
            raise OSError

    def _converse(self, connection: socket.socket, number: int) -> None:
        reader = _Reader(connection)
        while (request := reader.request(number)) is not None:
            with self._lock:
                self.bytes_received = self.bytes_received + reader.taken()
                turn = min(len(self.requests), len(self._answers) - 1)
                self.requests.append(request)
            answer = self._answers[turn]
            while callable(answer):
                answer = answer(request)
            if not self._play(connection, answer):
                return

    def _play(self, connection: socket.socket, script: Script) -> bool:
        """Do the steps; False once the connection is over."""
        for step in script:
            match step:
                case bytes():
                    connection.sendall(step)
                case Pause(seconds):
                    if not self._rest(connection, seconds):
                        return False
                case Await(event):
                    while not event.wait(_GLANCE_SECONDS):
                        if not self._rest(connection, 0.0):
                            return False
                case Repeat(data, count):
                    turns = iter(int, 1) if count is None else range(count)
                    for _ in turns:
                        connection.sendall(data)
                case Receive(count):
                    self._receive(connection, count)
                case Close():
                    return False
                case Reset():
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
                    return False
        return True

    def _rest(self, connection: socket.socket, seconds: float) -> bool:
        """Wait; False at once when the client closes the connection or the server stops."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        begin = monotonic()
        if not poll.poll(seconds * 1000):
            return not self._stopped.is_set()
        # a TLS socket may not peek, the socket under it may
        if not socket.socket.recv(connection, 1, socket.MSG_PEEK):
            return False
        return not self._stopped.wait(max(0.0, seconds - (monotonic() - begin)))

    def _receive(self, connection: socket.socket, count: int) -> None:
        while count > 0 and (data := connection.recv(min(count, 65536))):
            count -= len(data)


class _Reader:
    """Reads HTTP/1.1 requests from a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._taken = 0

    def taken(self) -> int:
        """Bytes taken off the wire since last asked."""
        taken, self._taken = self._taken, 0
        return taken

    def request(self, connection: int) -> Received | None:
        """The next request, or None when the client has gone or speaks no HTTP."""
        try:
            return self._request(connection)
        except ValueError:
            return None

    def _request(self, connection: int) -> Received | None:
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
        body = self._body(dict(headers))
        if body is None:
            return None
        return Received(method, path, headers, body, connection)

    def _body(self, headers: dict[str, str]) -> bytes | None:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self._exactly(int(headers.get("content-length", "0")))
        parts: list[bytes] = []
        while (line := self._until(b"\r\n")) is not None:
            size = int(line.partition(b";")[0], 16)
            part = self._exactly(size + 2)
            if part is None:
                return None
            if size == 0:
                return b"".join(parts)
            parts.append(part[:-2])
        return None

    def _until(self, mark: bytes) -> bytes | None:
        while (end := self._buffer.find(mark)) < 0:
            if not self._fill():
                return None
        return self._cut(end + len(mark))

    def _exactly(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not self._fill():
                return None
        return self._cut(count)

    def _fill(self) -> bool:
        data = self._connection.recv(65536)
        self._buffer += data
        self._taken += len(data)
        return bool(data)

    def _cut(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken
