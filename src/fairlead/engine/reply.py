"""An answer that is coming in: when it is committed, who hears of its end, and its account.

A reply is *committed* once its first event with content has been read. Until then every failure is
raised as what it is, and may be retried by the layers; after that a failure is `StreamInterrupted`
with what had come. Whoever holds a reply must finish or close it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from fairlead.engine.call import E_, R_, Call
from fairlead.engine.draining import read_out
from fairlead.engine.echoes import hide_echoes
from fairlead.engine.reading import Reading
from fairlead.errors import DecodeError, FairleadError, StreamInterrupted, TransportError
from fairlead.types.events import ResponseStart, UsageEvent
from fairlead.types.receipts import Attempt, Receipt, Timings
from fairlead.types.responses import RawResponse

if TYPE_CHECKING:
    from fairlead.engine.forgotten import Forgotten
    from fairlead.ports import Codec, HttpResponse, Runtime
    from fairlead.types.http import Headers
    from fairlead.types.messages import Message
    from fairlead.types.observed import ObservedAttempt
    from fairlead.types.usage import Usage

_PREAMBLE = (ResponseStart, UsageEvent)

OnEnd = Callable[["Reply[Any, Any]", BaseException | None], None]
OnClose = Callable[["Reply[Any, Any]"], Awaitable[None]]


class Reply(Reading[E_, R_]):
    """Iterate it for batches of events, in order; then ask for `result()`."""

    __slots__ = (
        "_answer",
        "_begun",
        "_body",
        "_closing",
        "_ended",
        "_ending_error",
        "_forgotten",
        "_pending",
        "_read_at",
        "_receipt",
        "_request_id",
        "_sent_bytes",
        "_watchers",
    )

    def __init__(
        self,
        call: Call[E_, R_],
        response: HttpResponse,
        runtime: Runtime,
        *,
        started: float,
        sent_bytes: int,
        request_id: str | None,
        begun: ObservedAttempt | None = None,
        forgotten: Forgotten | None = None,
    ) -> None:
        super().__init__(call, response, runtime, started)
        self._read_at: float | None = None
        self._pending: Sequence[E_] = ()
        self._ended = False
        self._receipt: Receipt | None = None
        self._body: bytes | None = None
        self._sent_bytes = sent_bytes
        self._request_id = request_id
        self._ending_error: BaseException | None = None
        self._begun = begun
        self._forgotten = forgotten
        self._watchers: tuple[OnEnd, ...] = ()
        self._answer: R_ | None = None
        self._closing: OnClose | None = None

    # -- before commit ---------------------------------------------------------------------------

    async def commit(self) -> None:
        """Read up to the first event with content. Raises what went wrong, unwrapped."""
        events: list[E_] = []
        while True:
            batch = await self._advance() or ()
            events.extend(batch)
            if not batch or any(not isinstance(event, _PREAMBLE) for event in batch):
                break
        self._pending = events
        self._committed_at = self._runtime.now()
        if not events:
            await self._end(None)

    async def read_whole(self, *, framed: bool) -> None:
        """Read an answer that does not stream; `framed` when it came as a stream all the same."""
        body = await self._read_all()
        self._read_at = self._runtime.now()
        decoder = self._decoder
        if framed:
            self._pending = [*decoder.feed(body), *decoder.close()]
        else:
            self._pending = decoder.whole(body)
            self._body = body
        if decoder.failure is not None:
            raise decoder.failure
        self._committed_at = self._runtime.now()
        await self._end(None)

    # -- after commit ----------------------------------------------------------------------------

    def __aiter__(self) -> Reply[E_, R_]:
        return self

    async def __anext__(self) -> Sequence[E_]:
        if self._pending or (await self.ready() and self._pending):
            events, self._pending = self._pending, ()
            return events
        if self._ending_error is not None:
            raise self._ending_error
        raise StopAsyncIteration

    async def ready(self, until: float = inf) -> bool:
        """Read on at most until then: whether there are events, or the end, to be had at once.

        An error is raised by the iteration; what is none, such as Ctrl-C, here.
        """
        if self._pending or self._ended:
            return True
        try:
            events = await self._advance(until)
        except FairleadError as error:
            await self._end(self._interrupted(error))
        except BaseException as error:
            await self._end(error)
            raise
        else:
            if events is None:
                return False
            self._pending = events
            if not events:
                await self._end(None)
        return True

    def prolong(self, deadline: float) -> None:
        """Somebody listens who has time until `deadline`."""
        self._call.deadline = max(self._call.deadline, deadline)

    async def aclose(self) -> None:
        """Stop now: the connection is closed unless the answer was complete."""
        self._pending = ()
        if not self._ended:
            await self._end(None)

    async def leave(self) -> None:
        """Stop: at once, or when the usage has come, where the call asks for that."""
        drain = self._call.drain
        try:
            if drain is not None and not self._ended:
                deadline = self._call.deadline
                await read_out(self._response, self._decoder, drain, self._runtime, deadline)
                if self._decoder.finished:
                    await self._drain()
        finally:
            await self.aclose()

    def result(self) -> R_:
        """The finished answer, made once. Raises RuntimeError before the end."""
        if self._answer is None:
            self._answer = self._made()
        return self._answer

    def _made(self) -> R_:
        if self._receipt is None or not self._decoder.finished:
            raise RuntimeError("the answer is not complete; iterate the stream to its end first")
        response = self._response
        raw = RawResponse(response.status, response.headers.pairs, self._body)
        answer = self._decoder.result(
            receipt=self._receipt, raw=raw, warnings=self._call.codec.warnings + self._call.warnings
        )
        return self.priced(answer)

    def priced(self, answer: R_) -> R_:
        """`answer` with what it cost at this reply's target."""
        price = self._call.price
        return answer if price is None else price(answer, self._runtime.wall())

    @property
    def repeats(self) -> bool:
        """Whether the answer begins with the words that the request ended with."""
        return self._call.repeats

    @property
    def receipt(self) -> Receipt:
        """The account of the call so far; final once the reply has ended."""
        return self._receipt or self._call.receipt(self._runtime.now())

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: it is complete, or it broke, or it was closed."""
        return self._ended

    @property
    def headers(self) -> Headers:
        return self._response.headers

    @property
    def complete(self) -> bool:
        """Whether the answer came to its end."""
        return self._receipt is not None and self._decoder.finished

    @property
    def pending(self) -> Sequence[E_]:
        """The events that have come and are to be read next."""
        return self._pending

    @property
    def asking(self) -> Codec[E_, R_]:
        """What was asked."""
        return self._call.codec

    def amend(self) -> None:
        """An attempt beside this one has ended since, and belongs into the account."""
        if self._receipt is not None:
            self._receipt = self._call.receipt(self._runtime.now())

    def restate(self, receipt: Receipt, answer: R_) -> None:
        """Its account and its answer, which has ended, are these from now on."""
        self._receipt, self._answer = receipt, answer

    def watch(self, on_end: OnEnd) -> None:
        """Call `on_end` once when the reply ends, in the order of asking; at once if it has."""
        if self._receipt is not None:
            on_end(self, self._ending_error)
        else:
            self._watchers += (on_end,)

    async def on_close(self, closing: OnClose) -> None:
        """Await `closing` once when the reply has ended, after all else; at once if it has.

        What was asked for first comes first, and keeps nothing from the others. It is given the
        reply, and should not hold it: a circle is not freed as soon as it is dropped.
        """
        if self._receipt is not None:
            await closing(self)
        else:
            before = self._closing
            self._closing = closing if before is None else _both(before, closing)

    def partial(self) -> tuple[Message, Usage | None]:
        """What has come so far, and the usage if it was reported yet."""
        return self._decoder.partial()

    # -- ending ----------------------------------------------------------------------------------

    async def fail(self, error: BaseException) -> None:
        """Give up before commit: close the connection and record the attempt."""
        await self._end(error)

    def __del__(self) -> None:
        if getattr(self, "_ended", True) or self._forgotten is None:
            return
        # The response is freed at once, and its connection with it.
        self._response = self._forgotten.instead_of(self._response)
        self._forgotten.add(self)

    async def _end(self, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        try:
            self._settle(error)
        finally:
            try:
                await self._response.aclose()
            finally:
                if self._closing is not None:
                    await self._closing(self)

    def _settle(self, error: BaseException | None) -> None:
        now = self._runtime.now()
        self._ending_error = error
        if error is not None and self._call.credential is not None:
            hide_echoes(error, self._call.credential.redact, self._call.target)
        try:
            self._call.record(self._attempt(now, error), error, self._begun)
        finally:  # Ctrl-C gets out of an observer
            self._receipt = self._call.receipt(now)
            if isinstance(error, FairleadError):
                name_target(error, self._call.target)
                error.receipt = self._receipt
            for on_end in self._watchers:
                on_end(self, error)

    def _attempt(self, now: float, error: BaseException | None) -> Attempt:
        facts = self._response.facts
        committed, read, started = self._committed_at, self._read_at, self._started
        if error is None and not self._decoder.finished:
            said: str | None = "closed before its end"
        else:
            said = None if error is None else describe(error)
        return Attempt(
            self._call.target,
            self._response.status,
            said,
            self._request_id,
            facts.http_version,
            facts.reused,
            self._call.next_wait,
            Timings(
                facts.queue,
                facts.connect,
                facts.first_byte,
                None if committed is None else committed - started,
                now - started,
                None if committed is None or read is None else committed - read,
            ),
            facts.bytes_in,
            self._sent_bytes,
        )


def name_target(error: BaseException | None, target: str) -> None:
    """Have an error of the line, or of what came over it, begin with whom it is about."""
    if isinstance(error, TransportError | DecodeError | StreamInterrupted):
        said = str(error)
        if target not in said:
            error.args = (f"{target}: {said}",)


def describe(error: BaseException) -> str:
    """An error as a receipt records it."""
    return f"{type(error).__name__}: {error}"


def _both(first: OnClose, then: OnClose) -> OnClose:
    """One after the other, even if the caller is cancelled meanwhile."""

    async def closing(reply: Reply[Any, Any]) -> None:
        try:
            await first(reply)
        finally:
            await then(reply)

    return closing
