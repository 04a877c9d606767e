"""The ledger of one machine: an SQLite file that any number of processes share, and that lasts.

Leases run on the machine's clock since it started, which all its processes share and which nobody
can set; a hold from before a restart is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.policies.ledger import first_kept, slots_at, window_end
from fairlead.stores.schema import APPLICATION, SCHEMA, VERSION
from fairlead.stores.sqlite_file import SqliteFile
from fairlead.types.spending import Shortage

if TYPE_CHECKING:
    import sqlite3

    from fairlead.types.spending import Account, Hold, Slot, Spending

_EVER = ""
"""Stands for no period in the file."""
_BEHIND = 3600.0
"""Seconds by which `now` may lag behind: it was read before the wait for the file."""


class SqliteLedger:
    """Satisfies `ports.LedgerStore`. Every call is recorded, for `fairlead cost`.

    The file is opened at once: raises `ConfigError` where it cannot be used. `timeout` is how many
    seconds it may stay locked by others.
    """

    in_memory = False
    records = True

    def __init__(self, path: Path, *, timeout: float = 0.05) -> None:
        self._file = SqliteFile(
            path,
            "the ledger",
            application=APPLICATION,
            version=VERSION,
            schema=SCHEMA,
            timeout=timeout,
        )

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        slots = slots_at(hold.accounts, wall)

        def run(to: sqlite3.Connection) -> tuple[Slot, ...] | Shortage:
            _expire(to, now)
            for account, slot in zip(hold.accounts, slots, strict=True):
                settled, held = _balance(to, slot)
                if settled + held + hold.amount > account.limit:
                    end = window_end(slot.per, slot.window)
                    return Shortage(account, settled, held, None if end is None else end - wall)
            to.executemany(
                "INSERT INTO hold VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*_key(s), hold.id, hold.amount, now, now + hold.lease) for s in slots],
            )
            return slots

        return self._file.transaction(run)

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        def run(to: sqlite3.Connection) -> None:
            to.execute("DELETE FROM hold WHERE id = ?", (name,))
            if spending is None or not _recorded(to, name, slots, spending, wall):
                return
            for slot in slots:
                _add(to, slot, spending.amount, wall)

        self._file.transaction(run)

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        row = (now + lease, name)
        self._file.transaction(lambda to: to.execute("UPDATE hold SET until = ? WHERE id = ?", row))

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        (slot,) = slots_at((account,), wall)

        def run(to: sqlite3.Connection) -> tuple[int, int]:
            _expire(to, now)
            return _balance(to, slot)

        return self._file.transaction(run)

    def close(self) -> None:
        self._file.close()


def _expire(to: sqlite3.Connection, now: float) -> None:
    """End the holds whose lease is over, and those from before the machine was started anew."""
    to.execute("DELETE FROM hold WHERE until <= ? OR since > ?", (now, now + _BEHIND))


def _recorded(
    to: sqlite3.Connection, name: str, slots: Sequence[Slot], spending: Spending, wall: float
) -> bool:
    """Whether this is the first time that the spending is told."""
    accounts = "\n".join(dict.fromkeys(slot.account for slot in slots))
    row = (name, wall, accounts, spending.model, spending.operation, spending.amount)
    more = (spending.usage, spending.estimated)
    done = to.execute("INSERT OR IGNORE INTO spending VALUES (?,?,?,?,?,?,?,?)", row + more)
    return done.rowcount == 1


def _balance(to: sqlite3.Connection, slot: Slot) -> tuple[int, int]:
    where = "WHERE account = ? AND per = ? AND period = ?"
    settled = to.execute(f"SELECT settled FROM balance {where}", _key(slot)).fetchone()
    (held,) = to.execute(f"SELECT sum(amount) FROM hold {where}", _key(slot)).fetchone()
    return settled[0] if settled else 0, held or 0


def _add(to: sqlite3.Connection, slot: Slot, amount: int, wall: float) -> None:
    """Count what was spent. With an account's first spending of a period its past ones go."""
    key = _key(slot)
    known = to.execute(
        "UPDATE balance SET settled = settled + ? WHERE account = ? AND per = ? AND period = ?",
        (amount, *key),
    )
    if not known.rowcount:
        to.execute("INSERT INTO balance VALUES (?, ?, ?, ?)", (*key, amount))
        to.execute(
            "DELETE FROM balance WHERE account = ? AND per = ? AND period < ?",
            (*key[:2], first_kept(slot.per, wall)),
        )


def _key(slot: Slot) -> tuple[str, str, int]:
    return slot.account, slot.per or _EVER, slot.window
