"""Which budgets a call falls under, and the talk with the store that keeps them.

What cannot be told to the store at once is told later: until then its hold, or its lease, stands.
"""

from __future__ import annotations

import os
from collections import deque
from copy import copy
from itertools import count
from math import inf
from threading import TIMEOUT_MAX, Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.engine.asking import asked
from fairlead.engine.budgets import AMBIENT, Named
from fairlead.engine.outage import Outage
from fairlead.engine.purse import Purse, hold_in, settle_in
from fairlead.engine.shortages import exceeded, no_such_budget, unpriced_call
from fairlead.errors import StoreError
from fairlead.policies.lease import AGAIN, lease_of, prolonged_after
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

_GRACE = 60.0
"""Seconds that a hold outlives its call's deadline."""
_UNTOLD = 100_000
_TELLING = 0.1
"""Seconds that a call gives to what others have left to tell, such as after an outage."""
_LONGEST_USER = 128


class Rule(Struct, frozen=True):
    """A budget of the settings. `scope`: for who names it, for every call, or for each user."""

    name: str
    limit: int
    per: Period | None = None
    scope: Scope = "account"
    unpriced: Unpriced = "refuse"


class Ticket(Struct, frozen=True):
    """A hold that stands, under `name`, in the periods of `slots`, and in `purses`.

    From the instant `until` on it is to be prolonged.
    """

    name: str
    amount: int
    slots: tuple[Slot, ...]
    purses: tuple[Purse, ...] = ()
    until: float = inf


