"""The interfaces that the engine knows: what a transport, a runtime, a dialect and an observer are.

Every coroutine here may be run by the blocking client too: its implementations then block inside
and never suspend (see `engine/runtime.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from fairlead.errors import ApiError, FairleadError
    from fairlead.types.events import Event
    from fairlead.types.http import Body, ConnectionFacts, Headers, HttpRequest
    from fairlead.types.messages import Message
    from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
    from fairlead.types.permits import Asked, Denied, Granted
    from fairlead.types.receipts import Attempt, Receipt
    from fairlead.types.requests import UnsupportedPolicy
    from fairlead.types.responses import ChatResponse, RawResponse
    from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending
    from fairlead.types.targets import Target
    from fairlead.types.usage import Usage

_T = TypeVar("_T")
_Event_co = TypeVar("_Event_co", covariant=True)
_Result_co = TypeVar("_Result_co", covariant=True)
_Request_contra = TypeVar("_Request_contra", contravariant=True)
_Answer_co = TypeVar("_Answer_co", covariant=True)


class Timeouts(Struct, frozen=True):
    """Durations of single waits, in seconds. The deadline of a call stands above them all."""

    connect: float = 5.0
    pool: float = 10.0
    first_event: float = 60.0
    idle: float = 60.0
    progress: float = 180.0
    total: float = 600.0
    stream_total: float = 3600.0


class Limits(Struct, frozen=True):
    """Caps on what is held in memory of one answer, in bytes."""

    line: int = 1 << 20
    event: int = 8 << 20
    tool_arguments: int = 4 << 20
    total: int = 64 << 20
    error_body: int = 64 << 10


class Drain(Struct, frozen=True):
    """How far a stream is read on that its consumer has left: so long, and so many bytes."""

    seconds: float
    bytes: int


class HttpResponse(Protocol):
    """A response whose headers have come. It must be closed; closing early frees the connection."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def facts(self) -> ConnectionFacts: ...

    async def read(self, deadline: float) -> bytes:
        """All bytes that have come since the last read, after waiting for some; `b""` at the end.

        `deadline` is an instant of the runtime's clock. Raises `ReadTimeout` when it passes,
        `ProtocolError` when the body breaks off, `ResponseTooLarge` past a cap.
        """
        ...

    async def aclose(self) -> None:
        """Free the connection now; it is reused only if the body was read to its end."""
        ...


class Transport(Protocol):
    """Sends one request. Never follows redirects and never retries one that may have been read."""

    async def send(
        self, request: HttpRequest, *, deadline: float, timeouts: Timeouts
    ) -> HttpResponse:
        """Send `request`, and return when the response's headers have come.

        Raises `ConnectError`, `ConnectTimeout`, `PoolTimeout`, `ReadTimeout` (past `deadline`, an
        instant of the runtime's clock) or `ProtocolError`.
        """
        ...

    async def aclose(self) -> None: ...


class TransportMaker(Protocol):
    """What a client may be given in place of a transport, such as a tape: it fits either colour.

    What it makes may have `direct`, a transport for the requests that fetch credentials, and be
    `offline`, so that it is sent none.
    """

    def transport_for(self, runtime: Runtime, default: Callable[[], Transport]) -> Transport:
        """The transport of a client that waits by `runtime`. `default` makes its usual one."""
        ...


class PoolingTransport(Transport, Protocol):
    """A transport that keeps connections, and may open them before they are needed."""

    async def warm(self, url: str, *, connections: int, deadline: float, timeouts: Timeouts) -> str:
        """Open up to so many connections to the origin of `url`, and keep them.

        Asks for the headers of `url` alone, with no credential; what is answered is no matter.
        Returns the version of HTTP. Raises like `send` where no connection stands.
        """
        ...

    def relearn(self) -> None:
        """Forget what was learned of servers, such as where HTTP/3 works."""
        ...


class Waiter(Protocol):
    """Somebody waits on it, from time to time, and anybody may wake them, from any thread."""

    def wake(self) -> None:
        """End the wait under way or, if there is none, the next one."""
        ...

    async def wait(self, until: float) -> None:
        """Until it is woken, at most until the instant `until` of the runtime's clock."""
        ...


