"""The ledger of one process: as long as it runs, and no longer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from fairlead.policies.ledger import Book

if TYPE_CHECKING:
    from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending


class MemoryLedger:
    """Satisfies `ports.LedgerStore`. Nothing is kept of single calls."""

    in_memory = True
    records = False

    def __init__(self) -> None:
        self._book = Book()

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        return self._book.hold(hold, now, wall)

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        self._book.settle(name, slots, 0 if spending is None else spending.amount, wall)

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        self._book.prolong(name, slots, lease, now, wall)

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        return self._book.balance(account, now, wall)

    def close(self) -> None:
        pass


@cache
def shared_ledger() -> MemoryLedger:
    """The one that all clients of this process share, so that a budget is one for them all."""
    return MemoryLedger()