class Due(Struct, frozen=True):
    """The accounts of a call, whether all of them let calls of unknown price pass, and purses."""

    accounts: tuple[Account, ...]
    allows_unpriced: bool
    purses: tuple[Purse, ...] = ()


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
        self.store = store
        self._runtime = runtime
        self.in_memory = store.in_memory
        self.records = store.records
        self._go_by(rules, when_down)
        self._untold: deque[tuple[str, tuple[Slot, ...], Spending | None]] = deque(maxlen=_UNTOLD)
        self._telling = Lock()
        self._outage = Outage(runtime.now)
        self._prefix = os.urandom(8).hex()
        self._counter = count()

    def renewed(self, rules: tuple[Rule, ...], when_down: WhenDown) -> Ledger:
        """Another with the same store and all that is still to be told to it, by other rules."""
        made = copy(self)
        made._go_by(rules, when_down)
        return made

    def _go_by(self, rules: tuple[Rule, ...], when_down: WhenDown) -> None:
        self._named = {rule.name: rule for rule in rules if rule.scope == "account"}
        self._everywhere = tuple(rule for rule in rules if rule.scope == "all")
        self._by_user = tuple(rule for rule in rules if rule.scope == "user")
        self._refuses = when_down == "refuse"
        self._always = bool(self._everywhere or self._by_user or self.records)
        self._last: tuple[tuple[Named, ...], Due] | None = None

    @property
    def concerned(self) -> bool:
        """Whether a call that begins now has to do with money at all."""
        return self._always or bool(AMBIENT.get())

    def due(self, billing: Billing, ambient: tuple[Named, ...]) -> Due:
        """The budgets around the call and those of the settings. Raises `ConfigError`."""
        last = self._last
        if last is not None and last[0] is ambient and not self._by_user:
            return last[1]
        found: dict[tuple[str, Period | None], int] = {}
        lenient = True
        for name, limit, per, allows in self._limits(ambient, billing.user):
            found[name, per] = min(limit, found.get((name, per), limit))
            lenient = lenient and allows
        accounts = tuple(Account(n, limit, p) for (n, p), limit in found.items())
        purses = tuple(named.purse for named in ambient if named.purse is not None)
        due = Due(accounts, lenient, purses)
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
            if named.purse is not None:
                continue
            own = self._named.get(named.name)
            if own is None and named.limit is None:
                raise no_such_budget(named.name, tuple(self._named))
            allows = named.unpriced or (own.unpriced if own is not None else "refuse")
            if named.limit is not None:
                found.append((named.name, named.limit, named.per, allows == "allow"))
            if own is not None:
                found.append((own.name, own.limit, own.per, allows == "allow"))
        return found

    def hold_at_once(self, due: Due, worst: int | None, target: str, left: float) -> Ticket:
        """As `hold`, where the store is in memory."""
        name = f"{self._prefix}-{next(self._counter)}"
        if worst is None and due.accounts and not due.allows_unpriced:
            raise unpriced_call(due.accounts[0], target)
        amount, runtime = worst or 0, self._runtime
        if not due.accounts and not due.purses:
            return Ticket(name, amount, ())
        if due.purses:
            hold_in(due.purses, worst, target)
        hold, now = Hold(name, amount, due.accounts, lease_of(left, _GRACE)), runtime.now()
        said = self.store.hold(hold, now, runtime.wall())
        if isinstance(said, Shortage):
            settle_in(due.purses, amount, None)
            raise exceeded(said, amount, target)
        until = now + prolonged_after(hold.lease, _GRACE)
        return Ticket(name, amount, said, due.purses, until)

    async def hold(self, due: Due, worst: int | None, target: str, left: float) -> Ticket:
        """Set `worst` aside for a call that has `left` seconds.

        Raises `BudgetExceeded` or `StoreError`, with nothing held.
        """
        if self.in_memory:
            return self.hold_at_once(due, worst, target, left)
        name = f"{self._prefix}-{os.getpid():x}-{next(self._counter):x}"
        if worst is None and due.accounts and not due.allows_unpriced:
            raise unpriced_call(due.accounts[0], target)
        hold_in(due.purses, worst, target)
        if not due.accounts:
            return Ticket(name, worst or 0, (), due.purses)
        hold = Hold(name, worst or 0, due.accounts, lease_of(left, _GRACE))
        until = self._runtime.now() + prolonged_after(hold.lease, _GRACE)
        try:
            said = await asked(
                self._runtime,
                lambda: self._held(hold),
                undo=lambda said: self._take_back(hold, said, tell=True),
                undo_later=lambda said: self._take_back(hold, said, tell=False),
            )
        except StoreError:
            if self._refuses:
                settle_in(due.purses, hold.amount, None)
                raise
            slots = slots_at(due.accounts, self._runtime.wall())
            # By another name: its hold, which may have been heard, is taken back by the first.
            return Ticket(f"{name}-unheard", hold.amount, slots, due.purses)
        except BaseException:
            settle_in(due.purses, hold.amount, None)
            raise
        if isinstance(said, Shortage):
            settle_in(due.purses, hold.amount, None)
            raise exceeded(said, hold.amount, target)
        return Ticket(name, hold.amount, said, due.purses, until)

    async def prolong(self, ticket: Ticket, deadline: float) -> float:
        """Let the hold of a call that goes on last past its deadline. Never raises.

        Returns the instant at which to prolong it again.
        """
        now = self._runtime.now()
        lease = lease_of(deadline - now, _GRACE)
        if self.in_memory:
            self.store.prolong(ticket.name, ticket.slots, lease, now, self._runtime.wall())
        elif not await self._runtime.blocking(lambda: self._prolonged(ticket, lease)):
            return now + AGAIN
        return now + prolonged_after(lease, _GRACE)

    def settle_at_once(self, ticket: Ticket, spending: Spending | None) -> None:
        """As `settle`, where the store is in memory."""
        if ticket.purses:
            settle_in(ticket.purses, ticket.amount, spending)
        self.store.settle(ticket.name, ticket.slots, spending, self._runtime.wall())

    async def settle(self, ticket: Ticket, spending: Spending | None) -> None:
        """End the hold and count what was spent; None gives it back. Never raises."""
        if self.in_memory:
            self.settle_at_once(ticket, spending)
            return
        settle_in(ticket.purses, ticket.amount, spending)
        if ticket.slots or spending is not None:
            self._untold.append((ticket.name, ticket.slots, spending))
            await self._runtime.blocking(self._tell)

    async def aclose(self) -> None:
        """Tell what is left to tell, and let go of the store; a later call opens it again."""
        if not self.in_memory:
            self._outage.forget()
            await self._runtime.blocking(self._leave)

    def _leave(self) -> None:
        self._tell(inf)
        self.store.close()

    def _held(self, hold: Hold) -> tuple[Slot, ...] | Shortage:
        if self._untold:
            self._tell()
        self._outage.check()
        try:
            said = self.store.hold(hold, self._runtime.now(), self._runtime.wall())
        except StoreError as error:
            # It may have been heard all the same.
            self._untold.append((hold.id, (), None))
            self._outage.failed(error)
            raise
        except BaseException:
            self._untold.append((hold.id, (), None))  # such as Ctrl-C in a blocking client
            raise
        self._outage.answered()
        return said

    def _prolonged(self, ticket: Ticket, lease: float) -> bool:
        """Whether the store has heard."""
        if not self._outage.over:
            return False
        now, wall = self._runtime.now(), self._runtime.wall()
        try:
            self.store.prolong(ticket.name, ticket.slots, lease, now, wall)
        except StoreError as error:
            self._outage.failed(error)
            return False
        self._outage.answered()
        return True

    def _take_back(self, hold: Hold, said: tuple[Slot, ...] | Shortage, *, tell: bool) -> None:
        """Whoever asked has gone."""
        if not isinstance(said, Shortage):
            self._untold.append((hold.id, said, None))
            if tell:
                self._tell()

    def _tell(self, seconds: float = _TELLING) -> None:
        """Tell the store of all that has ended; what it does not hear stays for the next time."""
        if not self._telling.acquire(timeout=min(seconds, TIMEOUT_MAX)):
            return
        try:
            until = self._runtime.now() + seconds
            while self._untold and self._outage.over and self._runtime.now() < until:
                name, slots, spending = self._untold[0]
                try:
                    self.store.settle(name, slots, spending, self._runtime.wall())
                except StoreError as error:
                    self._outage.failed(error)
                    return
                self._outage.answered()
                self._untold.popleft()
        finally:
            self._telling.release()


def _plain(user: str) -> str:
    """A user as part of an account's name."""
    if user.isprintable() and len(user) <= _LONGEST_USER:
        return user
    from hashlib import sha256

    return sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
