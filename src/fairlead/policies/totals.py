"""Several answers to one wish: their usage, cost and receipts as those of one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from fairlead.policies.cost import sum_exactly
from fairlead.types.receipts import Receipt
from fairlead.types.usage import Cost, Usage

_SUMMED = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
)


def total_usage(usages: Sequence[Usage | None]) -> Usage | None:
    """None as soon as one is unknown: a part of a sum is no sum. One estimate marks the sum."""
    known = [usage for usage in usages if usage is not None]
    if not known or len(known) < len(usages):
        return None
    sums = {name: sum(getattr(usage, name) for usage in known) for name in _SUMMED}
    return Usage(
        **sums,
        estimated=any(usage.estimated for usage in known),
        others=tuple(other for usage in known for other in usage.others),
    )


def total_cost(costs: Sequence[Cost | None]) -> Cost | None:
    """The sum, exact; None as soon as one is unknown."""
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return None
    paid = [cost for cost in known if cost.source != "cache"] or known
    return replace(paid[-1], usd=sum_exactly(cost.usd for cost in known))


def joined_receipts(receipts: Sequence[Receipt]) -> Receipt:
    """The last one, with the attempts and the time of all; `cache` is that of all, or None."""
    uses = {receipt.cache for receipt in receipts}
    return replace(
        receipts[-1],
        attempts=tuple(attempt for receipt in receipts for attempt in receipt.attempts),
        seconds=sum(receipt.seconds for receipt in receipts),
        cache=uses.pop() if len(uses) == 1 else None,
    )
