"""Threads that read from a server whose streams go on when they are told to."""

from __future__ import annotations

import threading
import time
from math import inf

from tests.transports.colours import EVENTS, SOON, until

from fairlead.errors import ReadTimeout
from fairlead.ports import Timeouts
from fairlead.testing.server import Await, Close, Received, Repeat, ScriptedServer, Step, respond
from fairlead.transports.curl.exchange import Exchange
from fairlead.transports.curl.shared import SharedLane
from fairlead.types.http import HttpRequest

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 10\r\n\r\n"
ROOM = 1 << 30


class Told:
    """A server whose streams go on when they are told to: `tell(name)` for the path `/name`."""

    def __init__(self) -> None:
        self._events: dict[str, threading.Event] = {}
        self.server = ScriptedServer(self._answer)

    def event(self, name: str) -> threading.Event:
        return self._events.setdefault(name, threading.Event())

    def tell(self, name: str) -> None:
        self.event(name).set()

    def _answer(self, request: Received) -> list[Step]:
        name = request.path.rpartition("/")[2]
        if name == "hello":
            return respond(body=b"hello")
        if name == "endless":
            return [b"HTTP/1.1 200 OK\r\n\r\n", Repeat(b"x" * 65536)]
        if name == "cut":
            return [HEAD + b"first", Close()]
        return [HEAD + b"first", Await(self.event(name)), b"later"]


class Reader(threading.Thread):
    """Asks and reads in a thread of its own; `got` is the body, or what was raised."""

    def __init__(self, lane: SharedLane, url: str, *, within: float = SOON) -> None:
        super().__init__()
        self._lane = lane
        self._within = within
        self.exchange = exchange_for(url)
        self.got: bytes | BaseException = b""
        self.start()

    def run(self) -> None:
        try:
            self.got = read_all(self._lane, self.exchange, self._within)
        except BaseException as error:
            self.got = error
        finally:
            self._lane.abort(self.exchange)


def exchange_for(url: str) -> Exchange:
    request = HttpRequest("POST", url, EVENTS, b"{}")
    return Exchange(request, url, started=time.monotonic(), room=ROOM)


def read_all(lane: SharedLane, exchange: Exchange, within: float = SOON) -> bytes:
    begin(lane, exchange, within)
    body = b""
    while True:
        if not lane.await_data(exchange, time.monotonic() + within):
            raise ReadTimeout("too late")
        if not exchange.chunks:
            break
        body += lane.take(exchange)
    if exchange.error is not None:
        raise exchange.error
    return body


def begin(lane: SharedLane, exchange: Exchange, within: float = SOON) -> None:
    lane.begin(exchange, Timeouts(), inf)
    lane.await_head(exchange, time.monotonic() + within)


def begin_and_read(lane: SharedLane, exchange: Exchange) -> None:
    """Up to the first piece of the body."""
    begin(lane, exchange)
    assert lane.await_data(exchange, time.monotonic() + SOON)
    assert lane.take(exchange) == b"first"


def opened(lane: SharedLane, url: str) -> Exchange:
    """A stream that is silent after its first piece."""
    exchange = exchange_for(url)
    begin_and_read(lane, exchange)
    return exchange


def waiting(lane: SharedLane, count: int) -> bool:
    return until(lambda: len(lane._waiting) == count)


def at_rest(lane: SharedLane) -> bool:
    """Nothing is held, and nobody waits."""
    held = [lane._active, lane._waiting, lane._unwanted, lane._roused, lane._leader]
    return not any(held) and not lane._lock.locked()
