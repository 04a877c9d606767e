"""Parts of the engine that are watched from within while a storm goes over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tests.storms.trace import Trace

from fairlead.engine.guard import Guard
from fairlead.engine.guards import Breakers, TargetRules
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.policies.breaker import TRANSITIONS, Breaker, BreakerPolicy
from fairlead.policies.outcomes import Outcome
from fairlead.policies.retry_budget import RetryBudget
from fairlead.stores.memory import MemoryLedger
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


class WatchedLedger(MemoryLedger):
    """Holds after each step that what is settled and held stays within the budget.

    Where the machine `sleeps`, holds may end before their calls: a minute after the deadline.
    """

    def __init__(self, trace: Trace, account: Account, *, sleeps: bool) -> None:
        super().__init__()
        self._trace = trace
        self._account = account
        self._sleeps = sleeps
        self.open: set[str] = set()
        self.spent = 0

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        said = super().hold(hold, now, wall)
        if not isinstance(said, Shortage):
            self.open.add(hold.id)
        self._check(now, wall)
        return said

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        self._trace.must(name in self.open, "a hold is settled twice")
        self.open.discard(name)
        self.spent += 0 if spending is None else spending.amount
        super().settle(name, slots, spending, wall)
        self._check(self._trace.now(), wall)

    def _check(self, now: float, wall: float) -> None:
        settled, held = self.balance(self._account, now, wall)
        fits = settled + held <= self._account.limit
        self._trace.must(fits or self._sleeps, "a budget is overspent")
        self._trace.must(settled == self.spent, "what was settled is not what is kept")
