"""An easy handle of libcurl with its callbacks, used for one exchange after another."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.errors import ProtocolError
from fairlead.transports.curl.exchange import HIGH_WATER
from fairlead.transports.curl.head import framing_conflicts, is_compressed, without_interim
from fairlead.transports.curl.loader import Loader

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import HttpSettings

MAX_EXPANSION = 8 << 20
"""Unread bytes of a compressed body at which it is taken for a bomb."""

MOST_OF_AN_ERROR = 64 << 10
"""Of the body of an error that is read in one go, so much is worth having."""

_FIRST_ERROR = 300
_REFUSE = -1
_OK = 0
_ABORT = 1
_BLANK = 2  # the length of a line that holds its end and nothing else


class Slot:
    """One easy handle and what it tells of its exchange.

    libcurl resends a request by itself, up to five times, when a reused connection turns out to
    be dead before a line of a response. `on_request` is called before each sending and allows one
    replay, on a connection opened for it; `wants_replay` asks the driver for that where libcurl
    chose another old one.

    After every turn of libcurl `on_turn` looks at what has come, or `on_stream_turn`. Headers, and
    the body of an event stream, which may come in thousands of small chunks, have gone into lists
    without a line of Python for each. An event stream must not be compressed: a few bytes could
    unpack to gigabytes within one turn. Any other body passes through `on_body`. If that is
    compressed it is paused not amid a turn, where libcurl would unpack the rest into a buffer of
    its own, but after it: the slot puts itself on the list `full`.
    """

    __slots__ = (
        "_alt_svc",
        "_compressed",
        "_forced",
        "_fresh",
        "_full",
        "_lines",
        "_streams",
        "_whole",
        "easy",
        "exchange",
        "loader",
        "sends",
        "timer",
        "timer_at",
        "wants_replay",
    )

    def __init__(
        self, settings: HttpSettings, full: list[Slot], alt_svc: AltSvc | None = None
    ) -> None:
        self.easy = easy = pycurl.Curl()
        self._alt_svc = alt_svc
        self.loader = Loader(easy, settings, alt_svc)
        self.exchange: Exchange | None = None
        self.sends = 0
        self.wants_replay = False
        self.timer: TimerHandle | None = None
        self.timer_at = inf
        self._full = full
        self._fresh = False
        self._forced = False
        self._compressed = False
        self._streams = False
        self._whole = False
        self._lines: list[bytes] = []
        easy.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        easy.setopt(pycurl.WRITEFUNCTION, self.on_body)
        easy.setopt(pycurl.XFERINFOFUNCTION, self.on_turn)
        easy.setopt(pycurl.NOPROGRESS, 0)
        easy.setopt(pycurl.PREREQFUNCTION, self.on_request)
        easy.setopt(pycurl.SOCKOPTFUNCTION, self.on_socket)

    def begin(self, exchange: Exchange) -> None:
        """Carry `exchange` from now on."""
        self.exchange = exchange
        exchange.slot = self
        self.sends = 0
        self._fresh = False
        whole, setopt = exchange.request.whole, self.easy.setopt
        streams = self.loader.streams and not whole
        if streams:
            setopt(pycurl.WRITEFUNCTION, exchange.chunks.append)
        elif self._streams or whole != self._whole:
            setopt(pycurl.WRITEFUNCTION, self.on_whole if whole else self.on_body)
        if streams != self._streams:
            setopt(pycurl.XFERINFOFUNCTION, self.on_stream_turn if streams else self.on_turn)
        self._streams, self._whole = streams, whole

    def conclude(self, exchange: Exchange) -> None:
        """Note what is known at the end alone."""
        if not exchange.status:
            self.look()
        facts, getinfo = exchange.facts, self.easy.getinfo
        facts.bytes_in += getinfo(pycurl.SIZE_DOWNLOAD_T)
        facts.bytes_out = getinfo(pycurl.REQUEST_SIZE)
        if self.loader.early and not facts.reused:
            facts.early = max(0, getinfo(pycurl.EARLYDATA_SENT_T))
        upload = self.loader.upload
        if upload is not None and upload.failure is not None and exchange.error is None:
            exchange.error = upload.failure

    def rest(self) -> None:
        """Forget the exchange, and what of it would hold memory."""
        self.exchange = None
        self._lines.clear()
        self.loader.unload()
        if self._forced:
            self.easy.setopt(pycurl.FRESH_CONNECT, 0)
            self._forced = False

    def discard(self) -> None:
        """Free the handle for good."""
        if self.timer is not None:
            self.timer.cancel()
        self.easy.close()

    def replay(self) -> None:
        """Prepare to send once more, on a new connection."""
        self.wants_replay = False
        self.sends = 1
        self._forced = True
        self.easy.setopt(pycurl.FRESH_CONNECT, 1)

    def doubt(self) -> None:
        """Nothing came back: if HTTP/3 was tried because the origin offers it, it may be why."""
        exchange = self.exchange
        if exchange is not None and self._alt_svc is not None and self.loader.offered:
            self._alt_svc.failed(exchange.origin, monotonic())

    def on_socket(self, _descriptor: int, _purpose: int) -> int:
        """A connection is opened for this exchange."""
        self._fresh = True
        return _OK

    def on_request(self, remote: str, local: str, port: int, _local_port: int) -> int:
        """The connection stands, and the request is about to be sent."""
        self._lines.clear()  # a proxy may have spoken before
        exchange = self.exchange
        fresh, self._fresh = self._fresh, False
        self.sends += 1
        if exchange is None:
            return _ABORT
        if self.sends > 1 and not (fresh and self.sends == 2):
            self.wants_replay = self.sends == 2
            return _ABORT
        if fresh and self._alt_svc is not None:
            self._alt_svc.left_from(exchange.origin, local)
        facts = exchange.facts
        facts.reused = not fresh
        facts.remote = f"[{remote}]:{port}" if ":" in remote else f"{remote}:{port}"
        facts.connect = monotonic() - exchange.started
        return _OK

    def on_turn(self, *_: int) -> int:
        return _REFUSE if self._lines and not self.look() else _OK

    def on_stream_turn(self, _size: int, received: int, _to_send: int, _sent: int) -> int:
        if self._lines and not self.look():
            return _REFUSE
        exchange = self.exchange
        if not received or exchange is None:
            return _OK
        if exchange.waiter is not None and exchange.chunks:
            exchange.wake()
        if received > exchange.room:
            exchange.refuse_size()
            return _REFUSE
        if received - exchange.taken > HIGH_WATER and not exchange.paused:
            exchange.paused = True
            self.easy.pause(pycurl.PAUSE_RECV)
        return _OK

    def on_body(self, data: bytes) -> int | None:
        exchange = self.exchange
        if exchange is None or (self._lines and not self.look()):
            return _REFUSE
        if exchange.held >= HIGH_WATER:
            if not self._compressed:
                exchange.paused = True
                return pycurl.WRITEFUNC_PAUSE  # type: ignore[no-any-return]
            if not exchange.paused:
                exchange.paused = True
                self._full.append(self)
            if exchange.held > MAX_EXPANSION:
                exchange.refuse_expansion()
                return _REFUSE
        return None if exchange.receive(data) else _REFUSE

    def on_whole(self, data: bytes) -> int | None:
        """A piece of a body that is read when all of it has come."""
        exchange = self.exchange
        if exchange is None or (self._lines and not self.look()):
            return _REFUSE
        if exchange.held > MOST_OF_AN_ERROR and exchange.status >= _FIRST_ERROR:
            return _REFUSE
        return None if exchange.receive(data) else _REFUSE

    def look(self) -> bool:
        """Take the header lines if they are complete; False when they must be refused."""
        lines, exchange = self._lines, self.exchange
        if not lines or len(lines[-1]) > _BLANK:
            return True
        head = b"".join(without_interim(lines))
        lines.clear()
        if exchange is None or exchange.status or not head or not self.sends:
            return True  # trailers, or nothing final yet
        version, _, rest = head.partition(b" ")
        facts = exchange.facts
        facts.http_version = version[5:].decode("latin-1")
        facts.first_byte = monotonic() - exchange.started
        facts.bytes_in += len(head)
        lowered = head.lower()
        if self._alt_svc is not None and (self.loader.offered or b"\nalt-svc:" in lowered):
            tried, now = self.loader.offered, monotonic()
            self._alt_svc.answered(exchange.origin, head, now, tried=tried)
        self._compressed = False
        if b"-encoding:" in lowered:
            if framing_conflicts(lowered):
                return self._refuse("the response states its length in two ways")
            self._compressed = is_compressed(lowered)
            if self._compressed and self._streams:
                return self._refuse("the event stream came compressed, which was not asked for")
        exchange.head = head
        exchange.status = status = int(rest[:3])
        if status >= _FIRST_ERROR or not exchange.hushed:
            exchange.hushed = False
            exchange.wake()
        return True

    def _refuse(self, reason: str) -> bool:
        if self.exchange is not None:
            self.exchange.error = ProtocolError(f"{reason}; the connection was closed", sent=True)
        return False
