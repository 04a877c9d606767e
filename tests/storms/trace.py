"""What happened in a storm, as seen from outside the engine: what was sent, held and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from fairlead.ports import Observer
from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
from fairlead.types.receipts import Attempt


@dataclass
class Sent:
    """One request as its target saw it. Instants of the loop's clock; None: it never happened."""

    at: float
    target: str
    visit: int
    asks: int
    deadline: float
    fault: str | None
    text: str
    """What the whole answer says, if it ever comes."""
    hint: float | None = None
    answered: float | None = None
    status: int | None = None
    closed: float | None = None
    unsent: bool = False
    """Whether it never left."""


@dataclass
class Ended:
    """How one visit ended: `kind` is the error's class, or `complete`, `closed`, `cancelled`."""

    kind: str
    at: float
    text: str | None = None
    committed: float | None = None
    attempts: int = 0
    replays: int = 0


@dataclass
class Trace:
    """The history of one storm."""

    now: Callable[[], float]
    sent: list[Sent] = field(default_factory=list)
    by_visit: dict[int, list[Sent]] = field(default_factory=dict)
    ends: dict[int, Ended] = field(default_factory=dict)
    legs: dict[tuple[int, str], int] = field(default_factory=dict)
    """How often each visit prepared a call to each target."""
    told: list[tuple[float, str, str]] = field(default_factory=list)
    tokens: list[tuple[str, float, float]] = field(default_factory=list)
    """Each request for a token: for which target, from when to when."""
    deposits: list[tuple[float, str]] = field(default_factory=list)
    withdrawals: list[tuple[float, str, int]] = field(default_factory=list)
    turns: list[tuple[float, str, str, str]] = field(default_factory=list)
    """Each change of a breaker's state: when, of which target, from what to what."""
    problems: list[str] = field(default_factory=list)
    """What somebody who watches has seen that must never be."""
    under_way: dict[str, int] = field(default_factory=dict)

    def must(self, holds: bool, sentence: str) -> None:
        """Note `sentence` where it does not hold."""
        if not holds:
            self.problems.append(f"{self.now():.3f}: {sentence}")

    def of_visit(self, visit: int) -> list[Sent]:
        return self.by_visit.get(visit, [])

    def hash(self) -> str:
        """Equal for equal histories."""
        story = (self.sent, sorted(self.ends.items()), self.told, self.turns, self.withdrawals)
        return sha256(repr(story).encode()).hexdigest()


class Counting(Observer):
    """Holds that each call and each attempt begins once and ends once, in the right order."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.calls: set[ObservedCall] = set()
        self.attempts: dict[ObservedAttempt, ObservedCall] = {}
        self.begun = self.ended = 0

    def call_start(self, call: ObservedCall) -> None:
        self.begun += 1
        self._trace.must(call not in self.calls, "a call begins twice")
        self.calls.add(call)
        self._told("call_start", call.target)

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self._over(call)
        self._told("call_stop", end.receipt.target)

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        self._over(call)
        self._told("call_exception", type(error).__name__)

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        self._trace.must(call in self.calls, "an attempt begins outside its call")
        self._trace.must(begun not in self.attempts, "an attempt begins twice")
        self.attempts[begun] = call
        self._told("attempt_start", begun.target)

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        self._trace.must(self.attempts.pop(begun, None) is call, "an attempt ends twice")
        self._told("attempt_stop", str(attempt.error))

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        self._trace.must(self.attempts.pop(begun, None) is call, "an attempt ends twice")
        self._told("attempt_exception", type(error).__name__)

    def _over(self, call: ObservedCall) -> None:
        self.ended += 1
        self._trace.must(call in self.calls, "a call ends twice")
        self.calls.discard(call)
        left = [begun for begun, of in self.attempts.items() if of is call]
        self._trace.must(not left, "a call ends before its attempts")

    def _told(self, event: str, what: str) -> None:
        self._trace.told.append((self._trace.now(), event, what))


class Noisy(Observer):
    """Raises whatever it hears."""

    def call_start(self, call: ObservedCall) -> None:
        raise ValueError("call_start")

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        raise ValueError("call_stop")

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        raise KeyError("attempt_start")

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        raise OSError("attempt_stop")
