"""Whether a call that is slow to begin is sent a second time, and when. Reads no clock.

A hedge doubles what a call costs: it is off unless asked for, comes no sooner than the slowest
twentieth of the answers, and is made for at most one call in twenty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.types.routes import Hedge

if TYPE_CHECKING:
    from fairlead.policies.retry_budget import RetryBudget
    from fairlead.policies.target_record import TargetRecord

LEAST_DELAY = 2.0
SHARE = 0.95
LEAST_ANSWERS = 20


def delay_of(hedge: Hedge, record: TargetRecord, *, stream: bool) -> float | None:
    """Seconds of silence before the second copy; None where there is to be none.

    `record` is that of the target which is asked first.
    """
    if hedge == "off":
        return None
    if isinstance(hedge, int | float):
        return float(hedge)
    learned = record.percentile(SHARE, LEAST_ANSWERS, stream=stream)
    return None if learned is None else max(learned, LEAST_DELAY)


def permitted(record: TargetRecord, retries: RetryBudget, now: float) -> bool:
    """Take what a second copy costs: one hedge of the target, and one retry of its budget."""
    return (
        retries.available(now) >= 1
        and record.hedges.try_withdraw(now)
        and retries.try_withdraw(now)
    )