class Runtime(Protocol):
    """The only thing that may wait, and the only clock."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, for comparison with dates that a server sent."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def waiter(self) -> Waiter:
        """One that the caller alone will wait on."""
        ...

    async def blocking(self, function: Callable[[], _T]) -> _T:
        """Run a function that blocks, such as the start of a child process, off the event loop."""
        ...

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        """Single flight: whoever asks while `make` runs for `key` gets what it returns or raises.

        A caller that is cancelled leaves the others unharmed. One that has waited `within`
        seconds gets `TimeoutError`, and leaves them too; whose own `make` runs may wait longer.
        """
        ...


class Encoded(Struct, frozen=True):
    """A request in a dialect's words. `headers` hold no credential."""

    body: bytes | Body
    headers: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


class Decoder(Protocol[_Event_co, _Result_co]):
    """Turns the bytes of one answer into events. Does no I/O and never raises for what it reads.

    `failure` is set when the answer turned out to be an error or was cut; the events before it are
    returned first. `finished` is set by the dialect's terminal event.
    """

    failure: FairleadError | None
    finished: bool

    def feed(self, data: bytes) -> Sequence[_Event_co]:
        """Bytes of a stream, in any split."""
        ...

    def close(self) -> Sequence[_Event_co]:
        """The stream has ended: finishes the answer, or sets `failure` to `StreamInterrupted`."""
        ...

    def whole(self, body: bytes) -> Sequence[_Event_co]:
        """A body that is not a stream, complete."""
        ...

    def partial(self) -> tuple[Message, Usage | None]:
        """What has come so far, for a stream that was cut."""
        ...

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> _Result_co:
        """The finished answer; only after `finished`. `warnings` come before the decoder's own."""
        ...


class Codec(Protocol[_Event_co, _Result_co]):
    """What one call sends and how its answer is read: a dialect bound to a request and a target."""

    def request(self) -> HttpRequest:
        """The request without its credential; the same object for every attempt."""
        ...

    def decoder(self) -> Decoder[_Event_co, _Result_co]:
        """A fresh decoder for one attempt."""
        ...

    def decode_error(self, status: int, headers: Headers, body: bytes) -> ApiError: ...

    @property
    def asked(self) -> object | None:
        """The request in neutral words; None where it has none."""
        ...

    @property
    def has_terminal_event(self) -> bool:
        """Whether an answer says itself that it is complete, so that a broken line does no harm."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]: ...

    @property
    def dropped(self) -> tuple[str, ...]: ...


class Dialect(Protocol[_Request_contra]):
    """One provider protocol for what a model writes, seen from the client.

    It is bound to `ChatRequest` or, for the completion of a bare prompt, `CompletionRequest`.
    """

    @property
    def name(self) -> str: ...

    def encode(
        self,
        request: _Request_contra,
        target: Target,
        *,
        stream: bool,
        unsupported: UnsupportedPolicy,
    ) -> Encoded:
        """The request's body and headers. Raises `UnsupportedFeature` or `InvalidRequest`."""
        ...

    def decoder(
        self, request: _Request_contra, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]: ...

    def decode_error(
        self, status: int, headers: Headers, body: bytes, target: Target
    ) -> ApiError: ...


class Operation(Protocol[_Request_contra, _Answer_co]):
    """One operation beside chat, such as embeddings, in one provider's words."""

    @property
    def name(self) -> str: ...

    def encode(
        self, request: _Request_contra, target: Target, *, unsupported: UnsupportedPolicy
    ) -> Encoded:
        """The request's body and headers. Raises `UnsupportedFeature` or `InvalidRequest`."""
        ...

    def decode(self, body: bytes, request: _Request_contra, target: Target) -> _Answer_co:
        """The answer of a 2xx, still without receipt.

        Raises `DecodeError` for nonsense, `ApiError` where the body is an error after all.
        """
        ...

    def decode_error(
        self, status: int, headers: Headers, body: bytes, target: Target
    ) -> ApiError: ...


class FlowResponse(Struct, frozen=True):
    """What a server answered to one request of a `Flow`, any status. The body may hold a token."""

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"FlowResponse({self.status}, {len(self.body)} bytes)"


class Blocking(Struct, frozen=True):
    """A step of a `Flow` that blocks, such as reading a keyring: runs off the event loop."""

    run: Callable[[], object]


Flow = Generator["HttpRequest | Blocking", Any, _T]
"""A dialogue without I/O that ends in a `_T`: it yields requests and is sent `FlowResponse`s,
yields `Blocking` and is sent its result. See `auth/flow.py` for typed steps."""


