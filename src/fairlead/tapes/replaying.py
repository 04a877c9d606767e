"""`fairlead.replay`: a transport that answers from a tape, and sends nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

from fairlead.errors import ConfigError, ProtocolError, ReadTimeout, TapeMismatch
from fairlead.tapes.exchange import Answer, Chunk, Exchange, Phase, TapedRequest
from fairlead.tapes.failures import STALL, error_of
from fairlead.tapes.folder import TapeFolder
from fairlead.tapes.matching import Deck
from fairlead.tapes.requests import place_of, taped
from fairlead.tapes.scrubbing import Scrubber
from fairlead.tapes.secrets import Secrets
from fairlead.types.http import ConnectionFacts, Headers

if TYPE_CHECKING:
    from fairlead.ports import Runtime, Timeouts, Transport
    from fairlead.tapes.faults import Fault
    from fairlead.types.http import HttpRequest


def replay(
    tape: str | os.PathLike[str],
    *,
    speed: float = 1.0,
    once: bool = False,
    faults: Sequence[Fault] = (),
) -> Replay:
    """Answer from the folder `tape`, with no network: `Client(transport=replay("tape"))`.

    Answers come in the pieces and at the times in which they were recorded, `speed` times as fast;
    0 is without waiting. No credential is needed. The same request gets its answers in their order,
    then the last one again or, with `once`, `TapeMismatch`, which every request raises that is not
    on the tape. `faults` are done to every answer. Raises `ConfigError` for a tape that cannot be
    read.
    """
    return Replay(tape, speed=speed, once=once, faults=faults)


class Replay:
    """A tape that is being played, for the `transport=` of one client or of several.

    Safe to share between threads. `any_origin` leaves scheme, host and port of requests out.
    """

    def __init__(
        self,
        tape: str | os.PathLike[str],
        *,
        speed: float = 1.0,
        once: bool = False,
        faults: Sequence[Fault] = (),
        any_origin: bool = False,
    ) -> None:
        if isinstance(speed, bool) or not isfinite(speed) or speed < 0:
            raise ConfigError("speed must be a number of 0 or above; 1 plays as recorded")
        folder = TapeFolder(tape)
        self.path = folder.path
        self.speed = float(speed)
        self.exchanges: tuple[Exchange, ...] = tuple(folder.read())
        self._faults = tuple(faults)
        self._deck = Deck(self.exchanges, once=once, any_origin=any_origin)
        self._lock = Lock()
        self._turn = 0
        self._check_faults()

    def __repr__(self) -> str:
        return f"Replay({str(self.path)!r})"

    def transport_for(self, runtime: Runtime, default: Callable[[], Transport]) -> ReplayTransport:
        """The transport of a client of that runtime; see `ports.TransportMaker`."""
        return ReplayTransport(self, runtime)

    def answer_to(self, request: TapedRequest) -> Exchange:
        """The next exchange for `request`, with the faults done to it. Raises `TapeMismatch`."""
        found = self._deck.take(Scrubber(Secrets()).request(request))
        with self._lock:
            turn = self._turn
            self._turn += 1
        return self._struck(found, turn)

    def after(self, at: float) -> float:
        """The seconds after which something comes that was recorded at `at`."""
        return at / self.speed if self.speed else 0.0

    def _struck(self, exchange: Exchange, turn: int) -> Exchange:
        if not self._faults:
            return exchange
        from fairlead.tapes.striking import struck

        return struck(exchange, self._faults, turn)

    def _check_faults(self) -> None:
        """Raise for a fault that cannot be done now, and not in the middle of a run."""
        for exchange in self.exchanges:
            self._struck(exchange, 0)


class ReplayTransport:
    """Satisfies `ports.Transport`. It is `offline`: clients send it no credentials."""

    offline = True

    def __init__(self, tape: Replay, runtime: Runtime) -> None:
        self._tape = tape
        self._runtime = runtime

    @property
    def direct(self) -> ReplayTransport:
        """What fetches credentials finds nothing either."""
        return self

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> ReplayResponse:
        clock = _Clock(self._tape, self._runtime, place_of(request.url))
        exchange = self._tape.answer_to(_asked(request))
        answer, ending = exchange.answer, exchange.ending
        if answer is None:
            failure = ending.failure
            assert failure is not None, "an exchange without an answer has failed"
            await clock.wait(ending.at, deadline, phase="first_event")
            raise error_of(failure)
        await clock.wait(answer.at, deadline, phase="first_event")
        return ReplayResponse(exchange, answer, clock, request.size)

    async def aclose(self) -> None:
        """There is nothing to close."""


class ReplayResponse:
    """Satisfies `ports.HttpResponse`: gives the chunks one by one, each when it is due."""

    def __init__(self, exchange: Exchange, answer: Answer, clock: _Clock, sent: int) -> None:
        self._ending = exchange.ending
        self._clock = clock
        self._chunks: Iterator[Chunk] = iter(answer.chunks)
        self._next = next(self._chunks, None)
        self.status = answer.status
        self.headers = Headers(answer.headers)
        self.facts = ConnectionFacts(answer.http_version, first_byte=answer.at, bytes_out=sent)

    async def read(self, deadline: float) -> bytes:
        chunk = self._next
        if chunk is None:
            return await self._end(deadline)
        await self._clock.wait(chunk.at, deadline)
        self._next = next(self._chunks, None)
        self.facts.bytes_in += len(chunk.data)
        return chunk.data

    async def _end(self, deadline: float) -> bytes:
        ending = self._ending
        if ending.failure is not None and ending.failure.kind == STALL:
            await self._clock.stall(deadline)
        await self._clock.wait(ending.at, deadline)
        if ending.failure is not None:
            raise error_of(ending.failure)
        if ending.how == "left":
            raise ProtocolError(
                "the tape ends here, as its reader left the answer before its end", sent=True
            )
        return b""

    async def aclose(self) -> None:
        """Nothing is held."""


class _Clock:
    """Waits until something is due, counted from when the request was sent."""

    def __init__(self, tape: Replay, runtime: Runtime, place: str) -> None:
        self._tape = tape
        self._runtime = runtime
        self._place = place
        self._started = runtime.now()

    async def wait(self, at: float, deadline: float, *, phase: Phase = "idle") -> None:
        """Raises `ReadTimeout` where the deadline comes first."""
        now = self._runtime.now()
        due = self._started + self._tape.after(at)
        if due > deadline:
            await self._sleep(deadline - now)
            raise ReadTimeout(
                f"{self._place} sent nothing in time, as the tape has it",
                phase=phase,
            )
        await self._sleep(due - now)

    async def stall(self, deadline: float) -> NoReturn:
        """Nothing comes any more. Without a speed, nobody waits for that either."""
        if self._tape.speed:
            await self._sleep(deadline - self._runtime.now())
        raise ReadTimeout(f"{self._place} sent nothing more in time")

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self._runtime.sleep(seconds)


def _asked(request: HttpRequest) -> TapedRequest:
    try:
        return taped(request)
    except OSError as error:
        raise TapeMismatch(
            f"the body of the request cannot be read: {error.strerror or 'unknown reason'}"
        ) from None
