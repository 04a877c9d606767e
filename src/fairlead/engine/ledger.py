"""Which budgets a call falls under, and the talk with the store that keeps them.

What cannot be told to the store at once is told later: until then its hold, or its lease, stands.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.engine.budgets import AMBIENT, Named
from fairlead.engine.shortages import exceeded, no_such_budget, unpriced_call
from fairlead.errors import StoreError
from fairlead.policies.ledger import slots_at
from fairlead.types.spending import (
    Account,
    Hold,
    Period,
    Scope,
    Shortage,
    Slot,
    Spending,
    Unpriced,
    WhenDown,
)

if TYPE_CHECKING:
    from fairlead.ports import Billing, LedgerStore, Runtime

_REST = 0.5
"""Seconds for which a store that failed is not asked again."""
_GRACE = 60.0
"""Seconds that a hold outlives its call's deadline."""
_UNTOLD = 100_000
_LONGEST_USER = 128


class Rule(Struct, frozen=True):
    """A budget of the settings. `scope`: for who names it, for every call, or for each user."""

    name: str
    limit: int
    per: Period | None = None
    scope: Scope = "account"
    unpriced: Unpriced = "refuse"


class Ticket(Struct, frozen=True):
    """A hold that stands, under `name`, in the periods of `slots`."""

    name: str
    amount: int
    slots: tuple[Slot, ...]


class Due(Struct, frozen=True):
    """The accounts of a call, and whether all of them let calls of unknown price pass."""

    accounts: tuple[Account, ...]
    allows_unpriced: bool


