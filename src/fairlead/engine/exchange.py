"""The innermost handler: authorize, send, read up to the commit point. One run is one attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.dialects.classify import request_id
from fairlead.engine.call import Call
from fairlead.engine.reply import Reply, describe, name_target
from fairlead.errors import (
    ApiError,
    ConnectTimeout,
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
    TransportError,
)
from fairlead.policies.hints import retry_after
from fairlead.types.receipts import Attempt, Timings

if TYPE_CHECKING:
    from fairlead.engine.forgotten import Forgotten
    from fairlead.ports import HttpResponse, Runtime, Transport
    from fairlead.types.http import Headers, HttpRequest
    from fairlead.types.observed import ObservedAttempt

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_JSON = "application/json"
_FRAMED = ("text/event-stream", "application/x-ndjson")


class Exchange:
    """Speaks to one transport."""

    __slots__ = ("_forgotten", "_runtime", "_transport")

    def __init__(
        self, transport: Transport, runtime: Runtime, forgotten: Forgotten | None = None
    ) -> None:
        self._transport = transport
        self._runtime = runtime
        self._forgotten = forgotten

    async def __call__(self, call: Call[E_, R_]) -> Reply[E_, R_]:
        """A committed reply. Raises what went wrong, with the attempt recorded in the call.

        Where a wait before it has taken all the time, as when the machine slept, nothing is sent.
        """
        started = self._runtime.now()
        if started >= call.deadline:
            raise DeadlineExceeded(f"{call.target}: no time is left of {call.allowed:g} s")
        request = call.codec.request()
        if call.credential is not None:
            request = call.credential.authorize(request, self._runtime.wall())
        begun = call.begin()
        response = await self._send(call, request, started, begun)
        reply = Reply(
            call,
            response,
            self._runtime,
            started=started,
            sent_bytes=request.size,
            request_id=request_id(response.headers),
            begun=begun,
            forgotten=self._forgotten,
        )
        try:
            await self._begin(call, reply, response)
        except BaseException as error:
            await reply.fail(error)
            raise
        return reply

    async def _send(
        self,
        call: Call[E_, R_],
        request: HttpRequest,
        started: float,
        begun: ObservedAttempt | None,
    ) -> HttpResponse:
        wait = call.timeouts.first_event if call.stream else call.whole_timeout
        until = min(started + wait, call.deadline)
        try:
            return await self._transport.send(request, deadline=until, timeouts=call.timeouts)
        except TransportError as error:
            failure = self._translated(call, error, started)
            self._record(call, failure, started, request, begun, sent=error.sent)
            raise failure from (error if failure is not error else error.__cause__)
        except BaseException as error:
            self._record(call, error, started, request, begun)
            raise

    def _translated(
        self, call: Call[E_, R_], error: TransportError, started: float
    ) -> FairleadError:
        """A wait that ran into the call's deadline is the deadline's error."""
        now = self._runtime.now()
        if isinstance(error, ReadTimeout | PoolTimeout | ConnectTimeout) and now >= call.deadline:
            return DeadlineExceeded(f"{call.target}: no answer within {call.allowed:g} s")
        if isinstance(error, ReadTimeout):
            return ReadTimeout(
                f"{call.target}: nothing came for {now - started:.1f} s",
                phase="first_event",
                sent=error.sent,
            )
        return error

    def _record(
        self,
        call: Call[E_, R_],
        error: BaseException,
        started: float,
        request: HttpRequest,
        begun: ObservedAttempt | None,
        *,
        sent: bool = False,
    ) -> None:
        size = request.size if sent else 0
        call.record(
            Attempt(
                call.target,
                error=describe(error),
                wait=call.next_wait,
                timings=Timings(total=self._runtime.now() - started),
                bytes_out=size,
                possibly_billed=sent,
            ),
            error,
            begun,
        )
        name_target(error, call.target)

    async def _begin(
        self,
        call: Call[E_, R_],
        reply: Reply[E_, R_],
        response: HttpResponse,
    ) -> None:
        status = response.status
        if not 200 <= status < 300:
            if 300 <= status < 400:
                raise _redirected(call.target, response.headers)
            body = await self._error_body(response, call)
            error = call.codec.decode_error(status, response.headers, body)
            error.retry_after = self._hint(response, body.decode("utf-8", "replace"))
            raise error
        kind = response.headers.get("content-type") or ""
        if kind != _JSON:
            kind = kind.partition(";")[0].strip().lower()
        if kind == "text/html":
            raise await self._web_page(response, call)
        framed = kind in _FRAMED or (call.stream and kind != _JSON)
        try:
            if call.stream and framed:
                await reply.commit()
            else:
                await reply.read_whole(framed=framed)
        except ApiError as error:
            error.retry_after = self._hint(response, error.excerpt)
            raise

    def _hint(self, response: HttpResponse, text: str) -> float | None:
        return retry_after(response.headers, text, now=self._runtime.wall())

    async def _error_body(self, response: HttpResponse, call: Call[E_, R_]) -> bytes:
        """As much of an error's body as is worth reading; a broken one is as good as its head."""
        until = min(self._runtime.now() + call.timeouts.connect, call.deadline)
        body = bytearray()
        try:
            while len(body) < call.limits.error_body and (data := await response.read(until)):
                body += data
        except (TransportError, DecodeError):
            pass  # the status already says what matters
        head = bytes(body[: call.limits.error_body])
        return head if call.credential is None else call.credential.redact(head)

    async def _web_page(self, response: HttpResponse, call: Call[E_, R_]) -> DecodeError:
        body = await self._error_body(response, call)
        error = DecodeError(
            f"{call.target}: the answer is a web page, not JSON; a proxy or sign-in page may "
            "stand in between, or base_url is wrong",
            body.decode("utf-8", "replace"),
        )
        error.retry_class = "transient"
        return error


def _redirected(target: str, headers: Headers) -> ProtocolError:
    where = (headers.get("location") or "").split("?")[0]
    error = ProtocolError(
        f"{target}: the server redirects to {where or 'another place'}; redirects are never "
        "followed, because they would carry the key and the prompt away: set base_url instead"
    )
    error.retry_class = "never"
    return error
