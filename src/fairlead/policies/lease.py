"""For how long a store keeps what was taken for a call, should its holder die.

A lease outlives its call's deadline by a grace. An answer that is read for longer prolongs it.
"""

from __future__ import annotations

from math import inf

AGAIN = 1.0
"""Seconds after which a store that has not heard of it is told again."""


def lease_of(left: float, grace: float, most: float | None = None) -> float:
    """Seconds for a call with `left` seconds until its deadline, which may have passed."""
    return min(max(left, 0.0) + grace, inf if most is None else most)


def prolonged_after(lease: float, grace: float) -> float:
    """When to prolong it, in seconds: a grace before its end or, of a short one, half-way."""
    return lease - min(grace, lease / 2)
