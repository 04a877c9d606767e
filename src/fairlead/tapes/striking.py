"""Does faults to exchanges, as data: the same for clients here and for those of `--serve`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch

import msgspec
from msgspec.structs import replace

from fairlead.errors import ConfigError, ConnectError, ProtocolError
from fairlead.tapes.exchange import (
    Answer,
    Chunk,
    Ending,
    Exchange,
    Failure,
    Pairs,
    instant,
    kind_of,
)
from fairlead.tapes.failures import RESET, STALL
from fairlead.tapes.faults import DuplicateFrames, ErrorInside, Fault, First, RateLimited
from fairlead.tapes.frames import AWS, EVENTS, FRAMED, LINES, frames_of
from fairlead.testing.toxics import (
    Bandwidth,
    Down,
    HalfOpen,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
)

_JSON = "application/json"
_PIECE = 16
"""Bytes of a piece where a bandwidth bounds them."""


def struck(exchange: Exchange, faults: Iterable[Fault], turn: int) -> Exchange:
    """`exchange` with the faults done to it, one after the other. Turns are counted from 0.

    Raises `ConfigError` for what is no fault, or cannot be done to it.
    """
    for fault in faults:
        if isinstance(fault, First):
            exchange = _done(fault.fault, exchange) if turn < fault.count else exchange
        else:
            exchange = _done(fault, exchange)
    return exchange


@singledispatch
def _done(fault: object, _exchange: Exchange) -> Exchange:
    raise ConfigError(
        f"{fault!r} is no fault of a tape; take one of fairlead.tapes or fairlead.testing.toxics"
    )


@_done.register
def _latency(fault: Latency, exchange: Exchange) -> Exchange:
    return _retimed(exchange, lambda at, _: at + fault.seconds)


@_done.register
def _bandwidth(fault: Bandwidth, exchange: Exchange) -> Exchange:
    """A piece comes when it did or, if that is later, when those before it have gone through."""
    free = 0.0

    def passed(at: float, size: int) -> float:
        nonlocal free
        free = max(free, at) + size / fault.bytes_per_second
        return free

    return _retimed(_in_pieces(exchange, _PIECE), passed)


@_done.register
def _slicer(fault: Slicer, exchange: Exchange) -> Exchange:
    late = 0.0

    def paused(at: float, size: int) -> float:
        nonlocal late
        late += fault.pause if size else 0.0
        return at + late

    return _retimed(_in_pieces(exchange, fault.size), paused)


@_done.register
def _cut(fault: LimitData, exchange: Exchange) -> Exchange:
    failure = Failure(ProtocolError.__name__, "the response broke off before its end", sent=True)
    return _stopped(exchange, fault.count, failure)


@_done.register
def _reset(fault: ResetPeer, exchange: Exchange) -> Exchange:
    message = "the connection broke while the response was read"
    return _stopped(exchange, fault.count, Failure(RESET, message, sent=True))


@_done.register
def _stalled(fault: HalfOpen, exchange: Exchange) -> Exchange:
    return _stopped(exchange, fault.count, Failure(STALL, "nothing more came", sent=True))


@_done.register
def _down(_fault: Down, exchange: Exchange) -> Exchange:
    message = "no connection: it was refused or nothing is there; check that a server runs"
    failure = Failure(ConnectError.__name__, message)
    return Exchange(exchange.request, None, Ending("failed", 0.0, failure))


@_done.register
def _doubled(_fault: DuplicateFrames, exchange: Exchange) -> Exchange:
    answer = exchange.answer
    if answer is None or kind_of(answer.headers) not in FRAMED:
        return exchange
    frames = (frame for frame in frames_of(answer) for _ in range(2))
    return _with(exchange, answer, frames, exchange.ending)


@_done.register
def _limited(fault: RateLimited, exchange: Exchange) -> Exchange:
    error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slow down"}
    headers = (("content-type", _JSON), ("retry-after", f"{fault.retry_after:g}"))
    return _answered(exchange, 429, headers, msgspec.json.encode({"error": error}))


@_done.register
def _error_inside(fault: ErrorInside, exchange: Exchange) -> Exchange:
    answer = exchange.answer
    kind = _JSON if answer is None else kind_of(answer.headers)
    if kind == AWS:
        raise ConfigError("an error inside a 200 cannot be put into an AWS event stream")
    error = {"type": fault.kind, "code": fault.kind, "message": fault.message}
    said = msgspec.json.encode({"type": "error", "error": error})
    if answer is None or kind not in (EVENTS, LINES):
        return _answered(exchange, 200, (("content-type", _JSON),), said)
    before = list(frames_of(answer))[: fault.after]
    at = before[-1].at if before else answer.at
    line = msgspec.json.encode({"error": fault.message}) + b"\n"
    last = line if kind == LINES else b"event: error\ndata: " + said + b"\n\n"
    return _with(exchange, answer, [*before, Chunk(at, last)], Ending("complete", at))


def _answered(exchange: Exchange, status: int, headers: Pairs, body: bytes) -> Exchange:
    """Another answer, which comes when the first one did."""
    old = exchange.answer or Answer(status)
    answer = Answer(status, old.at, old.http_version, headers, (Chunk(old.at, body),))
    return Exchange(exchange.request, answer, Ending("complete", old.at))


def _stopped(exchange: Exchange, count: int, failure: Failure) -> Exchange:
    """The first `count` bytes of the body, then `failure`; as it is where it is shorter."""
    answer = exchange.answer
    if answer is None or count > len(answer.body):
        return exchange
    chunks = list(_up_to(answer.chunks, count))
    at = chunks[-1].at if chunks else answer.at
    return _with(exchange, answer, chunks, Ending("failed", at, failure))


def _retimed(exchange: Exchange, later: Callable[[float, int], float]) -> Exchange:
    """Headers, chunks and the end at the times that `later` gives for theirs and their sizes."""
    answer, ending = exchange.answer, exchange.ending
    if answer is not None:
        at = instant(later(answer.at, 0))
        chunks = tuple(
            Chunk(instant(later(chunk.at, len(chunk.data))), chunk.data) for chunk in answer.chunks
        )
        answer = replace(answer, at=at, chunks=chunks)
    ending = replace(ending, at=instant(later(ending.at, 0)))
    return Exchange(exchange.request, answer, ending)


def _in_pieces(exchange: Exchange, size: int) -> Exchange:
    answer = exchange.answer
    if answer is None:
        return exchange
    return _with(exchange, answer, _pieces(answer.chunks, max(1, size)), exchange.ending)


def _with(exchange: Exchange, answer: Answer, chunks: Iterable[Chunk], ending: Ending) -> Exchange:
    return Exchange(exchange.request, replace(answer, chunks=tuple(chunks)), ending)


def _up_to(chunks: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    for chunk in chunks:
        if count <= 0:
            return
        yield Chunk(chunk.at, chunk.data[:count])
        count -= len(chunk.data)


def _pieces(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    for chunk in chunks:
        for at in range(0, len(chunk.data), size):
            yield Chunk(chunk.at, chunk.data[at : at + size])
