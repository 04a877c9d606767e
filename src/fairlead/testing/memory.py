"""A transport without a network: tests say what comes back, and when, on a fake clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.errors import FairleadError, ReadTimeout
from fairlead.testing.server import Pause
from fairlead.types.http import ConnectionFacts, Headers, HttpRequest

if TYPE_CHECKING:
    from fairlead.ports import Timeouts
    from fairlead.testing.runtime import FakeRuntime


class Answer(Struct, frozen=True):
    """What one request gets: a status, headers, and a body of bytes, pauses and an error.

    `delay` is the silence before the headers.
    """

    body: Sequence[bytes | Pause | FairleadError] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    delay: float = 0.0


def sse(*data: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A stream of server-sent events, one chunk each."""
    chunks = tuple(f"data: {item}\n\n".encode() for item in data)
    return Answer(chunks, headers=(("content-type", "text/event-stream"), *headers))


class MemoryTransport:
    """Satisfies `ports.Transport`: gives the answers in order, and keeps the requests.

    An error in the place of an answer is raised. `open` counts responses that are not closed.
    """

    def __init__(self, runtime: FakeRuntime, answers: Sequence[Answer | FairleadError]) -> None:
        self._runtime = runtime
        self._answers = list(answers)
        self.requests: list[HttpRequest] = []
        self.open = 0

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> MemoryResponse:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, FairleadError):
            raise _afresh(answer)
        _wait(self._runtime, answer.delay, deadline)
        self.open += 1
        return MemoryResponse(self, self._runtime, answer)

    async def aclose(self) -> None:
        pass


class MemoryResponse:
    """Satisfies `ports.HttpResponse`."""

    def __init__(self, transport: MemoryTransport, runtime: FakeRuntime, answer: Answer) -> None:
        self._transport = transport
        self._runtime = runtime
        self._body = list(answer.body)
        self._closed = False
        self.status = answer.status
        self.headers = Headers(answer.headers)
        self.facts = ConnectionFacts("1.1", connect=0.0, first_byte=answer.delay)

    async def read(self, deadline: float) -> bytes:
        while self._body:
            item = self._body[0]
            if isinstance(item, Pause):
                _wait(self._runtime, item.seconds, deadline)
                self._body.pop(0)
                continue
            self._body.pop(0)
            if isinstance(item, FairleadError):
                raise _afresh(item)
            self.facts.bytes_in += len(item)
            return item
        return b""

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._transport.open -= 1


def _wait(runtime: FakeRuntime, seconds: float, deadline: float) -> None:
    if runtime.now() + seconds > deadline:
        runtime.clock = max(runtime.clock, deadline)
        raise ReadTimeout("the deadline of a read passed")
    runtime.advance(seconds)


def _afresh(error: FairleadError) -> FairleadError:
    """One that is raised again and again would keep the frames of every time alive."""
    return error.with_traceback(None)
