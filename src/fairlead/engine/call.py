"""One call on its way through the layers: what was asked for, and the record of what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from fairlead.ports import Authorizer, Codec, Limits, Timeouts
from fairlead.types.receipts import Attempt, Receipt

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply

E_ = TypeVar("E_")
R_ = TypeVar("R_")


class Call(Generic[E_, R_]):
    """Mutable while it runs. Times are instants of the runtime's clock, durations are seconds."""

    __slots__ = (
        "allowed",
        "attempts",
        "codec",
        "credential",
        "deadline",
        "limits",
        "next_wait",
        "on_attempt",
        "operation",
        "started",
        "stream",
        "target",
        "timeouts",
        "whole_timeout",
    )

    def __init__(
        self,
        *,
        operation: str,
        target: str,
        codec: Codec[E_, R_],
        credential: Authorizer | None,
        stream: bool,
        timeouts: Timeouts,
        limits: Limits,
        started: float,
        allowed: float,
        whole_timeout: float,
    ) -> None:
        self.operation = operation
        self.target = target
        self.codec = codec
        self.credential = credential
        self.stream = stream
        self.timeouts = timeouts
        self.limits = limits
        self.started = started
        self.allowed = allowed
        """Seconds for the whole call."""
        self.deadline = started + allowed
        self.whole_timeout = whole_timeout
        """Seconds that one attempt may take for an answer that does not stream."""
        self.next_wait = 0.0
        """Seconds waited before the attempt that comes."""
        self.attempts: list[Attempt] = []
        self.on_attempt: Callable[[Attempt], None] | None = None

    def record(self, attempt: Attempt) -> None:
        """An attempt has ended."""
        self.attempts.append(attempt)
        if self.on_attempt is not None:
            self.on_attempt(attempt)

    def receipt(self, now: float) -> Receipt:
        """The account of the call up to `now`."""
        credential = self.credential
        return Receipt(
            self.operation,
            self.target,
            tuple(self.attempts),
            None if credential is None else credential.key_name,
            self.codec.dropped,
            now - self.started,
        )


Handler = Callable[["Call[E_, R_]"], Awaitable["Reply[E_, R_]"]]
