"""The cell rate algorithm of `limiter.py` for those who share it: a small row instead of an object.

Kept is what is still owed, as of an instant, so that numbers stay small: below 2**53, whole and
exact also inside Redis, which has no larger ones. Instants are microseconds of the store's clock.
"""

from __future__ import annotations

from math import gcd

from msgspec import Struct

from fairlead.policies.rate_limits import RateLimits
from fairlead.types.permits import Rate

MICROSECONDS = 1_000_000
JUMP = 60 * MICROSECONDS
"""A clock that is further back than this was set, or is another machine's."""


class Level(Struct, frozen=True):
    """`debt` as of `at`, in microseconds times the rate's `count`; `emptied` was the last time that
    there was none. A row that is not there is one of zeros.
    """

    count: int = 1
    debt: int = 0
    at: int = 0
    emptied: int = 0


def level_at(level: Level, rate: Rate, now: int) -> Level:
    """What is owed at `now`. A clock that has gone back pays nothing off.

    It may be the reading of one who has waited for the store since. Who goes by another clock from
    now on owes the same as before.
    """
    level = _rescaled(level, rate)
    if now <= level.at:
        at = now if level.at - now > JUMP else level.at
        return Level(level.count, level.debt, at, level.emptied)
    paid = (now - level.at) * level.count
    if paid > level.debt:
        return Level(level.count, 0, now, now)
    return Level(level.count, level.debt - paid, now, level.emptied)


def wait(level: Level, rate: Rate, now: int, cost: int = 1) -> int:
    """Microseconds until `cost` units fit into `level`, which is as of `now`; 0: they do.

    What is larger than the burst goes when all of the burst is there, and the rest is owed.
    """
    short = level.debt + (min(cost, rate.burst) - rate.burst) * rate.period
    return 0 if short <= 0 else -(-short // rate.count) + level.at - now


def spent(level: Level, rate: Rate, cost: int = 1) -> Level:
    """After `cost` units."""
    return Level(level.count, level.debt + cost * rate.period, level.at, level.emptied)


def corrected(level: Level, rate: Rate, emptied: int, difference: int) -> Level:
    """What was granted when `emptied` stood turned out to cost `difference` more, or less.

    It counts as of the last time that something was spent. Less is given back only if something
    was owed ever since: else it has been forgiven already.
    """
    level = _rescaled(level, rate)
    if difference < 0 and level.emptied != emptied:
        return level
    debt = max(0, level.debt + difference * rate.period)
    return Level(level.count, debt, level.at, level.emptied)


def request_rate(limits: RateLimits) -> Rate | None:
    """Requests per time; None where they are not limited."""
    found = limits.request_rate
    return None if found is None else _reduced(*found)


def token_rate(limits: RateLimits) -> Rate | None:
    """Tokens per time; None where they are not limited."""
    found = limits.token_rate
    return None if found is None else _reduced(*found)


def _rescaled(level: Level, rate: Rate) -> Level:
    """A rate that was set anew: what is owed is the same time."""
    if level.count == rate.count:
        return level
    return Level(rate.count, -(-level.debt // level.count) * rate.count, level.at, level.emptied)


def _reduced(count: int, seconds: int, burst: int) -> Rate:
    period = seconds * MICROSECONDS
    shared = gcd(count, period)
    return Rate(count // shared, period // shared, burst)
