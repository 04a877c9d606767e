"""Reads an answer's bytes and makes events of them, within the times that a call has.

Here is the way of every event. Nothing here knows who wants the answer, or what becomes of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Generic

from fairlead.engine.call import E_, R_, Call
from fairlead.errors import (
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    ProtocolError,
    ReadTimeout,
    ResponseTooLarge,
    StreamInterrupted,
    TransportError,
)

if TYPE_CHECKING:
    from fairlead.ports import Decoder, HttpResponse, Runtime

_DRAIN_SECONDS = 0.25
_DRAIN_BYTES = 64 << 10

Prolong = Callable[[], Awaitable[float]]
"""Prolongs what is held for an answer, and says until which instant that lasts."""


class _Lease:
    __slots__ = ("prolong", "until")

    def __init__(self, until: float, prolong: Prolong) -> None:
        self.until = until
        self.prolong = prolong


class Reading(Generic[E_, R_]):
    """Of one response. `_committed_at` is the instant of its first event with content."""

    __slots__ = (
        "_call",
        "_committed_at",
        "_decoder",
        "_first_event_by",
        "_leased_until",
        "_leases",
        "_progress_at",
        "_response",
        "_runtime",
        "_started",
    )

    def __init__(
        self, call: Call[E_, R_], response: HttpResponse, runtime: Runtime, started: float
    ) -> None:
        self._call = call
        self._response = response
        self._runtime = runtime
        self._decoder: Decoder[E_, R_] = call.codec.decoder()
        self._started = started
        self._first_event_by = min(started + call.timeouts.first_event, call.deadline)
        self._progress_at = started
        self._committed_at: float | None = None
        self._leased_until = inf
        self._leases: tuple[_Lease, ...] = ()

    def lease(self, until: float, prolong: Prolong) -> None:
        """Await `prolong` where the answer is read past `until`, and past what it returns."""
        self._leases += (_Lease(until, prolong),)
        self._leased_until = min(self._leased_until, until)

    async def _prolong_leases(self, now: float) -> None:
        for lease in self._leases:
            if lease.until <= now:
                lease.until = await lease.prolong()
        self._leased_until = min(lease.until for lease in self._leases)

    async def _advance(self, patience: float = inf) -> Sequence[E_] | None:
        """The next events; none at the end of the answer. None where `patience` ends before."""
        decoder = self._decoder
        since = now = self._runtime.now()
        while True:
            if decoder.failure is not None:
                raise decoder.failure
            if decoder.finished:
                await self._drain()
                return ()
            if now >= self._leased_until:
                await self._prolong_leases(now)
            until, deadline = self._read_until(since), self._call.deadline
            stop = min(until, patience, self._leased_until)
            try:
                data = await self._response.read(stop)
            except ReadTimeout:
                now = self._runtime.now()
                if stop == self._leased_until < until:
                    continue
                if patience < until:
                    return None
                if until == deadline < self._call.deadline:
                    continue  # it was prolonged meanwhile
                raise self._timed_out() from None
            except ProtocolError as error:
                events = self._complete_without_end()
                if decoder.failure is not None or not decoder.finished:
                    if not events or self._committed_at is None:
                        raise
                    decoder.failure = error  # raised behind what came before it
            else:
                events = decoder.feed(data) if data else decoder.close()
            since = now = self._runtime.now()
            if events:
                self._progress_at = now
                return events

    def _complete_without_end(self) -> Sequence[E_]:
        """What is left of an answer whose connection broke behind its last event, if it did."""
        return self._decoder.close() if self._call.codec.has_terminal_event else ()

    def _read_until(self, since: float) -> float:
        """When to give up on the next bytes, which have been waited for since then."""
        if self._committed_at is None:
            return self._first_event_by
        call = self._call
        timeouts = call.timeouts
        return min(
            since + timeouts.idle,
            self._progress_at + timeouts.progress,
            call.deadline,
        )

    async def _drain(self) -> None:
        """Read the few bytes behind the last event, so that the connection can be used again."""
        until = min(self._runtime.now() + _DRAIN_SECONDS, self._call.deadline)
        size = 0
        try:
            while size < _DRAIN_BYTES and (data := await self._response.read(until)):
                size += len(data)
        except (TransportError, DecodeError):
            pass  # the answer is complete; only the connection is lost

    def _timed_out(self) -> FairleadError:
        call, now = self._call, self._runtime.now()
        if now >= call.deadline:
            return DeadlineExceeded(f"{call.target}: no answer within {call.allowed:g} s")
        if self._committed_at is None:
            waited = now - self._started
            return ReadTimeout(
                f"{call.target}: nothing came for {waited:.1f} s", phase="first_event"
            )
        if now - self._progress_at >= call.timeouts.progress:
            return ReadTimeout(
                f"{call.target}: no progress for {call.timeouts.progress:g} s", phase="progress"
            )
        return ReadTimeout(f"{call.target}: silent for {call.timeouts.idle:g} s", phase="idle")

    async def _read_all(self) -> bytes:
        limit = self._call.limits.total
        until = min(self._started + self._call.whole_timeout, self._call.deadline)
        read = self._response.read
        chunks: list[bytes] = []
        size = 0
        while True:
            try:
                chunk = await read(until)
            except ReadTimeout:
                raise self._timed_out() from None
            if not chunk:
                return b"".join(chunks)
            size += len(chunk)
            if size > limit:
                raise ResponseTooLarge(f"the answer is longer than {limit:,} bytes")
            chunks.append(chunk)

    def _interrupted(self, error: FairleadError) -> StreamInterrupted:
        if isinstance(error, StreamInterrupted):
            return error
        message, usage = self._decoder.partial()
        interrupted = StreamInterrupted(
            f"the stream was cut: {error}", partial=message, usage=usage
        )
        interrupted.__cause__ = error
        return interrupted
