"""Money on its way: accounts with their budgets, what is held before a call and spent after it.

All amounts are whole nano-dollars (a thousand millionths of a US dollar).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Period = Literal["hour", "day", "week", "month"]
PERIODS: tuple[Period, ...] = ("hour", "day", "week", "month")
Scope = Literal["account", "all", "user"]
"""Whose calls a budget of the settings is for: who names it, everybody's, or each user's own."""
Unpriced = Literal["refuse", "allow"]
"""What becomes of a call under a budget whose price is not known."""
WhenDown = Literal["refuse", "allow"]
"""What becomes of calls under a budget while the store that keeps it is down."""
StoreKind = Literal["memory", "sqlite", "redis"]


class Account(Struct, frozen=True):
    """Whose budget it is: at most `limit` in each `per`, in UTC, or in all where that is None."""

    name: str
    limit: int
    per: Period | None = None


class Hold(Struct, frozen=True):
    """The most that one call may cost, to be set aside in every account at once, or in none.

    It ends by itself after `lease` seconds, for holders that die.
    """

    id: str
    amount: int
    accounts: tuple[Account, ...]
    lease: float


class Slot(Struct, frozen=True):
    """One period of an account: `window` counts the periods since 1970, and is 0 without one."""

    account: str
    per: Period | None
    window: int


class Shortage(Struct, frozen=True):
    """The account that has too little left. `resets_in` is seconds until its period ends."""

    account: Account
    settled: int
    held: int
    resets_in: float | None = None


class Spending(Struct, frozen=True, omit_defaults=True):
    """What one call cost. `usage` is JSON text of its tokens, by which it can be priced again.

    `estimated`: the provider's own figures never came.
    """

    amount: int
    model: str
    operation: str
    usage: str | None = None
    estimated: bool = False