class Renewal(Struct, frozen=True):
    """What must run before a credential can be used.

    `key` names the credential for single flight. A renewal that is not `required` comes early: the
    credential at hand is still good, and stays in use when the flow fails.
    """

    key: str
    flow: Callable[[], Flow[None]]
    required: bool = True


class Authorizer(Protocol):
    """Puts a credential into a request, and only into one for its own origin.

    Instants are seconds since 1970.
    """

    @property
    def key_name(self) -> str | None:
        """What the credential is called (such as its environment variable), never what it is.

        None where there is none, which an optional one allows. Never raises.
        """
        ...

    def renewal(self, wall: float) -> Renewal | None:
        """What must run before `authorize`; None where a credential is at hand or none needed."""
        ...

    def authorize(self, request: HttpRequest, wall: float) -> HttpRequest: ...

    def rejected(self, error: ApiError, wall: float) -> bool:
        """The provider refused a request: whether it is worth sending again, with another secret.

        Called for each refused attempt; drops a token that was refused, or rests a pool's key.
        `wall` is when the request was authorised, so that a token which came after that is not
        taken for the refused one; for a pool's key, it is now.
        """
        ...

    def redact(self, data: bytes) -> bytes:
        """`data` with the secret hidden, where a server has sent it back."""
        ...


class Chooser(Protocol):
    """A credential made of several, such as a pool of keys: gives each attempt one of them."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def chosen(self, wall: float) -> Authorizer:
        """The one for the attempt that comes. Never raises."""
        ...


class LedgerStore(Protocol):
    """Keeps what is held and spent. Each method blocks, and is atomic among all that share it.

    `now` is an instant of the runtime's clock, `wall` seconds since 1970; a store that serves
    several machines goes by its own clock. All raise `StoreError`.
    """

    @property
    def in_memory(self) -> bool:
        """Whether it answers at once and cannot fail, so that nothing need wait for it."""
        ...

    @property
    def records(self) -> bool:
        """Whether it keeps each call's spending, also of calls without a budget."""
        ...

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        """Set money aside in all accounts or, where one has too little, in none."""
        ...

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        """End the hold `name` and count what was spent; None releases it. Counts only once."""
        ...

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        """Let the hold `name` last `lease` seconds from now. One that has ended stays ended."""
        ...

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        """What is settled and what is held in the account's period."""
        ...

    def close(self) -> None: ...


class LimitStore(Protocol):
    """Counts what all who share a limit have sent. Each method blocks, and is atomic among them.

    `now` is an instant of the runtime's clock; a store that serves several machines goes by its
    own. All raise `StoreError`.
    """

    def enter(self, asked: Asked, now: float) -> Granted | Denied:
        """Take all that a request needs or, where something is in the way, nothing."""
        ...

    def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
        """The request has ended, and cost `difference` tokens more than asked. Counts only once."""
        ...

    def prolong(self, asked: Asked, lease: float, now: float) -> None:
        """Let what was taken last `lease` seconds from now. What has ended stays ended."""
        ...

    def close(self) -> None: ...


class Billing(Protocol):
    """What one call may cost and what it did, in nano-dollars."""

    @property
    def user(self) -> str | None:
        """For whom the call is made, where the caller said so."""
        ...

    def worst(self, wall: float) -> int | None:
        """The most that one answer can cost; None where no price or no bound is known."""
        ...

    def guess(self, written: int, wall: float) -> int:
        """About what a call cost whose answer was cut after `written` characters; 0 if unknown."""
        ...

    def priced(self, usage: Usage, wall: float) -> int | None:
        """What `usage` costs; None where no price is known."""
        ...


class Observer(Protocol):
    """Watches calls. Subclass it and write the methods that you want; the others cost nothing.

    Every start is followed by exactly one stop or exception. A stream that was closed early stops,
    with an end that is not `complete`; a cancelled call ends in an exception. Methods run on the
    thread that makes the call and must be quick: wrap one that is not in
    `fairlead.telemetry.Queued`. What they raise is swallowed: it changes nothing.
    """

    def call_start(self, call: ObservedCall) -> None:
        """A call begins."""
        return

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        """It ended, well or because it was closed early."""
        return

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        """It ended in `error`, which a cancellation is too."""
        return

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        """A request is about to be sent."""
        return

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        """Its answer ended; `attempt` has status, timings and bytes."""
        return

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        """It ended in `error`; another attempt may follow."""
        return
