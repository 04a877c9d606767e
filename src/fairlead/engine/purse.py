"""Money for one purpose, such as a run, kept by whoever spends it and in no store."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from fairlead.engine.shortages import exceeded, unpriced_call
from fairlead.types.spending import Account, Shortage

if TYPE_CHECKING:
    from fairlead.types.spending import Spending


class Purse:
    """Holds at most `limit` nano-dollars. Safe to share between threads."""

    def __init__(self, name: str, limit: int) -> None:
        self._account = Account(name, limit, None)
        self._held = 0
        self._spent = 0
        self._lock = Lock()

    def hold(self, amount: int | None, target: str) -> None:
        """Set `amount` aside for a call. Raises `BudgetExceeded`, with nothing held."""
        if amount is None:
            raise unpriced_call(self._account, target)
        with self._lock:
            if self._spent + self._held + amount <= self._account.limit:
                self._held += amount
                return
            short = Shortage(self._account, self._spent, self._held, None)
        raise exceeded(short, amount, target)

    def settle(self, held: int, spending: Spending | None) -> None:
        """Give `held` back, and count what was spent in its place."""
        with self._lock:
            self._held -= held
            self._spent += spending.amount if spending is not None else 0


def hold_in(purses: tuple[Purse, ...], amount: int | None, target: str) -> None:
    """Set `amount` aside in all of them. Raises `BudgetExceeded`, with nothing held."""
    for place, purse in enumerate(purses):
        try:
            purse.hold(amount, target)
        except BaseException:
            settle_in(purses[:place], amount or 0, None)
            raise


def settle_in(purses: tuple[Purse, ...], held: int, spending: Spending | None) -> None:
    """Give `held` back in all of them, and count what was spent in its place."""
    for purse in purses:
        purse.settle(held, spending)
