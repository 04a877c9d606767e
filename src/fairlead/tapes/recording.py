"""`fairlead.record`: a transport that writes down what goes over another one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError, ReadTimeout
from fairlead.tapes import notation
from fairlead.tapes.exchange import (
    Answer,
    Chunk,
    Ending,
    Exchange,
    How,
    instant,
)
from fairlead.tapes.failures import RECORDED, failure_of
from fairlead.tapes.folder import TapeFolder
from fairlead.tapes.requests import place_of, taped
from fairlead.tapes.scrubbing import Scrubber
from fairlead.tapes.secrets import Secrets, environment_secrets

if TYPE_CHECKING:
    from fairlead.errors import FairleadError
    from fairlead.ports import HttpResponse, Runtime, Timeouts, Transport
    from fairlead.types.http import ConnectionFacts, Headers, HttpRequest


def record(
    tape: str | os.PathLike[str],
    transport: Transport | None = None,
    *,
    anew: bool = False,
    secrets: Iterable[str] = (),
) -> Recording:
    """Write all that a client exchanges to the folder `tape`: `Client(transport=record("tape"))`.

    It goes over `transport`, or the client's usual one. What is on the tape stays, and what comes
    stands behind it; with `anew` the tape is erased first. Credentials are taken out: those that
    are sent, those in the environment, what has the shape or the name of one, and `secrets`; where
    one is left all the same, the call raises `ConfigError` and its exchange is not written. Raises
    `ConfigError` where `tape` is something else.
    """
    return Recording(tape, transport, anew=anew, secrets=secrets)


class Recording:
    """A tape that is being recorded, for the `transport=` of one client or of several."""

    def __init__(
        self,
        tape: str | os.PathLike[str],
        transport: Transport | None = None,
        *,
        anew: bool = False,
        secrets: Iterable[str] = (),
    ) -> None:
        self._folder = TapeFolder(tape)
        self._transport = transport
        self._scrubber = Scrubber(Secrets([*environment_secrets(), *secrets]))
        if anew:
            self._folder.erase()
        else:
            self._folder.check()

    def __repr__(self) -> str:
        return f"Recording({str(self._folder.path)!r})"

    def transport_for(self, runtime: Runtime, default: Callable[[], Transport]) -> Transport:
        """The transport of a client of that runtime; see `ports.TransportMaker`."""
        inner = default() if self._transport is None else self._transport
        return RecordingTransport(inner, runtime, self)

    def next_number(self) -> int:
        """The place on the tape of a request that is sent now."""
        return self._folder.next_number()

    def keep(self, number: int, exchange: Exchange) -> None:
        """Write `exchange` without its secrets. Raises `ConfigError`."""
        place = place_of(exchange.request.url)
        clean = self._scrubber.scrubbed(exchange)
        del exchange  # a traceback that shows local variables must show no key
        self._scrubber.secrets.check(notation.written(clean), place)
        self._folder.add(number, clean)


class RecordingTransport:
    """Satisfies `ports.Transport`. What fetches credentials goes over `direct`, past the tape."""

    def __init__(self, inner: Transport, runtime: Runtime, recording: Recording) -> None:
        self.direct = inner
        self._runtime = runtime
        self._recording = recording
        self._open: dict[int, _Log] = {}

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> RecordingResponse:
        log = _Log(self._recording, self._runtime, request)
        try:
            response = await self.direct.send(request, deadline=deadline, timeouts=timeouts)
        except RECORDED as error:
            log.end("failed", error)
            raise
        log.begin(response)
        self._open[log.number] = log
        return RecordingResponse(response, log, self._open)

    async def aclose(self) -> None:
        """Close the transport. Answers that nobody closed are written as far as they were read."""
        await self.direct.aclose()
        for log in list(self._open.values()):
            log.end("left")
        self._open.clear()


class RecordingResponse:
    """Satisfies `ports.HttpResponse`."""

    def __init__(self, inner: HttpResponse, log: _Log, open_logs: dict[int, _Log]) -> None:
        self._inner = inner
        self._log = log
        self._open = open_logs
        self._late: ReadTimeout | None = None

    @property
    def status(self) -> int:
        return self._inner.status

    @property
    def headers(self) -> Headers:
        return self._inner.headers

    @property
    def facts(self) -> ConnectionFacts:
        return self._inner.facts

    async def read(self, deadline: float) -> bytes:
        try:
            data = await self._inner.read(deadline)
        except ReadTimeout as error:
            self._late = error  # perhaps it was impatient, and reads on
            raise
        except RECORDED as error:
            self._end("failed", error)
            raise
        self._late = None
        if data:
            self._log.chunk(data)
        else:
            self._end("complete")
        return data

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._end("left" if self._late is None else "failed", self._late)

    def _end(self, how: How, error: FairleadError | None = None) -> None:
        self._open.pop(self._log.number, None)
        self._log.end(how, error)


class _Log:
    """One exchange while it runs. It is written once, when it ends."""

    def __init__(self, recording: Recording, runtime: Runtime, request: HttpRequest) -> None:
        self.number = recording.next_number()
        self._recording = recording
        self._runtime = runtime
        self._request = request
        self._started = runtime.now()
        self._answer: Answer | None = None
        self._chunks: list[Chunk] = []
        self._ended = False

    def begin(self, response: HttpResponse) -> None:
        """The headers have come."""
        version = response.facts.http_version
        pairs = tuple(response.headers)
        self._answer = Answer(response.status, self._now(), version, pairs)

    def chunk(self, data: bytes) -> None:
        self._chunks.append(Chunk(self._now(), data))

    def end(self, how: How, error: FairleadError | None = None) -> None:
        """Write it, once. The file is small, so that its writing is not worth a thread."""
        if self._ended:
            return
        self._ended = True
        failure = None if error is None else failure_of(error)
        answer = self._answer
        if answer is not None:
            answer = Answer(
                answer.status, answer.at, answer.http_version, answer.headers, tuple(self._chunks)
            )
        ending = Ending(how, self._now(), failure)
        try:
            request = taped(self._request)
        except OSError as unreadable:
            raise ConfigError(
                "a request's body could not be read once more for the tape; keep its file until "
                f"the answer has come ({unreadable.strerror})"
            ) from None
        self._recording.keep(self.number, Exchange(request, answer, ending))

    def _now(self) -> float:
        return instant(self._runtime.now() - self._started)