class Ledger:
    """What one client knows of money. Safe to share between threads."""

    def __init__(
        self,
        store: LedgerStore,
        runtime: Runtime,
        *,
        rules: tuple[Rule, ...] = (),
        when_down: WhenDown = "refuse",
    ) -> None:
        self._store = store
        self._runtime = runtime
        self.in_memory = store.in_memory
        self.records = store.records
        self._named = {rule.name: rule for rule in rules if rule.scope == "account"}
        self._everywhere = tuple(rule for rule in rules if rule.scope == "all")
        self._by_user = tuple(rule for rule in rules if rule.scope == "user")
        self._refuses = when_down == "refuse"
        self._always = bool(self._everywhere or self._by_user or store.records)
        self._untold: deque[tuple[str, tuple[Slot, ...], Spending | None]] = deque(maxlen=_UNTOLD)
        self._telling = Lock()
        self._down_until = float("-inf")
        self._down_because = ""
        self._prefix = os.urandom(8).hex()
        self._counter = count()
        self._last: tuple[tuple[Named, ...], Due] | None = None

    @property
    def concerned(self) -> bool:
        """Whether a call that begins now has to do with money at all."""
        return self._always or bool(AMBIENT.get())

    def due(self, billing: Billing) -> Due:
        """The budgets around the call and those of the settings. Raises `ConfigError`."""
        ambient = AMBIENT.get()
        last = self._last
        if last is not None and last[0] is ambient and not self._by_user:
            return last[1]
        found: dict[tuple[str, Period | None], int] = {}
        lenient = True
        for name, limit, per, allows in self._limits(ambient, billing.user):
            found[name, per] = min(limit, found.get((name, per), limit))
            lenient = lenient and allows
        due = Due(tuple(Account(n, limit, p) for (n, p), limit in found.items()), lenient)
        self._last = ambient, due
        return due

    def _limits(
        self, ambient: tuple[Named, ...], user: str | None
    ) -> list[tuple[str, int, Period | None, bool]]:
        found = [(r.name, r.limit, r.per, r.unpriced == "allow") for r in self._everywhere]
        for rule in self._by_user if user is not None else ():
            name = f"{rule.name}/{_plain(user or '')}"
            found.append((name, rule.limit, rule.per, rule.unpriced == "allow"))
        for named in ambient:
            own = self._named.get(named.name)
            if own is None and named.limit is None:
                raise no_such_budget(named.name, tuple(self._named))
            allows = named.unpriced or (own.unpriced if own is not None else "refuse")
            if named.limit is not None:
                found.append((named.name, named.limit, named.per, allows == "allow"))
            if own is not None:
                found.append((own.name, own.limit, own.per, allows == "allow"))
        return found

    def hold_at_once(self, due: Due, worst: int | None, target: str, lease: float) -> Ticket:
        """As `hold`, where the store is in memory."""
        name = f"{self._prefix}-{next(self._counter)}"
        if worst is None and due.accounts and not due.allows_unpriced:
            raise unpriced_call(due.accounts[0], target)
        amount, runtime = worst or 0, self._runtime
        hold = Hold(name, amount, due.accounts, lease + _GRACE)
        said = self._store.hold(hold, runtime.now(), runtime.wall())
        if isinstance(said, Shortage):
            raise exceeded(said, amount, target)
        return Ticket(name, amount, said)

    async def hold(self, due: Due, worst: int | None, target: str, lease: float) -> Ticket:
        """Set `worst` aside. Raises `BudgetExceeded` or `StoreError`, with nothing held."""
        if self.in_memory:
            return self.hold_at_once(due, worst, target, lease)
        name = f"{self._prefix}-{os.getpid():x}-{next(self._counter):x}"
        if worst is None and due.accounts and not due.allows_unpriced:
            raise unpriced_call(due.accounts[0], target)
        if not due.accounts:
            return Ticket(name, 0, ())
        hold = Hold(name, worst or 0, due.accounts, lease + _GRACE)
        try:
            said = await self._runtime.blocking(lambda: self._held(hold))
        except StoreError:
            if self._refuses:
                raise
            return Ticket(name, 0, slots_at(due.accounts, self._runtime.wall()))
        if isinstance(said, Shortage):
            raise exceeded(said, hold.amount, target)
        return Ticket(name, hold.amount, said)

    def settle_at_once(self, ticket: Ticket, spending: Spending | None) -> None:
        """As `settle`, where the store is in memory."""
        self._store.settle(ticket.name, ticket.slots, spending, self._runtime.wall())

    async def settle(self, ticket: Ticket, spending: Spending | None) -> None:
        """End the hold and count what was spent; None gives it back. Never raises."""
        if self.in_memory:
            self.settle_at_once(ticket, spending)
        elif ticket.slots or spending is not None:
            self._untold.append((ticket.name, ticket.slots, spending))
            await self._runtime.blocking(self._tell)

    async def aclose(self) -> None:
        """Tell what is left to tell, and let go of the store; a later call opens it again."""
        if not self.in_memory:
            self._down_until = float("-inf")
            await self._runtime.blocking(self._leave)

    def _leave(self) -> None:
        self._tell()
        self._store.close()

    def _held(self, hold: Hold) -> tuple[Slot, ...] | Shortage:
        if self._untold:
            self._tell()
        self._check_up()
        try:
            return self._store.hold(hold, self._runtime.now(), self._runtime.wall())
        except StoreError as error:
            # It may have been heard all the same.
            self._untold.append((hold.id, (), None))
            self._is_down(error)
            raise

    def _tell(self) -> None:
        """Tell the store of all that has ended; what it does not hear stays for the next time."""
        with self._telling:
            while self._untold and self._runtime.now() >= self._down_until:
                name, slots, spending = self._untold[0]
                try:
                    self._store.settle(name, slots, spending, self._runtime.wall())
                except StoreError as error:
                    self._is_down(error)
                    return
                self._untold.popleft()

    def _check_up(self) -> None:
        """A store that just failed is not waited for again, by any of the calls behind."""
        if self._runtime.now() < self._down_until:
            raise StoreError(self._down_because)

    def _is_down(self, error: StoreError) -> None:
        self._down_because = str(error)
        self._down_until = self._runtime.now() + _REST


def _plain(user: str) -> str:
    """A user as part of an account's name."""
    if user.isprintable() and len(user) <= _LONGEST_USER:
        return user
    from hashlib import sha256

    return sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
