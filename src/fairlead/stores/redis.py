"""The ledger of many machines: Redis 5 or later, one round trip for each hold and each settlement.

Periods and leases go by Redis' clock, whatever the clients' say. A Redis that has come back empty
is told by each machine what it had spent, before anything else is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from fairlead.errors import StoreError
from fairlead.stores.journal import Journal
from fairlead.stores.redis_line import RedisLine
from fairlead.stores.script import BALANCE, HOLD, PROLONG, SEED, SETTLE
from fairlead.types.spending import Shortage, Slot

if TYPE_CHECKING:
    from redis.commands.core import Script

    from fairlead.auth.secret import Secret
    from fairlead.types.spending import Account, Hold, Spending

_AT_ONCE = 500
"""Periods that are told in one round trip."""
_UNSURE = 10_000


class RedisLedger:
    """Satisfies `ports.LedgerStore`. Connects at the first call. Single calls are not recorded.

    `timeout` bounds connecting and answering, in seconds; `journal` opens this machine's own record
    when it is first needed, by default one of this process alone. Raises `ConfigError` for an
    address that is none, and where the client library is missing.
    """

    in_memory = False
    records = False

    def __init__(
        self,
        url: Secret | str,
        *,
        timeout: float = 0.05,
        prefix: str = "fairlead",
        journal: Callable[[], Journal] = Journal,
    ) -> None:
        self._line = RedisLine(url, timeout=timeout, keeps="the budgets")
        self._key = f"{{{prefix}}}"
        self._place = f"{self._line.place}/{prefix}"
        self._open_journal = journal
        self._opened: Journal | None = None
        self._opening = Lock()
        self._born = ""
        self._unsure: set[str] = set()
        self._hold = self._line.script(HOLD)
        self._settle = self._line.script(SETTLE)
        self._prolong = self._line.script(PROLONG)
        self._balance = self._line.script(BALANCE)
        self._seed = self._line.script(SEED)

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        words: list[str | int] = [hold.id, hold.amount, int(hold.lease * 1000)]
        for account in hold.accounts:
            words += [account.name, account.per or "", account.limit]
        _, said = self._run(self._hold, words, wall)
        if said[0] == b"short":
            index, settled, held, left = map(int, said[1:])
            return Shortage(hold.accounts[index], settled, held, None if left < 0 else float(left))
        return tuple(
            Slot(account.name, account.per, int(window))
            for account, window in zip(hold.accounts, said[1:], strict=True)
        )

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        amount = 0 if spending is None else spending.amount
        words: list[str | int] = [name, amount]
        for slot in slots:
            words += [slot.account, slot.per or "", slot.window]
        try:
            born, said = self._run(self._settle, words, wall)
        except StoreError:
            if len(self._unsure) < _UNSURE:
                self._unsure.add(name)  # it may have been heard all the same
            raise
        if amount and (said[0] == b"settled" or name in self._unsure):
            self._journal.note(self._place, born, slots, amount, wall)
        self._unsure.discard(name)

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        self._run(self._prolong, [name, int(lease * 1000)], wall)

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        _, (_, settled, held) = self._run(self._balance, [account.name, account.per or ""], wall)
        return int(settled), int(held)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._line.close()

    def _run(
        self, script: Script, words: Sequence[str | int], wall: float
    ) -> tuple[str, list[bytes]]:
        """Which Redis has answered, by its birth, and what."""
        for _ in range(3):
            born = self._born
            said = self._line.run(script, self._key, [born, *words])
            if said[0] != b"born":
                return born, said
            self._remind(said[1].decode(), wall)
        raise StoreError("the Redis that keeps the budgets was emptied again and again; see why")

    @property
    def _journal(self) -> Journal:
        with self._opening:
            if self._opened is None:
                self._opened = self._open_journal()
            return self._opened

    def _remind(self, born: str, wall: float) -> None:
        """A Redis that was empty at `born` is told what this machine has spent before."""
        machine, lost = self._journal.lost(self._place, born, wall)
        for first in range(0, len(lost), _AT_ONCE):
            words: list[str | int] = [born, machine]
            for slot, amount in lost[first : first + _AT_ONCE]:
                words += [slot.account, slot.per or "", slot.window, amount]
            self._line.run(self._seed, self._key, words)
        self._born = born
