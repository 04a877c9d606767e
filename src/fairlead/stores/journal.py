"""What this machine has spent of budgets that a Redis keeps, should that Redis lose them.

Every Redis has a `born`, which changes when it comes back empty. Sums are noted for each; what was
spent under an earlier one is told to the new one. The file is written once a second at most, and
when it is closed: of a process that is killed, up to a second is missing there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from fairlead.errors import StoreError
from fairlead.policies.ledger import window_end
from fairlead.stores.sqlite_file import SqliteFile
from fairlead.types.spending import PERIODS, Period, Slot

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

APPLICATION = 0x6661696A
_EVERY = 1.0
_KEPT = 86_400.0
"""Seconds for which a past period is kept, as clocks differ."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS machine (id TEXT NOT NULL)",
    "INSERT INTO machine SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT * FROM machine)",
    """CREATE TABLE IF NOT EXISTS spent (
        place TEXT NOT NULL, account TEXT NOT NULL, per TEXT NOT NULL, period INTEGER NOT NULL,
        born TEXT NOT NULL, amount INTEGER NOT NULL,
        PRIMARY KEY (place, account, per, period, born)
    ) WITHOUT ROWID""",
)


class Journal:
    """Safe to share between threads. Without a `path`, only this process's spending is known.

    Raises `ConfigError` for a file that cannot be used, `StoreError` where it fails later.
    """

    def __init__(self, path: Path | None = None, *, timeout: float = 0.05) -> None:
        self._file = SqliteFile(
            path,
            "the record of spending",
            application=APPLICATION,
            version=1,
            schema=_SCHEMA,
            timeout=timeout,
        )
        self._lock = Lock()
        self._process = os.getpid()
        self._noted: dict[tuple[str, str, Slot], int] = {}
        self._written = float("-inf")

    def note(self, place: str, born: str, slots: Sequence[Slot], amount: int, wall: float) -> None:
        """`amount` was spent in each of `slots`, and the Redis of that birth knows it."""
        with self._lock:
            self._disown()
            for slot in slots:
                key = place, born, slot
                self._noted[key] = self._noted.get(key, 0) + amount
        if abs(wall - self._written) >= _EVERY:
            self._written = wall
            with suppress(StoreError):  # what was noted is kept for the next time
                self.write(wall)

    def write(self, wall: float) -> None:
        """Put what was noted into the file."""
        with self._lock:
            self._disown()
            noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            self._file.transaction(lambda to: _add(to, noted, wall))
        except BaseException:
            with self._lock:
                for key, amount in noted.items():
                    self._noted[key] = self._noted.get(key, 0) + amount
            raise

    def lost(self, place: str, born: str, wall: float) -> tuple[str, list[tuple[Slot, int]]]:
        """This machine's name, and what it has told to others before the Redis born at `born`."""
        self.write(wall)

        def run(to: sqlite3.Connection) -> tuple[str, list[tuple[Slot, int]]]:
            (machine,) = to.execute("SELECT id FROM machine").fetchone()
            rows = to.execute(
                "SELECT account, per, period, sum(amount) FROM spent "
                "WHERE place = ? AND born != ? GROUP BY account, per, period",
                (place, born),
            )
            slots = ((Slot(account, _per(per), at), amount) for account, per, at, amount in rows)
            return machine, [found for found in slots if not _over(found[0], wall)]

        return self._file.transaction(run)

    def close(self) -> None:
        with suppress(StoreError):
            self.write(self._written)
        self._file.close()

    def _disown(self) -> None:
        """The child of a fork has spent nothing yet."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._noted = {}


def _add(to: sqlite3.Connection, noted: dict[tuple[str, str, Slot], int], wall: float) -> None:
    to.executemany(
        "INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [
            (place, slot.account, slot.per or "", slot.window, born, amount)
            for (place, born, slot), amount in noted.items()
        ],
    )
    for per in PERIODS:
        found = to.execute("SELECT DISTINCT period FROM spent WHERE per = ?", (per,))
        for (at,) in found.fetchall():
            if _over(Slot("", per, at), wall):
                to.execute("DELETE FROM spent WHERE per = ? AND period = ?", (per, at))


def _per(word: str) -> Period | None:
    return next((per for per in PERIODS if per == word), None)


def _over(slot: Slot, wall: float) -> bool:
    end = window_end(slot.per, slot.window)
    return end is not None and end + _KEPT < wall
