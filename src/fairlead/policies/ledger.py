"""The book of all accounts: holds the worst case before a call, settles the real cost after it.

In every account and period `settled + held` never exceeds the limit, as long as no call costs more
than was held for it; what it did cost beyond that is counted too, and leaves less for the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from fairlead.types.spending import Account, Hold, Period, Shortage, Slot

_HOUR, _DAY, _WEEK = 3600, 86400, 604800
_MONDAY = 3 * _DAY
"""1970 began on a Thursday; weeks begin on Mondays."""
_FEW = 1024
"""Balances beyond which those of past periods are looked for and dropped."""
_KEPT = 7 * _DAY
"""How long a past period is remembered: a clock that leapt ahead may come back."""


def window_at(per: Period | None, wall: float) -> int:
    """Which period `wall` (seconds since 1970) lies in."""
    seconds = int(wall // 1)
    if per is None:
        return 0
    if per == "hour":
        return seconds // _HOUR
    if per == "day":
        return seconds // _DAY
    if per == "week":
        return (seconds + _MONDAY) // _WEEK
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.year * 12 + moment.month - 1


def window_end(per: Period | None, window: int) -> float | None:
    """When the period ends, in seconds since 1970; None where it never does."""
    following = window + 1
    if per is None:
        return None
    if per == "hour":
        return following * _HOUR
    if per == "day":
        return following * _DAY
    if per == "week":
        return following * _WEEK - _MONDAY
    return datetime(following // 12, following % 12 + 1, 1, tzinfo=UTC).timestamp()


def first_kept(per: Period | None, wall: float) -> int:
    """The oldest period that is remembered: nobody asks for those before it any more."""
    return window_at(per, max(0.0, wall - _KEPT))


def slots_at(accounts: Sequence[Account], wall: float) -> tuple[Slot, ...]:
    """The accounts' periods at `wall`."""
    return tuple([Slot(a.name, a.per, window_at(a.per, wall)) for a in accounts])


class _Balance:
    """One period of one account. `holds` maps ids to amounts and instants of expiry."""

    __slots__ = ("expires", "held", "holds", "settled")

    def __init__(self) -> None:
        self.settled = 0
        self.held = 0
        self.holds: dict[str, tuple[int, float]] = {}
        self.expires = float("inf")
        """No hold ends before this."""

    def expire(self, now: float) -> None:
        if now < self.expires:
            return
        for name in [name for name, (_, until) in self.holds.items() if until <= now]:
            self.held -= self.holds.pop(name)[0]
        self.expires = min((until for _, until in self.holds.values()), default=float("inf"))


_Places = tuple[tuple[Account, ...], int, tuple[Slot, ...], tuple[_Balance, ...]]


class Book:
    """Balances in memory. Safe to share between threads.

    `now` is an instant of a clock that never goes back, by which holds expire; `wall` is seconds
    since 1970, by which periods are told apart.
    """

    __slots__ = ("_balances", "_last", "_lock", "_many")

    def __init__(self) -> None:
        self._last: _Places = ((), 0, (), ())
        self._many = _FEW
        self._balances: dict[tuple[str, Period | None, int], _Balance] = {}
        self._lock = Lock()

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        """Set the amount aside in all accounts; where one has too little, in none."""
        amount, name, until = hold.amount, hold.id, now + hold.lease
        with self._lock:
            accounts, _, slots, balances = self._places(hold.accounts, wall)
            for account, balance in zip(accounts, balances, strict=True):
                if now >= balance.expires:
                    balance.expire(now)
                if balance.settled + balance.held + amount > account.limit:
                    return _shortage(account, balance, slots[balances.index(balance)], wall)
            for balance in balances:
                balance.holds[name] = (amount, until)
                balance.held += amount
                if until < balance.expires:
                    balance.expires = until
        return slots

    def settle(self, name: str, slots: Sequence[Slot], amount: int, wall: float) -> None:
        """End the hold `name`, which may have expired, and count what was spent; 0 releases it."""
        with self._lock:
            last = self._last
            for balance in last[3] if last[2] is slots else self._found(slots, wall):
                held = balance.holds.pop(name, None)
                if held is not None:
                    balance.held -= held[0]
                balance.settled += amount

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        """Let the hold `name` last `lease` seconds from now; one that has ended stays ended."""
        until = now + lease
        with self._lock:
            for balance in self._found(slots, wall):
                held = balance.holds.get(name)
                if held is not None:
                    balance.holds[name] = (held[0], until)
                    balance.expires = min(balance.expires, until)

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        """What is settled and held in the account's period at `wall`."""
        (slot,) = slots_at((account,), wall)
        with self._lock:
            found = self._balances.get((slot.account, slot.per, slot.window))
            if found is None:
                return 0, 0
            found.expire(now)
            return found.settled, found.held

    def _places(self, accounts: tuple[Account, ...], wall: float) -> _Places:
        """The accounts' periods and their balances.

        Looked for once an hour, for accounts that come again and again.
        """
        hour, last = int(wall // _HOUR), self._last
        if last[0] is not accounts or last[1] != hour:
            slots = slots_at(accounts, wall)
            last = self._last = accounts, hour, slots, tuple(self._found(slots, wall))
        return last

    def _found(self, slots: Sequence[Slot], wall: float) -> list[_Balance]:
        return [self._balance(slot, wall) for slot in slots]

    def _balance(self, slot: Slot, wall: float) -> _Balance:
        key = (slot.account, slot.per, slot.window)
        balance = self._balances.get(key)
        if balance is None:
            if len(self._balances) >= self._many:
                self._sweep(wall)
            balance = self._balances[key] = _Balance()
        return balance

    def _sweep(self, wall: float) -> None:
        """Forget past periods; the next sweep waits until there are twice as many as are left."""
        self._last = ((), 0, (), ())
        for key, balance in list(self._balances.items()):
            if key[2] < first_kept(key[1], wall) and not balance.holds:
                del self._balances[key]
        self._many = max(_FEW, 2 * len(self._balances))


def _shortage(account: Account, balance: _Balance, slot: Slot, wall: float) -> Shortage:
    end = window_end(slot.per, slot.window)
    return Shortage(account, balance.settled, balance.held, None if end is None else end - wall)
