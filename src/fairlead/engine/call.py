"""One call on its way through the layers: what was asked for, and the record of what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from fairlead.ports import Authorizer, Chooser, Codec, Limits, Timeouts
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
        "chooser",
        "codec",
        "credential",
        "deadline",
        "defaults",
        "limits",
        "next_wait",
        "on_attempt",
        "operation",
        "price",
        "replays",
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
        defaults: tuple[str, ...] = (),
        price: Callable[[R_, float], R_] | None = None,
    ) -> None:
        self.operation = operation
        self.target = target
        self.codec = codec
        self.credential = credential
        """Authorises the attempt under way. Of several it is the one that was chosen for it."""
        self.chooser = _chooser(credential)
        self.replays = 0
        """Attempts that were made anew with another secret; they count as no retries."""
        self.stream = stream
        self.timeouts = timeouts
        self.limits = limits
        self.started = started
        self.allowed = allowed
        """Seconds for the whole call."""
        self.deadline = started + allowed
        self.whole_timeout = whole_timeout
        """Seconds that one attempt may take for an answer that does not stream."""
        self.defaults = defaults
        """Settings that were chosen for the caller, for the receipt."""
        self.price = price
        """Puts the cost into the answer, which came at so many seconds since 1970."""
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
            self.defaults,
        )


def _chooser(credential: Authorizer | None) -> Chooser | None:
    # By its method: a check against the protocol costs more than the rest of a call's making.
    return cast("Chooser", credential) if hasattr(credential, "chosen") else None


Handler = Callable[["Call[E_, R_]"], Awaitable["Reply[E_, R_]"]]
