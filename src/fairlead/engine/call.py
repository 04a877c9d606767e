"""One call on its way through the layers: what was asked for, and the record of what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from msgspec import Struct, field
from msgspec.structs import replace

from fairlead.engine.budgets import AMBIENT
from fairlead.ports import Authorizer, Billing, Chooser, Codec, Drain, Limits, Timeouts
from fairlead.types.receipts import Attempt, Receipt

if TYPE_CHECKING:
    from fairlead.engine.budgets import Named
    from fairlead.engine.legs import Legs, Second
    from fairlead.engine.reply import Reply
    from fairlead.engine.watching import Watch
    from fairlead.errors import FairleadError
    from fairlead.policies.cache import Caching
    from fairlead.types.observed import ObservedAttempt

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_LOST = "closed: its copy was faster"


class Call(Struct, Generic[E_, R_], kw_only=True, eq=False):
    """Mutable while it runs. Times are instants of the runtime's clock, durations are seconds."""

    operation: str
    target: str
    codec: Codec[E_, R_]
    credential: Authorizer | None
    """Authorises the attempt under way. Of several it is the one that was chosen for it."""
    stream: bool
    timeouts: Timeouts
    limits: Limits
    started: float
    allowed: float
    """Seconds for the whole call."""
    whole_timeout: float
    """Seconds that one attempt may take for an answer that does not stream."""
    defaults: tuple[str, ...] = ()
    """Settings that were chosen for the caller, for the receipt."""
    price: Callable[[R_, float], R_] | None = None
    """Puts the cost into the answer, which came at so many seconds since 1970."""
    billing: Billing | None = None
    """What it may cost; None where it is free, or where nobody counts."""
    deadline: float = 0.0
    chooser: Chooser | None = None
    """Chooses the credential of each attempt, where there are several."""
    drain: Drain | None = None
    """How a stream ends that is left early; None: at once."""
    replays: int = 0
    """Attempts that were made anew with another secret; they count as no retries."""
    budgets: tuple[Named, ...] = field(default_factory=AMBIENT.get)
    """Those around the code that made it: a stream may be read, and begin anew, elsewhere."""
    next_wait: float = 0.0
    """Seconds waited before the attempt that comes."""
    attempts: list[Attempt] = []
    """Of the whole call, all its legs and copies included."""
    own: list[int] = []
    """The places there of those that this one has made itself."""
    caching: Caching | None = None
    """How the answer may be kept and shared; None where it may not be."""
    watch: Watch | None = None
    """Tells the observers; None where there are none."""
    warnings: tuple[str, ...] = ()
    """What the answer shall say besides what its encoding does."""
    legs: Legs[E_, R_] | None = None
    """The targets that the call may go to, where it has a route."""
    elsewhere: Callable[[FairleadError], Awaitable[bool]] | None = None
    """Of one leg: whether the call goes on at another target after an error."""
    again: bool = False
    """Of one leg: whether the call is sent once more, which a retry budget has paid for."""
    repeats: bool = False
    """Whether the answer begins with the words that the request ends with."""
    patient: bool = True
    """Whether it may wait for a limit; a copy at the same target goes at once or not at all."""
    second: Second[E_, R_] | None = None
    """Of one leg: its copy, for when it is slow to begin."""
    lost: bool = False
    """Of one leg: whether its copy was faster."""

    def __post_init__(self) -> None:
        self.deadline = self.started + self.allowed
        if hasattr(self.credential, "chosen"):
            # By its method: a check against the protocol costs more than all the rest here.
            self.chooser = cast("Chooser", self.credential)

    def __repr__(self) -> str:
        """What it says is the caller's, and is not shown in tracebacks."""
        return f"<Call {self.operation} {self.target}>"

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


Handler = Callable[["Call[E_, R_]"], Awaitable["Reply[E_, R_]"]]
