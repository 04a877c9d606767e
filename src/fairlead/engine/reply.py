"""An answer that is coming in: reads the response, feeds the decoder, keeps the times.

A reply is *committed* once its first event with content has been read. Until then every failure is
raised as what it is, and may be retried by the layers; after that a failure is `StreamInterrupted`
with what had come. Whoever holds a reply must finish or close it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic

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
from fairlead.types.events import ResponseStart, UsageEvent
from fairlead.types.receipts import Attempt, Receipt, Timings
from fairlead.types.responses import RawResponse

if TYPE_CHECKING:
    from fairlead.ports import Codec, Decoder, HttpResponse, Runtime
    from fairlead.types.http import Headers
    from fairlead.types.messages import Message
    from fairlead.types.observed import ObservedAttempt
    from fairlead.types.usage import Usage

_PREAMBLE = (ResponseStart, UsageEvent)
_DRAIN_SECONDS = 0.25
_DRAIN_BYTES = 64 << 10

OnEnd = Callable[["Reply[Any, Any]", BaseException | None], None]


class Reply(Generic[E_, R_]):
    """Iterate it for batches of events, in order; then ask for `result()`."""

    __slots__ = (
        "_answer",
        "_begun",
        "_body",
        "_call",
        "_closing",
        "_committed_at",
        "_decoder",
        "_ended",
        "_ending_error",
        "_first_event_by",
        "_pending",
        "_progress_at",
        "_read_at",
        "_receipt",
        "_request_id",
        "_response",
        "_runtime",
        "_sent_bytes",
        "_started",
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
    ) -> None:
        self._call = call
        self._response = response
        self._runtime = runtime
        self._decoder: Decoder[E_, R_] = call.codec.decoder()
        self._started = started
        self._first_event_by = min(started + call.timeouts.first_event, call.deadline)
        self._progress_at = started
        self._committed_at: float | None = None
        self._read_at: float | None = None
        self._pending: Sequence[E_] = ()
        self._ended = False
        self._receipt: Receipt | None = None
        self._body: bytes | None = None
        self._sent_bytes = sent_bytes
        self._request_id = request_id
        self._ending_error: BaseException | None = None
        self._begun = begun
        self._watchers: tuple[OnEnd, ...] = ()
        self._answer: R_ | None = None
        self._closing: Callable[[], Awaitable[None]] | None = None

    # -- before commit ---------------------------------------------------------------------------

    async def commit(self) -> None:
        """Read up to the first event with content. Raises what went wrong, unwrapped."""
        events: list[E_] = []
        while True:
            batch = await self._advance()
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

    # -- after commit ----------------------------------------------------------------------------

    def __aiter__(self) -> Reply[E_, R_]:
        return self

    async def __anext__(self) -> Sequence[E_]:
        if self._pending:
            events, self._pending = self._pending, ()
            return events
        if self._ended:
            if self._ending_error is not None:
                raise self._ending_error
            raise StopAsyncIteration
        try:
            events = await self._advance()
        except FairleadError as error:
            interrupted = self._interrupted(error)
            await self._end(interrupted)
            raise interrupted from interrupted.__cause__
        except BaseException as error:
            await self._end(error)
            raise
        if not events:
            await self._end(None)
            raise StopAsyncIteration
        return events

    async def aclose(self) -> None:
        """Stop now: the connection is closed unless the answer was complete."""
        self._pending = ()
        if not self._ended:
            await self._end(None)

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
        price = self._call.price
        return answer if price is None else price(answer, self._runtime.wall())

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
    def asking(self) -> Codec[E_, R_]:
        """What was asked."""
        return self._call.codec

    def amend(self) -> None:
        """An attempt beside this one has ended since, and belongs into the account."""
        if self._receipt is not None:
            self._receipt = self._call.receipt(self._runtime.now())

    def watch(self, on_end: OnEnd) -> None:
        """Call `on_end` once when the reply ends, in the order of asking; at once if it has."""
        if self._receipt is not None:
            on_end(self, self._ending_error)
        else:
            self._watchers += (on_end,)

    async def on_close(self, closing: Callable[[], Awaitable[None]]) -> None:
        """Await `closing` once when the reply has ended, after all else; at once if it has."""
        if self._receipt is not None:
            await closing()
        else:
            self._closing = closing

    def partial(self) -> tuple[Message, Usage | None]:
        """What has come so far, and the usage if it was reported yet."""
        return self._decoder.partial()

    # -- reading ---------------------------------------------------------------------------------

    async def _advance(self) -> Sequence[E_]:
        """The next events; none at the end of the answer."""
        decoder = self._decoder
        while True:
            if decoder.failure is not None:
                raise decoder.failure
            if decoder.finished:
                await self._drain()
                return ()
            try:
                data = await self._response.read(self._read_until())
            except ReadTimeout:
                raise self._timed_out() from None
            except ProtocolError:
                events = self._complete_without_end()
                if decoder.failure is not None or not decoder.finished:
                    raise
            else:
                events = decoder.feed(data) if data else decoder.close()
            if events:
                self._progress_at = self._runtime.now()
                return events

    def _complete_without_end(self) -> Sequence[E_]:
        """What is left of an answer whose connection broke behind its last event, if it did."""
        return self._decoder.close() if self._call.codec.has_terminal_event else ()

    def _read_until(self) -> float:
        """When to give up on the next bytes."""
        if self._committed_at is None:
            return self._first_event_by
        call = self._call
        timeouts = call.timeouts
        return min(
            self._runtime.now() + timeouts.idle,
            self._progress_at + timeouts.progress,
            call.deadline,
        )

    async def _drain(self) -> None:
        """Read the few bytes behind the last event, so that the connection can be used again."""
        until = self._runtime.now() + _DRAIN_SECONDS
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

    # -- ending ----------------------------------------------------------------------------------

    def _interrupted(self, error: FairleadError) -> StreamInterrupted:
        if isinstance(error, StreamInterrupted):
            return error
        message, usage = self._decoder.partial()
        interrupted = StreamInterrupted(
            f"the stream was cut: {error}", partial=message, usage=usage
        )
        interrupted.__cause__ = error
        return interrupted

    async def fail(self, error: BaseException) -> None:
        """Give up before commit: close the connection and record the attempt."""
        await self._end(error)

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
                    await self._closing()

    def _settle(self, error: BaseException | None) -> None:
        now = self._runtime.now()
        self._ending_error = error
        self._call.record(self._attempt(now, error), error, self._begun)
        self._receipt = self._call.receipt(now)
        if isinstance(error, FairleadError):
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


def describe(error: BaseException) -> str:
    """An error as a receipt records it."""
    return f"{type(error).__name__}: {error}"
