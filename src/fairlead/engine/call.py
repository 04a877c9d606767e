"""One call on its way through the layers: what was asked for, and the record of what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from msgspec.structs import replace

from fairlead.engine.budgets import AMBIENT
from fairlead.ports import Authorizer, Billing, Chooser, Codec, Drain, Limits, Timeouts
from fairlead.types.receipts import Attempt, Receipt

if TYPE_CHECKING:
    from fairlead.engine.legs import Legs, Second
    from fairlead.engine.reply import Reply
    from fairlead.engine.watching import Watch
    from fairlead.errors import FairleadError
    from fairlead.policies.cache import Caching
    from fairlead.types.observed import ObservedAttempt

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_LOST = "closed: its copy was faster"


class Call(Generic[E_, R_]):
    """Mutable while it runs. Times are instants of the runtime's clock, durations are seconds."""

    __slots__ = (
        "again",
        "allowed",
        "attempts",
        "billing",
        "budgets",
        "caching",
        "chooser",
        "codec",
        "credential",
        "deadline",
        "defaults",
        "drain",
        "elsewhere",
        "legs",
        "limits",
        "lost",
        "next_wait",
        "operation",
        "own",
        "patient",
        "price",
        "repeats",
        "replays",
        "second",
        "started",
        "stream",
        "target",
        "timeouts",
        "warnings",
        "watch",
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
        billing: Billing | None = None,
    ) -> None:
        self.operation = operation
        self.target = target
        self.codec = codec
        self.credential = credential
        """Authorises the attempt under way. Of several it is the one that was chosen for it."""
        self.chooser = _chooser(credential)
        self.drain: Drain | None = None
        """How a stream ends that is left early; None: at once."""
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
        self.billing = billing
        """What it may cost; None where it is free, or where nobody counts."""
        self.budgets = AMBIENT.get()
        """Those around the code that made it: a stream may be read, and begin anew, elsewhere."""
        self.next_wait = 0.0
        """Seconds waited before the attempt that comes."""
        self.attempts: list[Attempt] = []
        """Of the whole call, all its legs and copies included."""
        self.own: list[int] = []
        """The places there of those that this one has made itself."""
        self.caching: Caching | None = None
        """How the answer may be kept and shared; None where it may not be."""
        self.watch: Watch | None = None
        """Tells the observers; None where there are none."""
        self.warnings: tuple[str, ...] = ()
        """What the answer shall say besides what its encoding does."""
        self.legs: Legs[E_, R_] | None = None
        """The targets that the call may go to, where it has a route."""
        self.elsewhere: Callable[[FairleadError], Awaitable[bool]] | None = None
        """Of one leg: whether the call goes on at another target after an error."""
        self.again = False
        """Of one leg: whether the call is sent once more, which a retry budget has paid for."""
        self.repeats = False
        """Whether the answer begins with the words that the request ends with."""
        self.patient = True
        """Whether it may wait for a limit; a copy at the same target goes at once or not at all."""
        self.second: Second[E_, R_] | None = None
        """Of one leg: its copy, for when it is slow to begin."""
        self.lost = False
        """Of one leg: whether its copy was faster."""

    def join(self, whole: Call[E_, R_]) -> None:
        """Be one leg of `whole`: a part of its time, and of its record."""
        self.started = whole.started
        self.allowed = whole.allowed
        self.deadline = whole.deadline
        self.attempts = whole.attempts
        self.replays = whole.replays
        self.watch = whole.watch

    def begin(self) -> ObservedAttempt | None:
        """An attempt begins to send; what is returned goes into `record` when it has ended."""
        return None if self.watch is None else self.watch.attempt_begins(self.target)

    def record(
        self,
        attempt: Attempt,
        error: BaseException | None = None,
        begun: ObservedAttempt | None = None,
    ) -> None:
        """An attempt has ended, in `error` or well; without `begun` it never sent anything."""
        if self.lost:
            attempt = replace(attempt, error=_LOST, possibly_billed=True)
        self.own.append(len(self.attempts))
        self.attempts.append(attempt)
        if self.watch is not None:
            self.watch.attempt_ends(begun, attempt, error)

    def made(self, since: int) -> list[Attempt]:
        """Its own attempts, but for the first `since` of them."""
        return [self.attempts[place] for place in self.own[since:]]

    def doubt(self) -> None:
        """Its last attempt may be billed all the same."""
        last = self.own[-1]
        self.attempts[last] = replace(self.attempts[last], possibly_billed=True)

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
