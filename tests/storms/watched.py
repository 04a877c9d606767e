"""Parts of the engine that are watched from within while a storm goes over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from sqlite3 import Connection

from tests.storms.clock import START
from tests.storms.trace import Trace

from fairlead.engine.guard import Guard
from fairlead.engine.guards import Breakers, TargetRules
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.errors import StoreError
from fairlead.policies.breaker import TRANSITIONS, Breaker, BreakerPolicy
from fairlead.policies.outcomes import Outcome
from fairlead.policies.retry_budget import RetryBudget
from fairlead.stores.memory import MemoryLedger
from fairlead.stores.sqlite_limits import SqliteLimits
from fairlead.types.permits import Asked, Denied, Granted
from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending


class WatchedBreaker(Breaker):
    """Holds that every permit comes back once, and that a half-open breaker sends one probe."""

    def __init__(
        self, target: str, policy: BreakerPolicy, trace: Trace, random: Callable[[], float]
    ) -> None:
        super().__init__(policy, random=random)
        self._target = target
        self._trace = trace
        self.out: Counter[int] = Counter()

    def enter(self, now: float) -> int | None:
        waits = self._until if self._state == "open" else now
        entered = super().enter(now)
        if entered is None:
            self._trace.must((self.retry_after(now) or 0) > 0, "a refusal names no time")
            return None
        self._trace.must(now >= waits, "an open breaker lets a call through")
        self.out[entered] += 1
        if self._state == "half_open":
            self._trace.must(self.out[entered] == 1, "two probes are under way at once")
        return entered

    def leave(self, generation: int, result: Outcome, now: float) -> None:
        self.out[generation] -= 1
        self._trace.must(self.out[generation] >= 0, "a breaker's permit comes back twice")
        before = self._state, self._generation, self._passed, self._failed
        super().leave(generation, result, now)
        if generation != before[1]:
            after = self._state, self._generation, self._passed, self._failed
            self._trace.must(after == before, "what began before the last change had a say")

    def _become(self, state: str, now: float) -> None:
        self._trace.must((self._state, state) in TRANSITIONS, f"{self._state} becomes {state}")
        self._trace.turns.append((now, self._target, self._state, state))
        super()._become(state, now)  # type: ignore[arg-type]


class WatchedBreakers(Breakers):
    """Each guard's breaker is a watched one."""

    def __init__(self, rules: TargetRules, trace: Trace, random: Callable[[], float]) -> None:
        super().__init__(rules, random=random)
        self._policies = rules
        self._trace = trace
        self._dice = random
        self.watched: dict[str, WatchedBreaker] = {}

    def of(self, target: str) -> Guard:
        guard = super().of(target)
        if target not in self.watched and guard._breaker is not None:
            policy = self._policies.breaker(target)
            breaker = WatchedBreaker(target, policy, self._trace, self._dice)
            self.watched[target] = breaker
            guard._breaker = breaker
        return guard


class WatchedBudgets(RetryBudgets):
    """Writes down who paid for retries, and when."""

    def __init__(self, trace: Trace, *, ratio: float, floor: int) -> None:
        super().__init__(ratio=ratio, floor=floor)
        self._trace = trace
        self._watched: dict[str, RetryBudget] = {}

    def of(self, target: str) -> RetryBudget:
        if target not in self._watched:
            shape = {"ratio": self._ratio, "floor": self._floor}
            self._watched[target] = _WatchedBudget(target, self._trace, **shape)
        return self._watched[target]


class _WatchedBudget(RetryBudget):
    def __init__(self, target: str, trace: Trace, *, ratio: float, floor: int) -> None:
        super().__init__(ratio=ratio, floor=floor)
        self._target = target
        self._trace = trace

    def deposit(self, now: float) -> None:
        self._trace.deposits.append((now, self._target))
        super().deposit(now)

    def try_withdraw(self, now: float, cost: int = 1) -> bool:
        paid = super().try_withdraw(now, cost)
        if paid:
            self._trace.withdrawals.append((now, self._target, cost))
        return paid


class Outages:
    """When the stores are down: half of what they are told then they hear, and do not answer."""

    def __init__(self, trace: Trace, spans: Sequence[tuple[float, float]], dice: Random) -> None:
        self._trace = trace
        self._spans = spans
        self._dice = dice
        self.any = bool(spans)

    @contextmanager
    def struck(self) -> Iterator[None]:
        """Around what a store does."""
        when = self._trace.now() - START
        down = any(begins <= when < ends for begins, ends in self._spans)
        if down and self._dice.random() < 0.5:
            raise StoreError("the store is down")
        yield
        if down:
            raise StoreError("the store does not answer")


class WatchedLimits(SqliteLimits):
    """In memory, with the outages of the weather."""

    def __init__(self, outages: Outages) -> None:
        super().__init__(None)
        self._outages = outages

    @property
    def inside(self) -> int:
        """How many places are taken."""
        return self._file.transaction(_inside)

    def enter(self, asked: Asked, now: float) -> Granted | Denied:
        with self._outages.struck():
            return super().enter(asked, now)

    def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
        with self._outages.struck():
            super().leave(asked, granted, difference, now)

    def prolong(self, asked: Asked, lease: float, now: float) -> None:
        with self._outages.struck():
            super().prolong(asked, lease, now)

    def close(self) -> None:
        """It would be empty when it is opened again."""


def _inside(to: Connection) -> int:
    found: int = to.execute("SELECT count(*) FROM inside").fetchone()[0]
    return found


class WatchedLedger(MemoryLedger):
    """Holds after each step that what is settled and held stays within the budget.

    Not where it is `loose`: calls may be made without it, or outlive their holds, which end a
    minute after the deadline, as where the machine sleeps.
    """

    def __init__(self, trace: Trace, account: Account, outages: Outages, *, loose: bool) -> None:
        super().__init__()
        self._trace = trace
        self._account = account
        self._outages = outages
        self._loose = loose
        self._slots: dict[str, tuple[Slot, ...]] = {}
        self._over: set[str] = set()
        self.open: set[str] = set()
        self.spent = 0

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        with self._outages.struck():
            said = super().hold(hold, now, wall)
            if not isinstance(said, Shortage):
                self.open.add(hold.id)
                self._slots[hold.id] = said
            self._check(now, wall)
        return said

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        with self._outages.struck():
            if name in self._over:  # told again, as the answer was lost
                self._trace.must(self._outages.any, "a hold is settled twice")
                return
            self._over.add(name)
            self.open.discard(name)
            self.spent += 0 if spending is None else spending.amount
            super().settle(name, self._slots.pop(name, slots), spending, wall)
            self._check(self._trace.now(), wall)

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        with self._outages.struck():
            super().prolong(name, slots, lease, now, wall)

    def _check(self, now: float, wall: float) -> None:
        settled, held = self.balance(self._account, now, wall)
        fits = settled + held <= self._account.limit
        self._trace.must(fits or self._loose, "a budget is overspent")
        self._trace.must(settled == self.spent, "what was settled is not what is kept")
