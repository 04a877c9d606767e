"""Makes another attempt where `policies/retry.py` allows one. The only owner of retries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import FairleadError
from fairlead.policies.per_target import PerTarget
from fairlead.policies.retry import Retry, RetryPolicy, decide
from fairlead.policies.retry_budget import RetryBudget

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


_ONCE = RetryPolicy(max_retries=0)


class RetryBudgets(PerTarget[RetryBudget]):
    """One retry budget a target."""

    def __init__(self, *, ratio: float, floor: int) -> None:
        super().__init__()
        self._ratio = ratio
        self._floor = floor

    def retune(self, *, ratio: float, floor: int) -> None:
        """Go by other numbers from now on, for the targets that there are too."""
        self._ratio, self._floor = ratio, floor
        for _, budget in self.known():
            budget.retune(ratio=ratio, floor=floor)

    def _fresh(self) -> RetryBudget:
        return RetryBudget(ratio=self._ratio, floor=self._floor)


def retry(
    inner: Handler[E_, R_],
    *,
    policy: RetryPolicy,
    budgets: RetryBudgets,
    runtime: Runtime,
    random: Callable[[], float],
) -> Handler[E_, R_]:
    """The last error is raised as it is: who catches `RateLimitError` need not know of retries.

    A note on it and its receipt tell how many attempts there were.
    """

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        budget = budgets.of(call.target)
        if not call.again:
            budget.deposit(runtime.now())
        ambiguous = 0
        while True:
            try:
                return await inner(call)
            except FairleadError as error:
                # Going to another target beats waiting for this one.
                leaves = call.elsewhere is not None and await call.elsewhere(error)
                decision = decide(
                    error,
                    policy=_ONCE if leaves else policy,
                    attempt=len(call.attempts) - call.replays,
                    remaining=call.deadline - runtime.now(),
                    committed=False,
                    budget=budget,
                    now=runtime.now(),
                    random=random,
                    ambiguous_before=ambiguous,
                )
                if decision.possibly_billed:
                    ambiguous += 1
                    call.doubt()
                if not isinstance(decision, Retry):
                    if len(call.attempts) > 1 and not leaves:
                        error.add_note(f"gave up after {len(call.attempts)} attempts")
                    raise
            call.next_wait = decision.wait
            await runtime.sleep(decision.wait)

    return handle
