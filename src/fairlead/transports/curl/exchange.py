"""One request on its way and what has come back of it. Knows neither libcurl nor waiting."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from fairlead.errors import FairleadError, ProtocolError, ResponseTooLarge
from fairlead.types.http import ConnectionFacts, HttpRequest

if TYPE_CHECKING:
    from fairlead.transports.curl.slot import Slot

HIGH_WATER = 64 << 10
"""Unread bytes of a body at which the transfer is paused."""


class Waiter(Protocol):
    """Whoever waits for an exchange: a future of asyncio, or a thread that sleeps."""

    def done(self) -> bool: ...

    def set_result(self, result: None, /) -> None: ...


class Exchange(Struct, eq=False):
    """The state that a transfer writes and a response reads.

    `slot` is the handle that carries it, None once it has `ended`. `deadline` is when the present
    wait is over (infinite while nobody waits, and in the blocking colour). `room` caps the decoded
    body, `taken` counts what of it was read. What is wanted whole is `hushed`: nobody is woken
    before its end, unless it turns out to be an error.
    """

    request: HttpRequest
    origin: str
    started: float
    room: int
    facts: ConnectionFacts = field(default_factory=ConnectionFacts)
    status: int = 0
    head: bytes = b""
    chunks: list[bytes] = []
    held: int = 0
    taken: int = 0
    paused: bool = False
    ended: bool = False
    expired: bool = False
    error: FairleadError | None = None
    deadline: float = inf
    slot: Slot | None = None
    waiter: Waiter | None = None
    hushed: bool = False

    def __post_init__(self) -> None:
        self.hushed = self.request.whole

    def __repr__(self) -> str:
        """What was said is the caller's, and is not shown in tracebacks."""
        return f"<Exchange with {self.origin}>"

    def receive(self, data: bytes) -> bool:
        """Keep a piece of the body; False when the answer has grown past its cap."""
        size = len(data)
        self.chunks.append(data)
        self.held += size
        if self.taken + self.held > self.room:
            return self.refuse_size()
        if self.waiter is not None and not self.hushed:
            self.wake()
        return True

    def refuse_size(self) -> bool:
        """The answer has grown past its cap."""
        self.error = ResponseTooLarge(
            f"the answer is larger than {self.room:,} bytes, the cap on a whole answer"
        )
        return False

    def refuse_expansion(self) -> bool:
        """The answer unpacks to so much at once that it cannot be meant well."""
        self.error = ResponseTooLarge("the compressed answer unpacks to far more than was sent")
        return False

    def wake(self) -> None:
        """Let the waiting task look again."""
        waiter = self.waiter
        if waiter is not None:
            self.waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def take(self) -> bytes:
        """Everything that has come and was not read."""
        chunks = self.chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.held = 0
        self.taken += len(data)
        return data

    def end(self, error: FairleadError | None) -> None:
        """Nothing more will come. `ended` is set last, as other threads look at it."""
        self.slot = None
        if self.error is None:
            self.error = error
        self.ended = True
        if self.waiter is not None:
            self.wake()

    def drop(self) -> None:
        """The caller has lost interest before the end."""
        self.forget()
        self.end(ProtocolError("the response was closed before its end", sent=True))

    def forget(self) -> None:
        """Free what was not read."""
        self.chunks.clear()
        self.held = 0
