"""Limits that all who use one Redis share: one round trip to enter, one to leave.

Rates and leases go by Redis' clock. What it forgets when it is started anew is a moment's worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fairlead.policies.shared_rate import MICROSECONDS
from fairlead.stores.limit_script import ENTER, LEAVE, PROLONG
from fairlead.stores.redis_line import RedisLine
from fairlead.types.permits import Denied, Granted

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.types.permits import Asked, Rate, Why


class RedisLimits:
    """Satisfies `ports.LimitStore`. Arguments and errors as for `RedisLedger`."""

    def __init__(
        self, url: Secret | str, *, timeout: float = 0.05, prefix: str = "fairlead"
    ) -> None:
        self._line = RedisLine(url, timeout=timeout, keeps="the limits")
        self._key = f"{{{prefix}}}:limit:"
        self._enter = self._line.script(ENTER)
        self._leave = self._line.script(LEAVE)
        self._prolong = self._line.script(PROLONG)

    def enter(self, asked: Asked, now: float) -> Granted | Denied:
        words: list[str | int] = [
            asked.id,
            int(asked.lease * 1000),
            -1 if asked.places is None else asked.places,
            *_rate(asked.requests, 1),
            *_rate(asked.tokens, asked.cost),
        ]
        said = self._line.run(self._enter, self._key + asked.place, words)
        if said[0] == b"wait":
            return Denied(int(said[1]) / MICROSECONDS, cast("Why", said[2].decode()))
        return Granted(int(said[1]))

    def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
        count, period, *_ = _rate(asked.tokens, 0)
        words: list[str | int] = [asked.id, count, period, granted.emptied, difference]
        self._line.run(self._leave, self._key + asked.place, words)

    def prolong(self, asked: Asked, lease: float, now: float) -> None:
        words: list[str | int] = [asked.id, int(lease * 1000)]
        self._line.run(self._prolong, self._key + asked.place, words)

    def close(self) -> None:
        self._line.close()


def _rate(rate: Rate | None, cost: int) -> tuple[int, int, int, int]:
    return (0, 0, 0, 0) if rate is None else (rate.count, rate.period, rate.burst, cost)
