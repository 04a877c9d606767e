"""Which exchange on a tape answers a request, and in what the nearest one differs.

Method, origin, path, query and body decide; the order of keys and the way to write a number in
JSON, headers, and ports of this machine do not. What was hidden as a secret fits anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct

from fairlead.errors import TapeMismatch
from fairlead.tapes.differences import differences
from fairlead.tapes.exchange import Digest, Exchange, TapedRequest
from fairlead.tapes.requests import without_boundary

_ANY = "*"
_LOOPBACK = "this machine"
_PORTS = {"http": 80, "https": 443}
_HIDDEN = re.compile(rb"\*{3,}")


class Sought(Struct, frozen=True):
    """What of a request decides. `body` is canonical; `value` is its JSON, where it is JSON."""

    method: str
    origin: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    value: object = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.method, self.origin, self.path, self.query, self.body)


def sought(request: TapedRequest, *, any_origin: bool = False) -> Sought:
    """What decides of `request`, which is scrubbed."""
    parts = urlsplit(request.url)
    value, body = _body(request)
    return Sought(
        request.method.upper(),
        _ANY if any_origin else _origin(request.url),
        parts.path or "/",
        tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))),
        body,
        value,
    )


class Deck:
    """The exchanges of a tape, each request's in the order in which they were recorded.

    The last answer to a request is given again and again; with `once` each only once. Safe to share
    between threads.
    """

    def __init__(
        self, exchanges: Sequence[Exchange], *, once: bool = False, any_origin: bool = False
    ) -> None:
        self._once = once
        self._any_origin = any_origin
        self._lock = Lock()
        self._groups: dict[tuple[object, ...], _Group] = {}
        for exchange in exchanges:
            what = sought(exchange.request, any_origin=any_origin)
            self._groups.setdefault(what.key, _Group(what)).exchanges.append(exchange)

    def take(self, request: TapedRequest) -> Exchange:
        """The answer to `request`, which is scrubbed. Raises `TapeMismatch`."""
        what = sought(request, any_origin=self._any_origin)
        group = self._groups.get(what.key) or self._alike(what)
        if group is None:
            raise self._mismatch(what)
        with self._lock:
            exchange = group.next(once=self._once)
        if exchange is None:
            count = len(group.exchanges)
            raise TapeMismatch(
                f"{what.method} {what.path} was asked more than the {count} times on the tape; "
                "leave out once=True to have the last answer again, or record the tape anew"
            )
        return exchange

    def _alike(self, what: Sought) -> _Group | None:
        """The group whose body fits but for what was hidden in it."""
        for group in self._groups.values():
            held = group.what
            if held.key[:-1] == what.key[:-1] and _fits(held.body, what.body):
                return group
        return None

    def _mismatch(self, what: Sought) -> TapeMismatch:
        found = [(differences(what, group.what), group.what) for group in self._groups.values()]
        if not found:
            return TapeMismatch("the tape is empty; record it first")
        lines, nearest = min(found, key=lambda pair: _distance(what, *pair))
        listed = "".join(f"\n  {line}" for line in lines)
        return TapeMismatch(
            f"no exchange on the tape fits {what.method} {what.path}, and nothing was sent; record "
            f"the tape anew if the request is right. The nearest is {nearest.method} "
            f"{nearest.path}, which differs in:{listed}",
            differences=tuple(lines),
        )


class _Group:
    """Exchanges of one request; those that were asked for are counted."""

    def __init__(self, what: Sought) -> None:
        self.what = what
        self.exchanges: list[Exchange] = []
        self._given = 0

    def next(self, *, once: bool) -> Exchange | None:
        at, last = self._given, len(self.exchanges) - 1
        if at > last and once:
            return None
        self._given += 1
        return self.exchanges[min(at, last)]


def _distance(what: Sought, lines: Sequence[str], held: Sought) -> tuple[bool, bool, int]:
    return (held.path != what.path, held.method != what.method, len(lines))


def _fits(taped: bytes, asked: bytes) -> bool:
    """Whether `asked` is `taped` with anything in place of its stars; in time that is linear."""
    first, *parts = _HIDDEN.split(taped)
    if not parts or not asked.startswith(first):
        return False
    last, at = parts.pop(), len(first)
    for part in parts:
        found = asked.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return asked.endswith(last) and at <= len(asked) - len(last)


def _origin(url: str) -> str:
    """Scheme, host and port; this machine's servers are alike, as their ports come and go."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_loopback(host):
        return _LOOPBACK
    return f"{parts.scheme}://{host}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _number(text: str) -> float:
    """`1.0` is the same number as `1`, and may have been written by another caller."""
    value = float(text)
    return int(value) if value.is_integer() else value


_JSON = msgspec.json.Decoder(float_hook=_number)


def _body(request: TapedRequest) -> tuple[object, bytes]:
    body = request.body
    if isinstance(body, Digest):
        return None, f"{body.sha256} ({body.size:,} bytes)".encode()
    if not body:
        return None, b""
    try:
        value = _JSON.decode(body)
        return value, msgspec.json.encode(value, order="sorted")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None, without_boundary(body, request.headers)
